"""What tests leave behind is collected soon, though there are thousands of them, and though some freeze the collector.

A full collection looks at everything that is not frozen, and comes when that has grown by a quarter. With the tests
themselves among it, cities waited for one by the dozen, 20 MB and more each; and a city that is opened as in earnest
freezes whatever there is, itself too, which is then never collected. Both together came to 4 GB.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock


def freeze() -> None:
    """What there is now stays, and is not looked at again."""
    gc.collect()
    gc.freeze()


@contextmanager
def garbage_of_its_own() -> Iterator[None]:
    """Whatever is frozen meanwhile is thawed, collected if nobody has it any more, and how often is as it was before.

    Whether anything was is noticed at the call: to count what is frozen takes a walk over all of it.
    """
    thresholds = gc.get_threshold()
    with (
        mock.patch.object(gc, "freeze", wraps=gc.freeze) as freezing,
        mock.patch.object(gc, "unfreeze", wraps=gc.unfreeze) as thawing,
    ):
        yield
    gc.set_threshold(*thresholds)
    if freezing.called or thawing.called:
        gc.unfreeze()
        freeze()
