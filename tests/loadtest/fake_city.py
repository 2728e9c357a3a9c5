"""A fake."""

from protocol.messages import Limits, Welcome, Zone

CITY = [Zone(1, "plaza", 0, 0, 10000, 10000), Zone(2, "street", 10000, 0, 10000, 10000)]


def welcome(entity: int) -> Welcome:
    return Welcome(
        1, "s", entity, "x", "r", False, 20, 10, 1, 0.0, CITY, {}, {}, Limits(4096, 40, 80, 30, 24, 64, 32), "fake"
    )
