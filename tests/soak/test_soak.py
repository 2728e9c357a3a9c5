"""A soak of a few seconds: what a small crowd leaves behind, a large one does for longer. `make soak` is the rest."""

import asyncio

from tests.soak.judging import faults_of
from tests.soak.slope import Slope
from tests.soak.stay import stay


def test_a_small_crowd_leaves_no_task_and_no_socket_behind() -> None:
    said: list[str] = []
    soaked = asyncio.run(stay(20, 16.0, said.append))
    # Five seconds of a process that has just begun say nothing about its memory.
    assert faults_of(soaked._replace(own_mb=Slope(0, 0, 0))) == []
    assert len(soaked.looks) > 10
    assert min(look.memory.own_mb for look in soaked.looks) > 10
    assert soaked.before.open_files > 5
    assert soaked.joined == 20
    assert len(said) == 1
