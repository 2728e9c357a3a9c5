"""A digest sees every change, and the same run has the same digests in any process."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.world.hamlet import Hamlet
from tests.world.rerun import run
from world.columns import Columns
from world.digest import digest
from world.profiles import ProfileRecord

ME = 5
ROOT = Path(__file__).parents[2]


def joined() -> Hamlet:
    hamlet = Hamlet()
    hamlet.join(ME)
    return hamlet


@pytest.mark.parametrize("name", Columns.NAMES)
def test_a_change_in_a_column_shows_under_its_name_and_no_other(name: str) -> None:
    hamlet = joined()
    before = digest(hamlet.west)
    hamlet.west.columns.array(name)[1] ^= 1
    after = digest(hamlet.west)
    assert {key for key in after if after[key] != before[key]} == {name}


def test_a_change_of_a_profile_or_of_chance_shows() -> None:
    hamlet = joined()
    before = digest(hamlet.west)
    hamlet.west.profiles.put(ProfileRecord(ME, 2, "Bea", {}))
    hamlet.west.random.stream("join").bits()
    after = digest(hamlet.west)
    assert {key for key in after if after[key] != before[key]} == {"profiles", "random"}


def test_a_firework_in_the_air_shows() -> None:
    hamlet = joined()
    before = digest(hamlet.west)
    hamlet.west.sky.add(0, 9)
    after = digest(hamlet.west)
    assert {key for key in after if after[key] != before[key]} == {"sky"}


def test_what_is_beyond_the_live_rows_does_not_count() -> None:
    hamlet = joined()
    before = digest(hamlet.west)
    hamlet.west.columns.x[hamlet.west.count :] = 7
    assert digest(hamlet.west) == before


def test_the_run_settles_rains_pick_ups_and_fireworks() -> None:
    settled = run(2, 200)[-2]
    assert all(f"'{key}" in settled for key in ("fund.drizzle.2", "pick.10'", "light.10'"))


def test_the_run_is_of_friends_in_several_layers() -> None:
    assert any(line == "layers 4, friends 5" for line in run(2, 200))


def test_another_seed_is_another_run() -> None:
    assert run(1, 20) != run(2, 20)


def test_the_same_seed_and_commands_give_the_same_bits_in_any_process() -> None:
    def printed(hash_seed: str) -> str:
        command = [sys.executable, "-m", "tests.world.rerun", "2", "200"]
        ran = subprocess.run(command, cwd=ROOT, env={"PYTHONHASHSEED": hash_seed}, capture_output=True, check=True)
        return ran.stdout.decode()

    assert printed("1").splitlines() == printed("77").splitlines() == run(2, 200)
