"""Content over HTTP: what is wrong with the files, what they would change, and having the running city take it over.

GET  /content/difference                  reads the files again and changes nothing
POST /content/apply                       {"digest": "…"}, as the difference has it

All that is shown is applied, or nothing: one change that needs a restart holds the others back, for a city that runs on
half of what somebody wrote is one that nobody has tried. And it is what was shown: the digest names both contents, and
other files have another.
"""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Protocol

import msgspec
from aiohttp import web

from protocol.messages import Happened
from server.journal import QUEUE_BYTES_MAX
from server.ops.asking import ANSWER_S, answered
from server.ops.operators import Done, Ops, carry_out
from server.ops.routes import Asked, Route, answer
from server.reading import Fault, Reading, Unread, cut, read_aside
from server.store.records import Operation
from world.config import WorldConfig
from world.difference import Change
from world.events.reload_content import ReloadContent

# More than anybody reads in one go.
CHANGES_MAX = 200
# Every zone has the new content in its journal. A quarter of what may wait to be written leaves room for the crowd's.
JOURNAL_BYTES_MAX = QUEUE_BYTES_MAX // 4

BUSY = "the content is being read already"


class Renewable(Protocol):
    """The city, as far as its content goes (`server.city.City`)."""

    content_dir: Path | None
    config: WorldConfig

    def renew(self, config: WorldConfig) -> None:
        """The zones are about to go on with this content."""


class ChangeShown(msgspec.Struct):
    """What would change: `before` null is new, `after` null is gone; `live`, or why it `needs_restart`."""

    file: str
    key: str
    before: str | None
    after: str | None
    live: bool
    needs_restart: str | None


class ContentDifference(msgspec.Struct):
    """`valid`: there are no faults. `applicable`: there are changes, and the city can take over all of them as it runs.

    At most 200 faults and 200 changes are listed, those that need a restart first; `more` are not.
    """

    ok: bool
    valid: bool
    applicable: bool
    digest: str | None
    faults: list[Fault]
    changes: list[ChangeShown]
    more: int


class Shown(msgspec.Struct, forbid_unknown_fields=True):
    """The difference that was shown, by its digest."""

    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$", max_length=32)]


class ContentApplied(msgspec.Struct):
    """In so many ways the content is another now, in so many zones."""

    ok: bool
    changes: int
    zones: int


class Wish(NamedTuple):
    """An operator has seen the difference of this digest, and wants it."""

    by: str
    digest: str

    @property
    def asked(self) -> Operation:
        """As the ops log has it."""
        return Operation(self.by, "reload", f"content {self.digest}", "asked")

    def command(self, config: WorldConfig) -> ReloadContent:
        """What every zone is asked: whatever else differs would have needed a restart."""
        return ReloadContent(config.tuning, config.festival, self.by)


def content_routes(ops: Ops, city: Renewable) -> list[Route]:
    """The routes of this module. One request at a time reads, so that no crowd of them can take the city's time."""
    reading = asyncio.Lock()

    async def difference(_: Asked) -> ContentDifference | web.Response:
        if reading.locked():
            return answer(409, BUSY)
        async with reading:
            try:
                return shown(await read_aside(city.content_dir, city.config))
            except Unread as unread:
                return answer(503, str(unread))

    async def apply(asked: Asked) -> web.Response:
        async def done() -> Done:
            if reading.locked():
                return Done(409, f"refused: {BUSY}")
            async with reading:
                try:
                    found = await read_aside(city.content_dir, city.config)
                except Unread as unread:
                    return Done(503, str(unread))
                return await _applied(ops, city, found, wish)

        wish = Wish(asked.by, asked.body.digest)
        return await carry_out(ops, wish.asked, done)

    return [
        Route(
            "GET",
            "/content/difference",
            "viewer",
            "What is wrong with the content on the disk, or what it would change; nothing is changed.",
            ContentDifference,
            difference,
            failures=(409, 503),
        ),
        Route(
            "POST",
            "/content/apply",
            "operator",
            "Have the running city take over the content on the disk, as the difference has shown it.",
            ContentApplied,
            apply,
            body=Shown,
            failures=(409, 503, 504),
        ),
    ]


def shown(found: Reading) -> ContentDifference:
    """For people: what needs a restart first."""
    stuck = _stuck(found)
    changes = [*stuck, *(change for change in found.changes if not change.restart)]
    return ContentDifference(
        ok=True,
        valid=found.config is not None,
        applicable=bool(changes) and not stuck,
        digest=found.digest or None,
        faults=found.faults,
        changes=[_change(change) for change in changes[:CHANGES_MAX]],
        more=found.more + max(0, len(changes) - CHANGES_MAX),
    )


async def _applied(ops: Ops, city: Renewable, found: Reading, wish: Wish) -> Done:
    objection = next(_objections(ops, city.config, found, wish), None)
    if objection is not None:
        return Done(409, f"refused: {objection}", {"content": shown(found)})
    return await _told(ops, city, found, wish)


def _stuck(found: Reading) -> list[Change]:
    """What needs a restart."""
    return [change for change in found.changes if change.restart]


def _objections(ops: Ops, running: WorldConfig, found: Reading, wish: Wish) -> Iterator[str]:
    """Why what was read cannot be applied, the first that holds first."""
    config = found.config
    if config is None:
        yield f"the content has {len(found.faults) + found.more} faults"
        return
    if found.digest != wish.digest:
        yield "the content is not as it was when it was checked"
    if not found.changes:
        yield "the city runs on this content already"
    for change in _stuck(found):
        yield f"{change.key} needs a restart: {change.restart}"
    if names := _still_on(ops, running, config):
        yield f"{', '.join(names)} of before is not over yet"
    if len(msgspec.msgpack.encode(wish.command(config))) * len(ops.programme.zones) > JOURNAL_BYTES_MAX:
        yield "it is too large for the journals of all zones at once, and needs a restart"
    if not ops.programme.takes_all:
        yield "too many requests wait for an answer already"


async def _told(ops: Ops, city: Renewable, found: Reading, wish: Wish) -> Done:
    """All zones are asked before the next tick, so that they change in the same one."""
    assert found.config is not None, "there are objections otherwise"
    zones, command = ops.programme.zones, wish.command(found.config)
    asking = [asyncio.create_task(answered(ops.programme, number, command)) for number, _ in enumerate(zones)]
    # Newcomers are told of the new content from the tick on in which the zones have it, or one before.
    city.renew(found.config)
    said = await asyncio.gather(*asking, return_exceptions=True)
    late = [name for name, each in zip(zones, said, strict=True) if not isinstance(each, Happened)]
    facts = {"changes": len(found.changes), "zones": len(zones) - len(late)}
    if late:
        return Done(504, f"{', '.join(late)} did not confirm it within {ANSWER_S:g} s; may still do it", facts)
    return Done(200, f"done: {_summary(found.changes)}", facts)


def _still_on(ops: Ops, running: WorldConfig, config: WorldConfig) -> list[str]:
    """New rains and shows whose name belongs to one that went out of the content earlier, while it was on."""
    known, planned = ({each.name for each in (*of.festival.rain, *of.festival.show)} for of in (running, config))
    return sorted(name for name in planned - known if ops.programme.find(name))


def _summary(changes: Sequence[Change]) -> str:
    """For the ops log, which cuts long texts."""
    return f"{len(changes)} changes: " + ", ".join(change.key for change in changes)


def _change(change: Change) -> ChangeShown:
    file, key, before, after, restart = change
    return ChangeShown(
        file,
        key,
        None if before is None else _text(before),
        None if after is None else _text(after),
        restart is None,
        restart,
    )


def _text(value: Any) -> str:
    """A value as people recognise it."""
    return cut(value if isinstance(value, str) else msgspec.json.encode(value).decode())
