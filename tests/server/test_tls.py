"""TLS by setting: good files make a context, bad ones are named before anything is started."""

import ssl
from pathlib import Path

import pytest

from server.settings import TlsSettings
from server.tls import UnusableCertificate, server_context
from tests.certificates import PASSWORD, certificate


def test_without_files_the_ports_are_plain() -> None:
    assert server_context(TlsSettings()) is None


def test_nothing_older_than_tls_1_2_is_spoken(tmp_path: Path) -> None:
    context = server_context(TlsSettings(**certificate(tmp_path)._asdict()))
    assert context is not None
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("case", "key", "words"),
    [
        ("no certificate", "tls.cert_file", "No such file"),
        ("no key", "tls.key_file", "No such file"),
        ("a key for a certificate", "tls.cert_file", "PEM file with a certificate"),
        ("an empty certificate", "tls.cert_file", "PEM file with a certificate"),
        ("another's key", "tls.key_file", "own private key"),
        ("a certificate for a key", "tls.key_file", "own private key"),
        ("a key with a password", "tls.key_file", "without a password"),
    ],
)
def test_files_that_cannot_be_used_are_told_by_their_setting(tmp_path: Path, case: str, key: str, words: str) -> None:
    good, other = certificate(tmp_path), certificate(tmp_path, "other")
    hidden = certificate(tmp_path, "hidden", PASSWORD)
    (tmp_path / "empty").write_text("")
    files = {
        "no certificate": (tmp_path / "none.pem", good.key_file),
        "no key": (good.cert_file, tmp_path / "none.key"),
        "a key for a certificate": (good.key_file, good.key_file),
        "an empty certificate": (tmp_path / "empty", good.key_file),
        "another's key": (good.cert_file, other.key_file),
        "a certificate for a key": (good.cert_file, good.cert_file),
        "a key with a password": hidden,
    }
    cert_file, key_file = files[case]
    with pytest.raises(UnusableCertificate) as caught:
        server_context(TlsSettings(cert_file=cert_file, key_file=key_file))
    assert caught.value.key == key
    assert words in caught.value.allowed
