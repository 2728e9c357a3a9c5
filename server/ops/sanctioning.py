"""Sending away, muting and banning over HTTP, by account, whether its player is here or not.

Nothing here can reach a journal: who may speak or come in is decided at the gateway, before any zone hears of it.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from aiohttp import web

from protocol.errors import CloseCode
from protocol.text import unprintable
from server.ops.house import House
from server.ops.operators import Done, Ops, carry_out
from server.ops.routes import Asked, Nothing, Route, answer
from server.store.records import Operation, Sanction, SanctionKind, Store

ACCOUNT = r"[1-9]\d{0,15}"
# Longer than any evening and any season; beyond that it is for good.
MUTED_S_MAX, BANNED_S_MAX = 31 * 86_400, 3650 * 86_400
# Fits into a close frame's 123 bytes in most languages; the rest of a longer one is cut.
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
# A screenful of those in force; the store has them all.
ROWS_MAX = 200


class Kick(msgspec.Struct, forbid_unknown_fields=True):
    """Why, for the player to read."""

    reason: Reason = "an operator asked you to leave"


class Mute(msgspec.Struct, forbid_unknown_fields=True):
    """For how long, and why, for the player to read."""

    seconds: Annotated[int, msgspec.Meta(ge=1, le=MUTED_S_MAX)]
    reason: Reason = "an operator has muted you"


class Ban(msgspec.Struct, forbid_unknown_fields=True):
    """For how long (null: for good), and why, for the player to read."""

    seconds: Annotated[int, msgspec.Meta(ge=1, le=BANNED_S_MAX)] | None = None
    reason: Reason = "this account is banned"


class Sanctioned(msgspec.Struct):
    """It is done; `here` says whether the account had a player in the city at that moment."""

    ok: bool
    account: int
    here: bool


class SanctionShown(msgspec.Struct):
    """A ban or a mute in force; `until_ms` null is for good."""

    account: int
    kind: SanctionKind
    from_ms: int
    until_ms: int | None
    by: str
    reason: str


class SanctionsShown(msgspec.Struct):
    """The newest first, at most 200."""

    sanctions: list[SanctionShown]


Do = Callable[[Asked, int], Awaitable[Done]]


def sanction_routes(ops: Ops, house: House, store: Store, now_s: Callable[[], float]) -> list[Route]:
    """The routes of this module; `now_s` is the wall clock."""

    async def sanctions(_: Asked) -> SanctionsShown:
        newest = house.sanctions.newest(ROWS_MAX)
        return SanctionsShown([SanctionShown(*each) for each in newest])

    async def kick(asked: Asked, account: int) -> Done:
        return _sent_away(house, account, CloseCode.KICKED, asked.body.reason, None)

    async def mute(asked: Asked, account: int) -> Done:
        return await _imposed(house, store, _sanction(asked, account, "mute", now_s()))

    async def ban(asked: Asked, account: int) -> Done:
        done = await _imposed(house, store, _sanction(asked, account, "ban", now_s()))
        if done.status == 200:
            _sent_away(house, account, CloseCode.BANNED, asked.body.reason, asked.body.seconds)
        return done

    async def unmute(_: Asked, account: int) -> Done:
        return await _lifted(house, store, account, "mute")

    async def unban(_: Asked, account: int) -> Done:
        return await _lifted(house, store, account, "ban")

    return [
        Route("GET", "/api/sanctions", "viewer", "Bans and mutes in force.", SanctionsShown, sanctions),
        _route(ops, "kick", "Send a player away; they may come back.", Kick, kick),
        _route(ops, "mute", "Let an account speak and gesture no more for a while.", Mute, mute),
        _route(ops, "unmute", "Let it speak again.", Nothing, unmute),
        _route(ops, "ban", "Send an account away and let it in no more.", Ban, ban),
        _route(ops, "unban", "Let it in again.", Nothing, unban),
    ]


def _route(ops: Ops, action: str, summary: str, body: type[msgspec.Struct], do: Do) -> Route:
    async def handle(asked: Asked) -> web.Response:
        words = msgspec.structs.asdict(asked.body)
        if flaw := unprintable(words.get("reason", "")):
            return answer(400, f"field 'reason' has {flaw}", field="reason")
        operation = Operation(asked.by, _told(action, words), f"account {asked.path['account']}", "asked")
        return await carry_out(ops, operation, lambda: do(asked, int(asked.path["account"])))

    return Route(
        "POST",
        f"/api/people/{{account}}/{action}",
        "operator",
        summary,
        Sanctioned,
        handle,
        body=body,
        places={"account": ACCOUNT},
        failures=(404, 409, 503),
    )


def _told(action: str, words: dict[str, Any]) -> str:
    """As the ops log has it."""
    seconds, reason = words.get("seconds"), words.get("reason")
    return action + (f" for {seconds} s" if seconds else "") + (f" because {reason}" if reason else "")


def _sanction(asked: Asked, account: int, kind: SanctionKind, now_s: float) -> Sanction:
    seconds = asked.body.seconds
    from_ms = int(now_s * 1000)
    return Sanction(account, kind, from_ms, seconds and from_ms + 1000 * seconds, asked.by, asked.body.reason)


async def _imposed(house: House, store: Store, sanction: Sanction) -> Done:
    if house.sanctions.full:
        return Done(409, "refused: so many are banned and muted that no more are kept")
    if not await store.impose(sanction):
        return Done(404, f"nobody has account {sanction.account}")
    house.sanctions.impose(sanction)
    return _done(house, sanction.account)


async def _lifted(house: House, store: Store, account: int, kind: SanctionKind) -> Done:
    stored = await store.lift(account, kind)
    if not stored and house.sanctions.find(account, kind) is None:
        return Done(409, f"refused: account {account} has no {kind}")
    house.sanctions.lift(account, kind)
    return _done(house, account)


def _sent_away(house: House, account: int, code: CloseCode, reason: str, retry_after_s: float | None) -> Done:
    player = house.players.owner(account)
    if player is None:
        return Done(404, f"account {account} is not here")
    house.send_away(player, code, reason, retry_after_s)
    return Done(200, "done", {"account": account, "here": True})


def _done(house: House, account: int) -> Done:
    return Done(200, "done", {"account": account, "here": house.players.owner(account) is not None})
