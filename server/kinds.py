"""What a setting may be: kinds of values with what is said of them when they are wrong, and how fields are bounded."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError


@dataclass(frozen=True)
class Allowed:
    """What a setting may be, in words, where its type and bounds do not say it."""

    text: str


def loopback(host: str) -> str:
    """The same host, if only this machine can reach it; otherwise ValueError."""
    try:
        local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise ValueError("not a loopback address")
    return host


Host = Annotated[
    str,
    # 253 characters is the longest host name DNS can carry.
    StringConstraints(min_length=1, max_length=253, pattern=r"^[0-9A-Za-z.:_-]+$"),
    Allowed("an IP address or a host name"),
]
LoopbackHost = Annotated[
    str,
    AfterValidator(loopback),
    Allowed("a loopback address (127.0.0.1, ::1 or localhost): most of the ops port has no login"),
]
# Short enough for one line of a log and one column of a table.
Word = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z@._:/-]+$"),
    Allowed("1 to 64 of the characters a-z A-Z 0-9 @ . _ : / -"),
]
# What a password generator makes by default; whoever is on the machine could try a short one out.
OpsToken = Annotated[
    SecretStr, StringConstraints(min_length=16, max_length=256), Allowed("text of 16 to 256 characters")
]
Switch = Annotated[bool, Allowed("true or false")]


def database_url(url: str) -> str:
    """The same URL, if it names a database that outlives the process; otherwise ValueError."""
    file = url.removeprefix("sqlite:///")
    if file != url:
        named = file not in ("", ":memory:") and "?" not in file
    else:
        parts = urlsplit(url)
        named = parts.scheme == "postgresql" and bool(parts.path.strip("/"))
    if not named:
        raise ValueError("not a database URL")
    return url


DatabaseUrl = Annotated[
    str,
    AfterValidator(database_url),
    Allowed("sqlite:///a/path (relative), sqlite:////a/path (absolute) or postgresql://user:password@host:port/name"),
]


def parts_of(text: str | None) -> tuple[str, ...]:
    """The parts of a list in one text, without blanks around them; of no text, none."""
    return tuple(part.strip() for part in text.split(",")) if text else ()


def networks(text: str) -> str:
    """The same list, if every part is a network or an address; otherwise ValueError."""
    for part in parts_of(text):
        ip_network(part)
    return text


def origins(text: str) -> str:
    """The same list, if every part is an origin as browsers write it; otherwise ValueError."""
    for part in parts_of(text):
        scheme, colon, host = part.partition("://")
        if scheme not in ("http", "https") or not colon or not urlsplit(part).hostname or set(host) & set("/?#@*"):
            raise ValueError("not an origin")
    return text


# Lists are one text, so that flag, environment and file say them alike; 4 KB hold the ranges of a large provider.
Networks = Annotated[
    str,
    StringConstraints(max_length=4096),
    AfterValidator(networks),
    Allowed("networks with commas between them: 10.0.0.0/8, 192.0.2.7"),
]
Origins = Annotated[
    str,
    StringConstraints(max_length=4096),
    AfterValidator(origins),
    Allowed("origins with commas between them: https://city.example, https://city.example:8443"),
]


def bounded(default: float, low: float, high: float, why: str) -> Any:
    """A number with both bounds and the reason for them; NaN and infinity are outside any bounds."""
    return Field(default=default, ge=low, le=high, description=why)


def said(default: object, why: str) -> Any:
    """A setting that is not a number, with what it is for."""
    return Field(default=default, description=why)


def conflict(key: str, allowed: str) -> PydanticCustomError:
    """Two settings that are fine alone and not together; `key` is the one to change."""
    return PydanticCustomError("conflict", "{allowed}", {"key": key, "allowed": allowed})


class Section(BaseModel):
    """One table of settings: frozen, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
