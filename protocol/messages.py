"""Every message of the wire, as typed records whose first element on the wire is their kind.

A message is a msgpack array `[kind, field, field, …]`, in the order the fields have here. What a
client sends is checked strictly (a field too many is an error); what a server sends may grow new
fields at its end, and a client ignores what it does not know (README.md, "Versions").
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from protocol import limits
from protocol.crystals import CRYSTAL_ROW
from protocol.frames import HEADER_BYTES, INTENT

U8 = Annotated[int, Meta(ge=0, le=0xFF)]
U16 = Annotated[int, Meta(ge=0, le=0xFFFF)]
U32 = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
I32 = Annotated[int, Meta(ge=-0x80000000, le=0x7FFFFFFF)]
# The integers that every language holds exactly, those whose only number is a float 64 among them.
Amount = Annotated[int, Meta(ge=0, le=2**53 - 1)]
# Any clock a client might use: seconds or milliseconds since whenever. The bounds refuse NaN and infinity.
ClientTime = Annotated[float, Meta(ge=-1e15, le=1e15)]
Name = Annotated[str, Meta(min_length=1, max_length=limits.NAME_CHARS_MAX)]


class ClientMessage(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a client may say. Unknown trailing fields are refused."""


class ServerMessage(msgspec.Struct, frozen=True, array_like=True):
    """What a server may say. A client skips trailing fields it does not know."""


# ---- client to server: kinds 1 to 15 -------------------------------------------------------------


class Hello(ClientMessage, frozen=True, tag=1):
    """The first message: who I am, or who I was (`resume`, from the last Welcome or the last Queued).

    `heard` is the last `serial` that was heard with the body whose `resume` this is.
    """

    version: U16
    name: Name | None = None
    token: Annotated[str, Meta(max_length=limits.TOKEN_CHARS_MAX)] | None = None
    resume: Annotated[str, Meta(max_length=limits.RESUME_CHARS_MAX)] | None = None
    client: Annotated[str, Meta(max_length=limits.CLIENT_NAME_CHARS_MAX)] = ""
    heard: U32 = 0


class Move(ClientMessage, frozen=True, tag=2, gc=False):
    """Where I intend to go, as eight packed bytes (`protocol.frames.INTENT`).

    Always twelve bytes on the wire, `92 02 c4 08` and the intent, so that the server can collect
    thousands of them into one array without making an object for each.
    """

    intent: Annotated[bytes, Meta(min_length=INTENT.size, max_length=INTENT.size)]


class Do(ClientMessage, frozen=True, tag=3):
    """A deed by name. `number` is the client's own, and comes back in `Denied`.

    `fields` is a msgpack map that the deed's own schema checks (see the catalogue in `Welcome`).
    """

    number: U32
    deed: Annotated[str, Meta(min_length=1, max_length=limits.DEED_CHARS_MAX)]
    fields: msgspec.Raw


class Ping(ClientMessage, frozen=True, tag=4, gc=False):
    """Are you there, and what tick is it? `sent` is echoed untouched."""

    sent: ClientTime


class Bye(ClientMessage, frozen=True, tag=5):
    """I am leaving; do not keep my place."""


class Keep(ClientMessage, frozen=True, tag=6):
    """Keep this for me: a map of the client's own settings, opaque to the city, that the next `Welcome` brings back.

    At most SETTINGS_BYTES_MAX bytes as packed here, of plain values (`protocol.keeping`).
    """

    settings: msgspec.Raw


# ---- server to client: kinds 16 to 31 ------------------------------------------------------------


class Frame(ServerMessage, frozen=True, tag=16):
    """What the viewer sees now: whole, replaceable, never a delta. Layout in `protocol.frames`."""

    header: Annotated[bytes, Meta(min_length=HEADER_BYTES, max_length=HEADER_BYTES)]
    records: bytes


class Zone(msgspec.Struct, frozen=True):
    """One zone of the city: its number in frames, its name and its rectangle in centimetres."""

    number: U8
    name: str
    x: I32
    z: I32
    width: I32
    depth: I32


class Limits(msgspec.Struct, frozen=True):
    """What this server allows a client; exceeding it is refused, never silently trimmed."""

    message_bytes_max: U32
    messages_per_s: U16
    messages_burst: U16
    idle_s: U16
    name_chars_max: U8
    interest_max: U8
    frame_records_max: U8


class Welcome(ServerMessage, frozen=True, tag=17):
    """You are in. `deeds` and `events` describe every deed and event by name and field."""

    version: U16
    session: str
    entity: U32
    name: str
    resume: str
    resumed: bool
    tick_rate_hz: U8
    frame_rate_hz: U8
    tick: U32
    time_s: float
    zones: list[Zone]
    deeds: dict[str, Any]
    events: dict[str, Any]
    limits: Limits
    server: str
    # These came later: a server that has no books leaves them out.
    account: str = ""
    balance: Amount = 0
    token: str | None = None
    settings: msgspec.Raw = msgspec.Raw(b"\x80")
    # To whoever resumes: how many messages with a `serial` that they missed follow in order; nil: not all are left.
    missed: U16 | None = 0


class Profile(msgspec.Struct, frozen=True, array_like=True):
    """Who an entity is: sent once to each viewer that comes to see it, and again when it changes.

    `look` holds a byte for each trait, in the order of the catalogue; none for who has no look.
    """

    entity: U32
    version: U16
    name: str
    look: bytes


class Profiles(ServerMessage, frozen=True, tag=18):
    """The profiles of entities that appear in this frame for the first time."""

    profiles: list[Profile]


class Crowd(ServerMessage, frozen=True, tag=19):
    """How many people stand where, beyond the ones shown one by one.

    `counts` holds `columns * rows` bytes, row by row towards +z, cell (0, 0) having its low corner
    at `x`, `z` (cm); a cell is `cell` cm wide; 255 means 255 or more.
    """

    tick: U32
    x: I32
    z: I32
    cell: U16
    columns: U8
    rows: U8
    counts: bytes


class Happened(ServerMessage, frozen=True, tag=20):
    """An event by name, with its fields as the catalogue describes them.

    What one client alone is told has a `serial`, one more than the last such message; 0: everybody near is told.
    """

    tick: U32
    event: str
    fields: dict[str, Any]
    serial: U32 = 0


class Denied(ServerMessage, frozen=True, tag=21):
    """A deed that was not done, and why; the session goes on. `serial` as in Happened, where a zone says it.

    `reason` is a word to branch on, `field` the field at fault (or nil), `message` for a person.
    """

    number: U32
    deed: str
    reason: str
    field: str | None
    message: str
    serial: U32 = 0


class Pong(ServerMessage, frozen=True, tag=22):
    """The answer to `Ping`: the current tick and how far into it the server is."""

    sent: float
    tick: U32
    into_tick_ms: float


class Goodbye(ServerMessage, frozen=True, tag=23):
    """The last message: why, and after how many seconds trying again makes sense (nil: do not)."""

    code: U16
    reason: str
    retry_after_s: float | None


class Crystals(ServerMessage, frozen=True, tag=24):
    """The crystals nearest to the viewer, whole and replaceable like a frame.

    `rows` holds up to CRYSTALS_MAX crystals of CRYSTAL_ROW each, nearest first, with offsets from `x`, `y`, `z` (cm).
    """

    tick: U32
    x: I32
    y: I32
    z: I32
    rows: Annotated[bytes, Meta(max_length=limits.CRYSTALS_MAX * CRYSTAL_ROW.size)]


class Sky(ServerMessage, frozen=True, tag=25):
    """How many bursts there were in each eighth of the sky beyond those told one by one; 255 means 255 or more."""

    tick: U32
    counts: Annotated[bytes, Meta(min_length=limits.SKY_EIGHTHS, max_length=limits.SKY_EIGHTHS)]


class Queued(ServerMessage, frozen=True, tag=26):
    """You are waiting to be let in: `position` people of your lane come first, yours included (1: you are next).

    `ticket` keeps the place if the connection is lost: say it as `Hello.resume`. `estimate_s` is how long it may take,
    nil while that is not known.
    """

    # Said again as `Hello.resume`, so bound like it.
    ticket: Annotated[str, Meta(max_length=limits.RESUME_CHARS_MAX)]
    position: U32
    estimate_s: float | None


class Closing(ServerMessage, frozen=True, tag=27):
    """The city closes in `in_s` seconds, for the reason given; Goodbye comes then."""

    in_s: float
    reason: str


AnyClientMessage = Hello | Move | Do | Ping | Bye | Keep
AnyServerMessage = (
    Frame | Welcome | Profiles | Crowd | Happened | Denied | Pong | Goodbye | Crystals | Sky | Queued | Closing
)
AnyMessage = AnyClientMessage | AnyServerMessage
