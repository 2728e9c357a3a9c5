"""Whether a signed token is good, whose it is and in what role: a JWT under the one key and algorithm of this city.

A token is believed only after its signature, its audience, its times and its subject have all been
looked at. One key goes with one algorithm, fixed in the settings (RFC 8725, section 3.1): what a
token says of its own algorithm can make it worthless and never makes it good.
"""

from typing import Any, NamedTuple

import jwt
from jwt.algorithms import HMACAlgorithm, get_default_algorithms
from jwt.exceptions import InvalidSubjectError

from protocol.text import unprintable
from server.settings import AuthSettings

# Without an end a stolen token is good for ever; without an audience one made for a forum opens the city.
_REQUIRED = ("exp", "aud", "sub")
# As long as a mail address may be; what is an account's name in a database should not be a text.
SUBJECT_CHARS_MAX = 254

# The one role that means something here. Others are the issuer's own business: they give no right and are no fault.
STAFF = "staff"

# What PyJWT finds, as a phrase that follows "the token"; the first that fits is said.
_FAULTS: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, "has expired"),
    (jwt.ImmatureSignatureError, "is not valid yet"),
    (jwt.InvalidSignatureError, "has a signature that this city's key did not make"),
    (jwt.InvalidAudienceError, "is for another audience"),
    (jwt.InvalidIssuerError, "is from another issuer"),
    (InvalidSubjectError, "has a 'sub' that is no text"),
)


class BadToken(Exception):  # noqa: N818 - a bad token is the client's fault, not an error of ours
    """A token that opens nothing; the text says why, without repeating any of it."""


class Bearer(NamedTuple):
    """Whose a good token is, and whether its issuer says that they work here."""

    subject: str
    staff: bool = False


class UnusableKey(ValueError):  # noqa: N818 - named for what it says, like the rest of the house
    """The key in the settings is not one for their algorithm: `key` is the setting, `allowed` what it must be."""

    def __init__(self, key: str, allowed: str) -> None:
        super().__init__(f"{key} must be {allowed}")
        self.key = key
        self.allowed = allowed


class Verifier:
    """Signed tokens, checked; a city without a key refuses all of them. Raises UnusableKey when made from a bad key."""

    def __init__(self, settings: AuthSettings) -> None:
        self.guests = settings.guests
        self._settings = settings
        self._key = _key(settings)

    def bearer(self, token: str) -> Bearer:
        """Whose token this is. Raises BadToken, and nothing else, whatever the token."""
        if self._key is None:
            raise BadToken("field 'token': this city takes no signed tokens; join by name")
        try:
            claims = self._claims(token)
        except jwt.PyJWTError as error:
            raise BadToken(f"field 'token': {self._phrase(error)}") from None
        except (ValueError, RecursionError):
            # Nesting deeper than the interpreter allows, or a number too long for it; PyJWT lets both through.
            raise BadToken("field 'token': is not a signed token") from None
        return Bearer(_checked(claims["sub"]), claims.get("role") == STAFF)

    def _claims(self, token: str) -> dict[str, Any]:
        settings = self._settings
        claims: dict[str, Any] = jwt.decode(
            token,
            self._key,
            algorithms=[settings.algorithm],
            audience=settings.audience,
            issuer=settings.issuer,
            leeway=settings.leeway_s,
            options={"require": list(_REQUIRED), "enforce_minimum_key_length": True},
        )
        return claims

    def _phrase(self, error: jwt.PyJWTError) -> str:
        if isinstance(error, jwt.MissingRequiredClaimError):
            return f"has no '{error.claim}'"
        if isinstance(error, jwt.InvalidAlgorithmError):
            return f"is not signed with {self._settings.algorithm}"
        return next((phrase for kind, phrase in _FAULTS if isinstance(error, kind)), "is not a signed token")


def is_signed(token: str) -> bool:
    """Whether this is meant as a signed token: those have dots, and the tokens of guests have none."""
    return "." in token


def _checked(subject: str) -> str:
    if not 1 <= len(subject) <= SUBJECT_CHARS_MAX or unprintable(subject):
        raise BadToken(f"field 'token': has a 'sub' that is not 1 to {SUBJECT_CHARS_MAX} printable characters")
    return subject


def _key(settings: AuthSettings) -> Any:
    """The key, ready for PyJWT, so that no PEM is parsed for each token."""
    name, text = _key_text(settings)
    if text is None:
        return None
    algorithm = get_default_algorithms()[settings.algorithm]
    try:
        key = algorithm.prepare_key(text)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise UnusableKey(name, _wanted(settings)) from None
    if hasattr(key, "private_bytes") or algorithm.check_key_length(key):
        raise UnusableKey(name, _wanted(settings))
    return key


def _key_text(settings: AuthSettings) -> tuple[str, str | None]:
    """The setting that holds the key, and the key; None when there is none."""
    if settings.key_file is None:
        return "auth.key", settings.key.get_secret_value() if settings.key else None
    try:
        # An editor's line break at the end of a secret is not part of it.
        return "auth.key_file", settings.key_file.read_text("utf-8").strip()
    except OSError as error:
        raise UnusableKey("auth.key_file", f"a file that can be read: {error.strerror}") from None
    except ValueError:
        raise UnusableKey("auth.key_file", "a text file: the PEM of a public key, or a secret") from None


def _wanted(settings: AuthSettings) -> str:
    if settings.algorithm.startswith("HS"):
        least = HMACAlgorithm.SHA256().digest_size
        return f"a secret of at least {least} bytes, and no PEM, for {settings.algorithm}"
    return f"the PEM of a public key (RSA of at least 2048 bits) for {settings.algorithm}"
