"""Five bots at each peer: they get in, hear ten updates a second and see each other; skipped where it is not installed.

`make bench-peers` installs the peers, in `build/peers`. Ours is visited on every machine.
"""

import pytest

from loadtest.peers.adapters import ADAPTERS
from loadtest.peers.adapters.base import Adapter, PeerError
from loadtest.peers.trial import play


def versions(adapter: type[Adapter]) -> dict[str, str]:
    """What it runs on; where it is not installed the test ends here, and says so."""
    try:
        return adapter.versions()
    except PeerError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", ADAPTERS)
async def test_five_bots_get_in_are_told_of_each_other_and_move(name: str) -> None:
    adapter = ADAPTERS[name]
    assert versions(adapter)
    # Processor time is counted in hundredths of a second. They are measured on their way, as soon as they are in.
    trial = await play(adapter, 5, 3.0, walk_s=0)
    assert (trial.entered, trial.cut) == (5, 0)
    # At Colyseus it is the peer's own client that looks, and sees the five; our city has hosts of its own.
    others = 5 if name.startswith("colyseus") else 4
    assert trial.sees in (range(4, 65) if name == "city" else (others,))
    assert trial.mean_hz > 1
    assert trial.cpu_us_per_update
    assert trial.rss_mb > 10
