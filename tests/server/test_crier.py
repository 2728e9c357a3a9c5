"""Announcements go out in order, so many letters in a tick, and no more are taken than can wait."""

from server.gateway.crier import TOLD_PER_TICK, UNDER_WAY_MAX, Crier


def test_everybody_is_told_once_in_order_and_so_many_in_a_tick() -> None:
    told: list[tuple[int, bytes]] = []
    crier = Crier(lambda entity, payload: told.append((entity, payload)))
    crier.cry(b"first", range(TOLD_PER_TICK + 5))
    crier.cry(b"second", range(3))
    crier.turn()
    assert len(told) == TOLD_PER_TICK
    crier.turn()
    assert told[TOLD_PER_TICK:] == [
        *((TOLD_PER_TICK + at, b"first") for at in range(5)),
        *((at, b"second") for at in range(3)),
    ]
    crier.turn()
    assert len(told) == TOLD_PER_TICK + 8


def test_what_nobody_hears_takes_no_time_and_too_many_are_refused() -> None:
    crier = Crier(lambda entity, payload: None)
    for _ in range(UNDER_WAY_MAX):
        crier.cry(b"to nobody", ())
    assert crier.busy
    crier.turn()
    assert not crier.busy
