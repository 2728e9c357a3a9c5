"""Signed tokens: a good one names its subject, and every kind of bad one is refused without being repeated."""

import base64
import hashlib
import hmac
import json
import time
from itertools import count
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from protocol.errors import fit_reason
from protocol.limits import TOKEN_CHARS_MAX
from server.auth import SUBJECT_CHARS_MAX, BadToken, UnusableKey, Verifier, is_signed
from server.settings import AuthSettings

SECRET = "a secret of this city, forty bytes or so"
LEEWAY_S = 5
# Some tokens are made when the tests are collected; the last test runs minutes later.
A_DAY_S = 86_400
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

RSA = rsa.generate_private_key(65537, 2048)
KEYS: dict[str, PrivateKey] = {
    "RS256": RSA,
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def public(key: PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private(key: PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def trusting(key: str = SECRET, **settings: Any) -> Verifier:
    return Verifier(AuthSettings(key=SecretStr(key), **settings))


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good token, changed; None leaves one out."""
    now = int(time.time())
    all_of_them = {"sub": "ada@forum", "aud": "futurecity", "iat": now, "exp": now + A_DAY_S, **changes}
    return {name: value for name, value in all_of_them.items() if value is not None}


def signed(key: Any = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm)


def part(value: Any) -> str:
    """One part of a token, as no library of tokens would make it."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def forged(header: Any, body: Any = None, key: bytes = b"") -> str:
    """A token by hand: any header, signed as HS256 would with `key`, or not at all without one."""
    said = f"{part(header)}.{part(claims() if body is None else body)}"
    signature = hmac.new(key, said.encode(), hashlib.sha256).digest() if key else b""
    return f"{said}.{part(signature) if key else ''}"


def refusal(token: str, verifier: Verifier | None = None) -> str:
    with pytest.raises(BadToken) as caught:
        (verifier or trusting()).bearer(token)
    sentence = str(caught.value)
    assert sentence == fit_reason(sentence), "it does not fit a close frame"
    assert sentence.startswith("field 'token': ")
    return sentence.removeprefix("field 'token': ")


# ---- good ones -----------------------------------------------------------------------------------


def test_a_good_token_names_its_subject() -> None:
    assert trusting().bearer(signed()).subject == "ada@forum"


@pytest.mark.parametrize(
    ("role", "staff"),
    [("staff", True), (None, False), ("admin", False), ("Staff", False), ("", False), (["staff"], False), (1, False)],
)
def test_only_whoever_the_issuer_calls_staff_is_staff_and_other_roles_are_no_fault(role: Any, staff: bool) -> None:
    assert trusting().bearer(signed(role=role)) == ("ada@forum", staff)


@pytest.mark.parametrize("algorithm", KEYS)
def test_every_algorithm_checks_what_was_signed_with_it(algorithm: Any) -> None:
    verifier = trusting(public(KEYS[algorithm]), algorithm=algorithm)
    assert verifier.bearer(signed(KEYS[algorithm], algorithm)).subject == "ada@forum"


def test_a_key_may_stand_in_a_file_and_the_line_break_after_it_is_not_part_of_it(tmp_path: Path) -> None:
    secret, pem = tmp_path / "secret", tmp_path / "key.pem"
    secret.write_text(SECRET + "\n", "utf-8")
    pem.write_text(public(RSA), "utf-8")
    assert Verifier(AuthSettings(key_file=secret)).bearer(signed()).subject == "ada@forum"
    verifier = Verifier(AuthSettings(key_file=pem, algorithm="RS256"))
    assert verifier.bearer(signed(RSA, "RS256")).subject == "ada@forum"


def test_one_audience_among_several_is_enough() -> None:
    assert trusting().bearer(signed(aud=["forum", "futurecity"])).subject == "ada@forum"


def test_clocks_may_differ_by_the_leeway() -> None:
    now = int(time.time())
    verifier = trusting(leeway_s=30)
    assert verifier.bearer(signed(exp=now - 20)).subject == "ada@forum"
    assert verifier.bearer(signed(nbf=now + 20)).subject == "ada@forum"


def test_the_longest_subject_is_taken() -> None:
    assert len(trusting().bearer(signed(sub="x" * SUBJECT_CHARS_MAX)).subject) == SUBJECT_CHARS_MAX


def test_a_token_of_a_guest_is_not_taken_for_a_signed_one() -> None:
    assert is_signed(signed())
    assert is_signed(forged({"alg": "none"}))
    assert not is_signed("Kq3v_0-pAz")


# ---- bad ones ------------------------------------------------------------------------------------

LONG_AGO = int(time.time()) - A_DAY_S
FAR_AHEAD = int(time.time()) + A_DAY_S


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (signed(exp=LONG_AGO), "has expired"),
        (signed(exp=float("-inf")), "is not a signed token"),
        (signed(nbf=FAR_AHEAD), "is not valid yet"),
        (signed(iat=FAR_AHEAD), "is not valid yet"),
        (signed(key="some other secret of forty bytes or more"), "has a signature that this city's key did not make"),
        (signed(aud="forum"), "is for another audience"),
        (signed(aud=["forum", "shop"]), "is for another audience"),
        (signed(aud=7), "is for another audience"),
        (signed(aud=None), "has no 'aud'"),
        (signed(exp=None), "has no 'exp'"),
        (signed(sub=None), "has no 'sub'"),
        (forged({"alg": "HS256"}, claims(sub=7), SECRET.encode()), "has a 'sub' that is no text"),
        (signed(sub=""), f"has a 'sub' that is not 1 to {SUBJECT_CHARS_MAX} printable characters"),
        (signed(sub="a\0b"), f"has a 'sub' that is not 1 to {SUBJECT_CHARS_MAX} printable characters"),
        (signed(sub="x" * 255), f"has a 'sub' that is not 1 to {SUBJECT_CHARS_MAX} printable characters"),
    ],
)
def test_claims_that_do_not_open_this_city_are_named(token: str, said: str) -> None:
    assert refusal(token) == said


def test_what_was_signed_for_another_issuer_is_refused_where_one_is_wanted() -> None:
    verifier = trusting(issuer="https://id.example")
    assert verifier.bearer(signed(iss="https://id.example")).subject == "ada@forum"
    assert refusal(signed(iss="https://evil.example"), verifier) == "is from another issuer"
    assert refusal(signed(), verifier) == "has no 'iss'"


def test_a_token_is_late_only_after_the_leeway() -> None:
    now = int(time.time())
    assert refusal(signed(exp=now - LEEWAY_S - 60)) == "has expired"
    assert refusal(signed(nbf=now + LEEWAY_S + 60)) == "is not valid yet"


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", None, 7, ["HS256"], {"HS256": 1}])
def test_a_token_that_says_it_needs_no_signature_is_refused_however_it_says_so(name: Any) -> None:
    assert refusal(forged({"alg": name, "typ": "JWT"})) == "is not signed with HS256"
    assert refusal(forged({"alg": name, "typ": "JWT"}, key=SECRET.encode())) == "is not signed with HS256"


def test_a_good_token_without_its_signature_is_refused() -> None:
    header, body, _ = signed().split(".")
    assert refusal(f"{header}.{body}.") == "has a signature that this city's key did not make"


def test_a_token_changed_after_it_was_signed_is_refused() -> None:
    header, _, signature = signed().split(".")
    richer = part(claims(sub="the mayor"))
    assert refusal(f"{header}.{richer}.{signature}") == "has a signature that this city's key did not make"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_public_key_is_no_secret_to_sign_with(algorithm: str) -> None:
    """The oldest trick: the PEM that everybody has, taken as the secret of an HMAC."""
    pem = public(RSA)
    verifier = trusting(pem, algorithm="RS256")
    for secret in (pem, pem.strip(), pem + "\n"):
        assert refusal(forged({"alg": algorithm}, key=secret.encode()), verifier) == "is not signed with RS256"


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_token_signed_by_whoever_has_no_secret_is_refused_whatever_its_algorithm(algorithm: str) -> None:
    assert refusal(signed(KEYS[algorithm], algorithm)) == "is not signed with HS256"


@pytest.mark.parametrize("algorithm", KEYS)
def test_another_key_of_the_same_kind_opens_nothing(algorithm: Any) -> None:
    strangers: dict[str, PrivateKey] = {
        "RS256": rsa.generate_private_key(65537, 2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }
    verifier = trusting(public(KEYS[algorithm]), algorithm=algorithm)
    said = refusal(signed(strangers[algorithm], algorithm), verifier)
    assert said == "has a signature that this city's key did not make"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "HS256", "kid": 7},
        {"alg": "HS256", "crit": ["exp"], "exp": 1},
        {"alg": "HS256", "crit": "b64"},
        ["HS256"],
        "HS256",
        b"\xff\xfe",
        b"[" * 1500,
        b'{"alg": ' + b"[" * 1400,
        b'{"alg": ' + b"1" * 1400 + b"}",
        b"",
    ],
    ids=lambda header: repr(header)[:20],
)
def test_a_header_that_means_nothing_is_refused(header: Any) -> None:
    refusal(forged(header, {"sub": "a"}, SECRET.encode()))


@pytest.mark.parametrize(
    "body", [b"[" * 1000, b"{", b"null", b"[]", b"\xff", b'{"exp": 1e999, "aud": "futurecity", "sub": "a"}'], ids=repr
)
def test_claims_that_are_none_are_refused_even_when_they_are_signed(body: bytes) -> None:
    refusal(forged({"alg": "HS256"}, body, SECRET.encode()))


@pytest.mark.parametrize("token", ["", ".", "..", "...", "a.b.c", "é.é.é", "\0.\0.\0", "." * TOKEN_CHARS_MAX])
def test_what_is_no_token_at_all_is_refused(token: str) -> None:
    assert refusal(token) == "is not a signed token"


@given(st.text(max_size=TOKEN_CHARS_MAX))
def test_no_text_breaks_the_check(token: str) -> None:
    refusal(token)


@given(st.lists(st.binary(max_size=400), min_size=3, max_size=3))
def test_no_three_parts_break_the_check(parts: list[bytes]) -> None:
    refusal(".".join(map(part, parts)))


def test_a_refusal_never_repeats_what_was_sent() -> None:
    for token in (signed(sub="", aud="sesame"), signed(aud="sesame"), forged({"alg": "sesame"})):
        assert "sesame" not in refusal(token)


# ---- keys ----------------------------------------------------------------------------------------


def test_a_city_without_a_key_takes_no_signed_tokens_and_says_so() -> None:
    assert refusal(signed(), Verifier(AuthSettings())) == "this city takes no signed tokens; join by name"


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        ("too short", "HS256"),
        (public(RSA), "HS256"),
        (private(RSA), "HS256"),
        (SECRET, "RS256"),
        (public(KEYS["ES256"]), "RS256"),
        (public(KEYS["EdDSA"]), "ES256"),
        (public(RSA), "EdDSA"),
        (public(ec.generate_private_key(ec.SECP384R1())), "ES256"),
        (private(RSA), "RS256"),
        (private(KEYS["ES256"]), "ES256"),
        (private(KEYS["EdDSA"]), "EdDSA"),
        (public(rsa.generate_private_key(65537, 1024)), "RS256"),
        (public(RSA)[:80], "RS256"),
    ],
    # The keys are new in every process, and tests must have the same names in all of them.
    ids=count(),
)
def test_a_key_that_is_not_one_for_its_algorithm_is_found_before_the_city_opens(key: str, algorithm: Any) -> None:
    with pytest.raises(UnusableKey) as caught:
        trusting(key, algorithm=algorithm)
    assert caught.value.key == "auth.key"
    assert algorithm in caught.value.allowed
    assert key[:60] not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnusableKey) as caught:
        Verifier(AuthSettings(key_file=path))
    assert caught.value.key == "auth.key_file"
