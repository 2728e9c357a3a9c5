"""What was added to the extras of a tick, read back row by row."""

from server.extras import Extras


def payloads_of(extras: Extras) -> dict[int, list[bytes]]:
    """Each row's payloads, in order; rows that get nothing are left out."""
    packed = extras.packed()
    found: dict[int, list[bytes]] = {}
    for row, start, size in zip(*(part.tolist() for part in packed[:3]), strict=True):
        found.setdefault(row, []).append(packed.blob[start : start + size].tobytes())
    return found
