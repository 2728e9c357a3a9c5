"""Steering the city through its ops port, as an operator would: starting an event, setting its budget."""

from collections.abc import Mapping
from typing import Any

import aiohttp

# The city answers within two seconds, or says that a zone did not.
_TIMEOUT_S = 5.0
# The least budget that it takes.
_BUSY_LEAST = 0.05


class SteeringError(Exception):
    """It was not done; the message says why, and what the city answered."""


class Steering:
    """One city's ops port; without its address or a token of an operator everything raises SteeringError."""

    def __init__(self, ops_url: str | None, token: str | None) -> None:
        self._ops_url, self._token = ops_url, token
        # What the city might take before we changed it.
        self._busy_max: float | None = None

    async def start_event(self, name: str) -> None:
        """Start the event of this name. Raises SteeringError."""
        await self._ask(f"{name} was not started", f"/events/{name}/start", {})

    async def allow(self, busy: float) -> float:
        """Let the city work for about this share of real time before it sheds detail, from the least it takes to all.

        Returns what was set. Raises SteeringError.
        """
        before = await self._ask("the budget was not told", "/api/budget")
        busy_max = round(min(1.0, max(_BUSY_LEAST, busy)), 4)
        await self._set_budget(busy_max)
        if self._busy_max is None:
            self._busy_max = float(before["busy_max"])
        return busy_max

    async def restore(self) -> None:
        """Leave the city as it was. Raises SteeringError."""
        if self._busy_max is not None:
            await self._set_budget(self._busy_max)
            self._busy_max = None

    async def _set_budget(self, busy_max: float) -> None:
        await self._ask(f"the budget was not set to {busy_max:g}", "/api/budget", {"busy_max": busy_max})

    async def _ask(self, undone: str, path: str, body: Mapping[str, float] | None = None) -> dict[str, Any]:
        """What the city answers; without a body nothing is changed."""
        if self._ops_url is None or self._token is None:
            raise SteeringError(f"{undone}: neither ops port nor token of the server are known")
        method, url = "GET" if body is None else "POST", f"{self._ops_url.rstrip('/')}{path}"
        timeout, headers = aiohttp.ClientTimeout(total=_TIMEOUT_S), {"Authorization": f"Bearer {self._token}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
                session.request(method, url, json=body) as answer,
            ):
                if answer.status != 200:
                    raise SteeringError(f"{undone}: {answer.status} {(await answer.text())[:300]}")
                said: dict[str, Any] = await answer.json()
                return said
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SteeringError(f"{undone}: {error or 'no answer in time'}") from None
