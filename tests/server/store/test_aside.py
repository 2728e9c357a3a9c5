"""Work in a thread of its own: its answer, its errors and its end come back to whoever asked."""

import asyncio
import threading

import pytest

from server.store.aside import Aside


async def named() -> str:
    return threading.current_thread().name


async def failing() -> None:
    raise LookupError("no such thing")


async def test_work_is_done_elsewhere_and_its_answer_comes_back() -> None:
    aside = Aside()
    assert await aside.do(named()) == "store"
    await aside.close()


async def test_what_it_raises_is_raised_here() -> None:
    aside = Aside()
    with pytest.raises(LookupError, match="no such thing"):
        await aside.do(failing())
    assert await aside.do(named()) == "store"
    await aside.close()


async def test_work_goes_on_while_this_loop_is_busy() -> None:
    aside, done = Aside(), threading.Event()
    turns: list[int] = []

    async def many_steps() -> None:
        for turn in range(100):
            turns.append(turn)
            await asyncio.sleep(0)
        done.set()

    asked = asyncio.ensure_future(aside.do(many_steps()))
    await asyncio.sleep(0)
    # This loop does not turn meanwhile.
    assert done.wait(10)
    assert len(turns) == 100
    await asked
    await aside.close()


async def test_who_gives_up_ends_the_work() -> None:
    aside, begun, ended = Aside(), threading.Event(), threading.Event()

    async def endless() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    asked = asyncio.ensure_future(aside.do(endless()))
    await asyncio.to_thread(begun.wait, 10)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await asyncio.to_thread(ended.wait, 10)
    await aside.close()


async def test_its_thread_ends_with_it_and_so_does_what_it_still_did() -> None:
    aside = Aside()
    asked = asyncio.ensure_future(aside.do(asyncio.Event().wait()))
    await aside.do(named())
    await aside.close()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert "store" not in [thread.name for thread in threading.enumerate()]
