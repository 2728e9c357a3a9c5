"""Checksums of everything that is true in a zone: what a replay compares, and what it names when they differ."""

from zlib import crc32

from world.state import World


def digest(world: World) -> dict[str, int]:
    """A crc32 for every column over its live rows, and one each for the rest."""
    columns = world.columns
    checksums = {name: crc32(columns.array(name).data) for name in columns.NAMES}
    checksums["tick"] = world.tick
    checksums["profiles"] = world.profiles.digest
    checksums["pending"] = crc32(repr(world.pending.digest).encode())
    checksums["crystals"] = world.crystals.digest()
    checksums["sky"] = world.sky.digest()
    checksums["programme"] = crc32(world.programme.digest().encode())
    checksums["random"] = crc32(repr(world.random.states()).encode())
    return checksums
