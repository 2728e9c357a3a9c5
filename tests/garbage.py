"""What tests leave behind is collected soon, though there are thousands of them, and though some freeze the collector.

A full collection looks at everything that is not frozen, and comes when that has grown by a quarter. With the tests
themselves among it, cities waited for one by the dozen, 20 MB and more each; and a city that is opened as in earnest
freezes whatever there is, itself too, which is then never collected. Both together came to 4 GB.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def freeze() -> None:
    """What there is now stays, and is not looked at again."""
    gc.collect()
    gc.freeze()


@contextmanager
def garbage_of_its_own() -> Iterator[None]:
    """Whatever is frozen meanwhile is thawed, and collected if nobody has it any more."""
    frozen = gc.get_freeze_count()
    yield
    # Some of what was frozen may be gone, but never all of it, and nothing comes to it by itself.
    if not 0 < gc.get_freeze_count() <= frozen:
        gc.unfreeze()
        freeze()
