"""What a test says of trials, and what a server says to a bot: short words for both."""

from msgspec import structs

from loadtest.peers.report import Trial

GOOD = Trial(
    system="city", players=500, seconds=8.0, entered=500, sees=64, mean_hz=10.0, p01_hz=9.9, gap_p99_ms=110.0,
    cpu_percent=20.0, cpu_us_per_update=40.0, down_bytes_s=4500.0, rss_mb=150.0, rss_kb_per_player=30.0, cut=0,
    generator_cpu_percent=20.0, generator_lag_p99_ms=5.0,
)  # fmt: skip


def held(players: int, system: str = "city") -> Trial:
    """So many were held."""
    return structs.replace(GOOD, players=players, entered=players, system=system)


def broke(players: int, system: str = "city", why: str = "too slow") -> Trial:
    """So many were not."""
    return structs.replace(held(players, system), why=[why])


def ws_frame(payload: bytes, opcode: int = 2) -> bytes:
    """One whole unmasked frame."""
    if len(payload) < 126:
        return bytes((0x80 | opcode, len(payload))) + payload
    if len(payload) < 1 << 16:
        return bytes((0x80 | opcode, 126)) + len(payload).to_bytes(2) + payload
    return bytes((0x80 | opcode, 127)) + len(payload).to_bytes(8) + payload
