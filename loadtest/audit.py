"""Frames decoded in full and compared with what the wire promises: a sample at every bot, every frame at a witness.

`Audit` looks at one frame alone: records that are too many, doubled, of the viewer itself or nonsense. A `Witness`
also remembers: whose profile it was told, and where it last saw whom, so that it notices a stranger who is shown for 30
frames without a profile, and a neighbour who moves faster than anybody can. For 32 records plain loops are faster than
arrays: 15 µs for an audit, 25 µs for a witness on the 2.8 GHz machine this is built on.
"""

from collections.abc import Sequence
from math import hypot

from loadtest.arrivals import ROUNDING_CM, ROUNDING_CM_PER_TICK, Rules
from loadtest.crystals import check_rows, crystals_flaw
from loadtest.faults import FaultKind, Faults
from protocol import messages as m
from protocol.codec import decode_server
from protocol.errors import CloseCode, ProtocolError
from protocol.frames import ANIMATIONS, RECORD, RECORD_BYTES, FrameHeader, read_header
from protocol.limits import FRAME_RECORDS_MAX, SIGHT_CM_MAX

# A frame in fifty of every bot: at 10 frames/s, each bot is looked at closely every five seconds.
SAMPLE_EVERY = 50
# An entity in sight is refreshed at least every third frame; one not seen for ten has left and may come back.
FORGOTTEN_FRAMES = 10
# A few profiles come with each frame and at most 72 entities are in sight, so 30 frames (3 s) are enough for all.
PROFILE_FRAMES_MAX = 30
# Places and nameless strangers are pruned beyond this many: several times what can be in sight at once.
_REMEMBERED_MAX = 512

Record = tuple[int, int, int, int, int, int]


class Audit:
    """Checks of one frame alone, for bot number `bot`."""

    every = SAMPLE_EVERY
    remembers = False

    def __init__(self, bot: int, rules: Rules, faults: Faults) -> None:
        self._bot = bot
        self._faults = faults
        self.height_cm = rules.height_m * 100
        self.entity = 0

    def check_frame(self, payload: bytes) -> None:
        """Decode a frame's whole payload and note what is wrong with it. Raises ProtocolError if it is no frame."""
        frame = decode_server(payload)
        if not isinstance(frame, m.Frame) or len(frame.records) % RECORD_BYTES:
            raise ProtocolError(CloseCode.INVALID, "a frame is a header and whole records")
        self._check_records(read_header(payload), list(RECORD.iter_unpack(frame.records)))

    def learn(self, profiles: m.Profiles) -> None:
        """Take note of profiles; an audit of single frames has no use for them."""

    def check_crystals(self, shown: m.Crystals) -> None:
        """Note what is wrong with crystals that are shown. Raises ProtocolError if they are not whole rows."""
        check_rows(shown)
        flaw = crystals_flaw(shown)
        if flaw is not None:
            self._faults.note(FaultKind.BAD_CRYSTAL, self._bot, f"{flaw} at tick {shown.tick}")

    def _check_records(self, head: FrameHeader, records: Sequence[Record]) -> None:
        if not records:
            return
        entities, dxs, dys, dzs, _, animations = zip(*records, strict=True)
        if len(records) > FRAME_RECORDS_MAX:
            self._note(FaultKind.TOO_MANY_RECORDS, head, f"{len(records)} records")
        if len(set(entities)) < len(records):
            self._note(FaultKind.DUPLICATE_RECORD, head, "an entity twice in a frame")
        if self.entity in entities:
            self._note(FaultKind.SAW_ITSELF, head, "its own record")
        if 0 in entities:
            self._note(FaultKind.BAD_ENTITY, head, "a record of entity 0")
        if max(animations) >= len(ANIMATIONS):
            self._note(FaultKind.BAD_ANIMATION, head, f"animation {max(animations)}")
        # int16 holds more in the diagonal than anybody may be shown at, and far more upwards than the city is high.
        if max(map(hypot, dxs, dzs)) > SIGHT_CM_MAX or max(dys) > self.height_cm or min(dys) < -self.height_cm:
            self._note(FaultKind.BAD_OFFSET, head, "somebody who is out of sight")

    def _note(self, kind: FaultKind, head: FrameHeader, what: str) -> None:
        self._faults.note(kind, self._bot, f"{what} at tick {head.tick}")


class Witness(Audit):
    """Checks of every frame against what was seen and told before."""

    every = 1
    remembers = True

    def __init__(self, bot: int, rules: Rules, faults: Faults) -> None:
        super().__init__(bot, rules, faults)
        self._cm_per_tick = rules.run_m_s * 100 / rules.tick_rate_hz + ROUNDING_CM_PER_TICK
        # Grows to everybody ever met: a megabyte after ten thousand.
        self._profiled: set[int] = set()
        # Of each entity without a profile: the number of the first and of the last frame that showed it.
        self._nameless: dict[int, tuple[int, int]] = {}
        # Tick and place of each entity when it was last shown.
        self._places: dict[int, tuple[int, int, int]] = {}
        self._frame = 0

    def learn(self, profiles: m.Profiles) -> None:
        """Remember whose profile came."""
        for profile in profiles.profiles:
            self._profiled.add(profile.entity)
            self._nameless.pop(profile.entity, None)

    def _check_records(self, head: FrameHeader, records: Sequence[Record]) -> None:
        super()._check_records(head, records)
        self._frame += 1
        for entity, dx, _, dz, _, _ in records:
            if entity not in self._profiled:
                self._check_nameless(head, entity)
            self._check_motion(head, entity, head.x + dx, head.z + dz)
        self._forget(head)

    def _check_nameless(self, head: FrameHeader, entity: int) -> None:
        first, last = self._nameless.get(entity, (self._frame, self._frame))
        if self._frame - last > FORGOTTEN_FRAMES:
            first = self._frame
        self._nameless[entity] = (first, self._frame)
        if self._frame - first >= PROFILE_FRAMES_MAX:
            self._note(FaultKind.MISSING_PROFILE, head, f"still no profile of entity {entity}")
            # Once is a fault, the same entity again a flood of it.
            self._profiled.add(entity)
            del self._nameless[entity]

    def _check_motion(self, head: FrameHeader, entity: int, x: int, z: int) -> None:
        last = self._places.get(entity)
        self._places[entity] = (head.tick, x, z)
        if last is not None:
            reach_cm = (head.tick - last[0]) * self._cm_per_tick + ROUNDING_CM
            if (x - last[1]) ** 2 + (z - last[2]) ** 2 > reach_cm * reach_cm:
                self._note(FaultKind.OTHER_TOO_FAST, head, f"entity {entity} jumped from {last[1:]} to {(x, z)}")

    def _forget(self, head: FrameHeader) -> None:
        """Prune what is long out of sight, so that a server that invents ids cannot fill our memory."""
        if len(self._places) > _REMEMBERED_MAX:
            recent = head.tick - 2 * FORGOTTEN_FRAMES
            self._places = {entity: place for entity, place in self._places.items() if place[0] >= recent}
        if len(self._nameless) > _REMEMBERED_MAX:
            oldest = self._frame - FORGOTTEN_FRAMES
            self._nameless = {entity: span for entity, span in self._nameless.items() if span[1] >= oldest}
