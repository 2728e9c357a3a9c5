"""Every flow that asks for a `stage` runs three times: in memory, over WebSocket and over TCP."""

from collections.abc import AsyncIterator

import pytest

from tests.flow.stages import Stage, staged


@pytest.fixture(params=["memory", "ws", "tcp"])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with staged(request.param) as opened:
        yield opened
