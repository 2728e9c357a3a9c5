"""What tests leave behind is collected at once, though there are thousands, and though some freeze the collector.

The collector counts objects, and a city is few of them in many megabytes: it came after dozens of cities. And a city
that is opened as in earnest freezes whatever there is, itself too, which is then never collected. Both together came
to 4 GB. What stays, the tests themselves and what is told of them, is frozen: to look at the rest takes a millisecond.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from aiohttp import web_app


def freeze() -> None:
    """What there is now stays, and is not looked at again."""
    gc.collect()
    gc.freeze()


@contextmanager
def garbage_of_its_own() -> Iterator[None]:
    """What nobody has any more is collected, also of what was frozen meanwhile; how often that is done is as it was.

    Whether anything was frozen is noticed at the call: to count what is takes a walk over all of it.
    """
    thresholds = gc.get_threshold()
    with (
        mock.patch.object(gc, "freeze", wraps=gc.freeze) as freezing,
        mock.patch.object(gc, "unfreeze", wraps=gc.unfreeze) as thawing,
    ):
        yield
    gc.set_threshold(*thresholds)
    # aiohttp remembers the last thousand pairs of handler and application, each with the whole city behind it.
    web_app._cached_build_middleware.cache_clear()
    if freezing.called or thawing.called:
        gc.unfreeze()
        freeze()
    else:
        gc.collect()
