"""Who everybody is, and with whom: name, look and party by entity, with a running digest and a list of what is new."""

from typing import Annotated, NamedTuple
from zlib import crc32

from msgspec import Meta

from world.parts import Part

# Sliders and choices of an avatar are bytes; sixteen of them shape a face and a body.
LookKey = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$", max_length=32)]
LookValue = Annotated[int, Meta(ge=0, le=255)]
Look = Annotated[dict[LookKey, LookValue], Meta(max_length=16)]
# The same limit as on the wire: a name plate.
ProfileName = Annotated[str, Meta(min_length=1, max_length=24)]
# Sixteen bits on the wire.
Version = Annotated[int, Meta(ge=0, le=0xFFFF)]
# The number that a party's code comes to (world.parties); 0 is none.
Party = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class ProfileRecord(NamedTuple):
    """Who an entity is, and the party it belongs to; `version` rises when name or look change.

    `look` has every trait in the order of the content (world.looks.worn), or none.
    """

    entity: int
    version: int
    name: str
    look: dict[str, int]
    party: int = 0


class Profiles(Part):
    """The profiles of everybody in one zone.

    `digest` covers all of them and costs nothing to read: it is the sum of their checksums, kept
    up to date by each change, so that the order they came in does not matter.
    """

    def __init__(self) -> None:
        self._by_entity: dict[int, ProfileRecord] = {}
        # The members of each party, in the order in which they came.
        self._of_party: dict[int, dict[int, None]] = {}
        self._fresh: list[ProfileRecord] = []
        self.digest = 0

    def __len__(self) -> int:
        return len(self._by_entity)

    def __getitem__(self, entity: int) -> ProfileRecord:
        return self._by_entity[entity]

    def __contains__(self, entity: int) -> bool:
        return entity in self._by_entity

    def together(self, party: int) -> list[int]:
        """Who here belongs to a party, in the order in which they came; nobody belongs to 0."""
        return list(self._of_party.get(party, ()))

    def put(self, record: ProfileRecord) -> None:
        """Remember `record`, and that it is new."""
        self.remove(record.entity)
        self._by_entity[record.entity] = record
        if record.party:
            self._of_party.setdefault(record.party, {})[record.entity] = None
        self._fresh.append(record)
        self.digest = (self.digest + _checksum(record)) & 0xFFFFFFFF

    def remove(self, entity: int) -> None:
        """Forget `entity`, if it is known."""
        record = self._by_entity.pop(entity, None)
        if record is not None:
            self.digest = (self.digest - _checksum(record)) & 0xFFFFFFFF
            if record.party:
                self._leave_party(entity, record.party)

    def fresh(self) -> list[ProfileRecord]:
        """What was put since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def _leave_party(self, entity: int, party: int) -> None:
        members = self._of_party[party]
        del members[entity]
        if not members:
            del self._of_party[party]


def _checksum(record: ProfileRecord) -> int:
    entity, version, name, look, party = record
    return crc32(repr((entity, version, name, sorted(look.items()), party)).encode())
