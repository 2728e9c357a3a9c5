"""A report of a good run, to be spoilt by tests one figure at a time."""

from typing import Any

from msgspec import structs

from loadtest.report import (
    BooksFigures,
    FrameFigures,
    Generator,
    Machine,
    Report,
    Second,
    ServerFigures,
    Spread,
    Traffic,
    Verdict,
)

GAPS, INPUTS, TICKS = Spread(100.0, 150.0, 200.0), Spread(80.0, 180.0, 240.0), Spread(8.0, 20.0, 30.0)
SERVER = ServerFigures(60.0, 15.0, 180.0, 40.0, TICKS, 0, 0, {"zones": 2.0, "total": 8.0}, loop_percent=45.0)

BOOKS = BooksFigures(4200, 4200, 0, 0, 0, balanced=True)


def good(**changes: Any) -> Report:
    """Two thousand bots in the plaza, all well, but for `changes`."""
    second = Second(1.0, "measuring", 2000, 10.0, GAPS, INPUTS, 2.0, 40.0, 60.0, 20.0, 30.0, 180.0, 0)
    report = Report(
        scenario="plaza",
        seed=1,
        transport="ws",
        bots=2000,
        seconds=30.0,
        machine=Machine("a processor", 2, "3.11", "0.23", "2.4"),
        joined=2000,
        disconnected_healthy=0,
        join_s=Spread(0.1, 0.2, 0.3),
        frames=FrameFigures(9.95, 9.8, GAPS),
        input_ms=INPUTS,
        bytes_per_client_s=Traffic(5000.0, 36.0),
        server=SERVER,
        verdict=Verdict(True, []),
        audit=BOOKS,
        settle_ms=Spread(110.0, 240.0, 300.0),
        settled_per_s=140.5,
        calm=FrameFigures(9.95, 9.8, Spread(100.0, 140.0, 190.0)),
        gap_p99_of_calm=1.07,
        confirmed={"crystal_gained": 4200},
        all_joined_s=10.2,
        share_in_zone=0.99,
        crossings=12,
        zones={"crystal_plaza": 1990, "park": 10},
        generator=Generator(45.0, Spread(0.5, 5.0, 20.0)),
        series=[second, structs.replace(second, at_s=2.0)],
    )
    return structs.replace(report, **changes)
