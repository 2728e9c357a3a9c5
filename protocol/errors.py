"""What can be wrong with the other side, and the closed set of codes a connection ends with."""

from enum import IntEnum

from protocol.limits import REASON_BYTES_MAX


class CloseCode(IntEnum):
    """Why a connection ended: the same number on a WebSocket close frame and in a TCP `Goodbye`.

    Codes below 4000 are those of RFC 6455, section 7.4.1, where one fits; the rest are ours.
    What a client does about each, and when it may retry, is the table in README.md.
    """

    BYE = 1000
    GOING_AWAY = 1001
    TEXT_FRAME = 1003
    TOO_BIG = 1009
    MALFORMED = 4000
    INVALID = 4001
    UNKNOWN_KIND = 4002
    UNSUPPORTED_VERSION = 4003
    UNEXPECTED = 4004
    HELLO_TIMEOUT = 4005
    IDLE = 4006
    FLOOD = 4007
    BAD_TOKEN = 4008
    FULL = 4009
    SLOW = 4010
    REPLACED = 4011
    INTERNAL = 4012
    UNAVAILABLE = 4013
    KICKED = 4014
    BANNED = 4015


# What to do after which end: seconds until trying again makes sense; the others should not.
RETRY_AFTER_S: dict[CloseCode, float] = {
    CloseCode.GOING_AWAY: 5,
    CloseCode.HELLO_TIMEOUT: 1,
    CloseCode.IDLE: 0,
    CloseCode.FLOOD: 30,
    CloseCode.FULL: 10,
    CloseCode.SLOW: 5,
    CloseCode.INTERNAL: 5,
    CloseCode.UNAVAILABLE: 5,
    CloseCode.KICKED: 60,
}


class ProtocolError(Exception):
    """The other side broke the protocol; the connection ends with `code`.

    `reason` is one sentence for the person who reads the other side's log: it names the field
    and the limit, never repeats bytes that were received, and always fits a close frame.
    """

    def __init__(self, code: CloseCode, reason: str) -> None:
        fitting = fit_reason(reason)
        super().__init__(f"{code.name.lower()} ({code.value}): {fitting}")
        self.code = code
        self.reason = fitting


def fit_reason(reason: str) -> str:
    """`reason` cut to REASON_BYTES_MAX bytes of UTF-8, on a character boundary."""
    encoded = reason.encode("utf-8", "replace")
    return encoded[:REASON_BYTES_MAX].decode("utf-8", "ignore")
