"""Starting an event of the city through its ops port, as an operator would."""

import aiohttp

# The city answers within two seconds, or says that a zone did not.
_TIMEOUT_S = 5.0


class EventError(Exception):
    """The event was not started; the message says what the city answered."""


async def start_event(ops_url: str, token: str, name: str) -> None:
    """Start the event of this name. Raises EventError."""
    url = f"{ops_url.rstrip('/')}/events/{name}/start"
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers={"Authorization": f"Bearer {token}"}) as session,
            session.post(url) as answer,
        ):
            if answer.status != 200:
                raise EventError(f"{name} was not started: {answer.status} {(await answer.text())[:300]}")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise EventError(f"{name} was not started: {error or 'no answer in time'}") from None
