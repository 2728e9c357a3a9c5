"""Everything that must be the same in a replay: the city, the numbers, the tick rate and the seed."""

import re
import tomllib
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from world.avatar import Avatar
from world.city import City
from world.festival import Festival
from world.motion import Motion
from world.schema import ContentFault, Reader
from world.survey import survey_avatar, survey_city, survey_festival, survey_tuning
from world.tuning import Tuning

S = TypeVar("S", bound=Struct)

CITY_FILE = "city.toml"
TUNING_FILE = "tuning.toml"
FESTIVAL_FILE = "events.toml"
AVATAR_FILE = "avatar.toml"
CONTENT_DIR = Path(__file__).parent / "content"

# The largest that is shipped is 11 KB. Content is read while a city runs, and part of it goes to every zone's journal.
FILE_BYTES_MAX = 256 * 1024

# How `tomllib` says where it gave up.
_AT_LINE = re.compile(r"at line (\d+)")

# One clock for everything. Speeds, rates and animations count in these ticks.
TICK_RATE_HZ = 20
# Later than any tick, which are uint32: six years at 20 ticks/s.
FOREVER = 0xFFFFFFFF


class WorldConfig(Struct, frozen=True):
    """The settings of the world. Two runs with equal configs and commands are equal bit for bit."""

    city: City
    tuning: Tuning
    seed: int
    festival: Festival = Festival()
    avatar: Avatar = Avatar()
    tick_rate_hz: int = TICK_RATE_HZ


class ContentError(Exception):
    """The content cannot be used; `faults` says everything that is wrong with it."""

    def __init__(self, faults: list[ContentFault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def load_config(content_dir: Path | None = None, seed: int = 0) -> WorldConfig:
    """The config in `content_dir`, or in the packaged content. Raises ContentError."""
    content = content_dir or CONTENT_DIR
    readers = city_reader, tuning_reader, festival_reader, avatar_reader = (
        Reader(CITY_FILE),
        Reader(TUNING_FILE),
        Reader(FESTIVAL_FILE),
        Reader(AVATAR_FILE),
    )
    city = _read(content, city_reader, City)
    tuning = _read(content, tuning_reader, Tuning)
    festival = _read(content, festival_reader, Festival)
    avatar = _read(content, avatar_reader, Avatar)
    if tuning is not None:
        survey_tuning(tuning, tuning_reader)
    if city is not None and tuning is not None:
        survey_city(city, Motion(tuning.movement, TICK_RATE_HZ), city_reader)
    if city is not None and festival is not None and not city_reader.faults:
        survey_festival(festival, city, festival_reader)
    if avatar is not None:
        survey_avatar(avatar, avatar_reader)
    faults = [fault for reader in readers for fault in reader.faults]
    if faults or city is None or tuning is None or festival is None or avatar is None:
        raise ContentError(faults)
    return WorldConfig(city, tuning, seed, festival, avatar=avatar)


def fingerprint(config: WorldConfig) -> str:
    """A name for the config: different in any number, seed or tick rate, different in name."""
    return blake2b(repr(config).encode(), digest_size=16).hexdigest()


def _read(content: Path, reader: Reader, kind: type[S]) -> S | None:
    raw = _bytes(content, reader)
    if raw is None:
        return None
    try:
        text = raw.decode("utf-8")
        table = tomllib.loads(text)
    except UnicodeDecodeError as error:
        reader.fault("", f"byte {error.start}", "UTF-8 text", 1 + raw.count(b"\n", 0, error.start))
    except (ValueError, RecursionError) as error:
        # A TOMLDecodeError is a ValueError; others come of numbers that are too long.
        at = _AT_LINE.search(str(error))
        reader.fault("", str(error), "TOML", int(at[1]) if at else None)
    else:
        reader.text = text
        return reader.record(kind, table)
    return None


def _bytes(content: Path, reader: Reader) -> bytes | None:
    path = content / reader.file
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        reader.fault("", str(path), f"a readable file ({error.strerror})")
        return None
    if len(raw) > FILE_BYTES_MAX:
        reader.fault("", f"over {FILE_BYTES_MAX} bytes", f"at most {FILE_BYTES_MAX} bytes")
        return None
    return raw
