"""TLS for the ports that players reach: a context from the files in the settings, or what is wrong with those."""

import ssl
from pathlib import Path

from server.settings import TlsSettings


class UnusableCertificate(ValueError):  # noqa: N818 - named for what it says, like server.auth.UnusableKey
    """A file in the settings that cannot be used: `key` is the setting, `allowed` what it must be."""

    def __init__(self, key: str, allowed: str) -> None:
        super().__init__(f"{key} must be {allowed}")
        self.key = key
        self.allowed = allowed


def server_context(settings: TlsSettings) -> ssl.SSLContext | None:
    """What both ports speak TLS with; None when they are plain. Raises UnusableCertificate."""
    if settings.cert_file is None or settings.key_file is None:
        return None
    _readable("tls.cert_file", settings.cert_file)
    _readable("tls.key_file", settings.key_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # RFC 8996: what is older is broken. Everything that speaks WebSocket knows 1.2 since 2013.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.cert_file, settings.key_file, _no_password)
    except (ssl.SSLError, ValueError):
        raise _fault(settings.cert_file) from None
    return context


def _no_password() -> str:
    """Asked for a password, OpenSSL would wait for somebody at a terminal."""
    raise ValueError("the key has a password")


def _readable(key: str, file: Path) -> None:
    try:
        file.read_bytes()
    except OSError as error:
        raise UnusableCertificate(key, f"a file that can be read: {error.strerror}") from None


def _fault(cert_file: Path) -> UnusableCertificate:
    """Which of the two files is at fault: the certificate is looked at alone, OpenSSL does not say."""
    try:
        # As trust store a file needs no key; one without certificates loads nothing, or is refused.
        ssl.create_default_context(cafile=str(cert_file))
    except (ssl.SSLError, ValueError):
        return UnusableCertificate("tls.cert_file", "a PEM file with a certificate")
    return UnusableCertificate("tls.key_file", "the PEM of the certificate's own private key, without a password")
