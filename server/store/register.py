"""The register: who the players are, what is kept for them, the runs of the city and what its operators did."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from server.store import ledger
from server.store.records import HOUSE, PLAYER, POOL, Arrival, Entry, Operation, Place, PlayerState, Saved
from server.store.tables import ops_log, players, runs

# Nobody guesses 192 bits, so a plain hash keeps them; without a dot no guest's secret looks like a signed token.
SECRET_BYTES = 24
# An event's name is given by whoever asks: what is written down of it is bounded, and one line.
LOGGED_CHARS_MAX = 200

_KEEP = (
    update(players)
    .where(players.c.account == bindparam("of"))
    .values({name: bindparam(name) for name in ("name", "look", "settings", "seen_ms")})
)
_PLACE = (
    update(players)
    .where(players.c.account == bindparam("of"))
    .values({name: bindparam(name) for name in ("x", "z", "heading")})
)


def enter(connection: Connection, arrivals: Sequence[Arrival], gift: int, at_ms: int) -> list[Saved | None]:
    """As `Store.enter`, within the transaction of whoever is lined up."""
    return [_enter(connection, arrival, gift, at_ms) for arrival in arrivals]


def save(connection: Connection, states: Sequence[PlayerState], at_ms: int) -> None:
    """As `Store.save`, within the transaction of whoever is lined up."""
    newest = {state.account: state for state in states}.values()
    kept = [
        {"of": one.account, "name": one.name, "look": _packed(one.look), "settings": one.settings, "seen_ms": at_ms}
        for one in newest
    ]
    placed = [{"of": one.account, **one.place._asdict()} for one in newest if one.place]
    if kept:
        connection.execute(_KEEP, kept)
    if placed:
        connection.execute(_PLACE, placed)


def log_operation(connection: Connection, operation: Operation, at_ms: int) -> None:
    """As `Store.log_operation`, within the transaction of whoever is lined up."""
    number = ledger.next_number(connection, select(func.max(ops_log.c.id)))
    who, action, event, result = map(_one_line, operation)
    connection.execute(
        insert(ops_log).values(id=number, at_ms=at_ms, who=who, action=action, event=event, result=result)
    )


def begin_run(connection: Connection, at_ms: int) -> int:
    """As `Store.begin_run`, within the transaction of whoever is lined up."""
    epoch = ledger.next_number(connection, select(func.max(runs.c.epoch)))
    connection.execute(insert(runs).values(epoch=epoch, started_ms=at_ms))
    sweeps = [
        Entry(f"sweep.{epoch}.{pool.removeprefix(POOL)}", "sweep", ((pool, -left), (HOUSE, left)), 0)
        for pool, left in ledger.filled_pools(connection)
    ]
    verdicts = ledger.settle(connection, sweeps, at_ms) if sweeps else []
    assert all(verdict.settled for verdict in verdicts), "what a pool has can be taken out of it"
    return epoch


def _enter(connection: Connection, arrival: Arrival, gift: int, at_ms: int) -> Saved | None:
    """One at a time: at most a tick's worth of them come at once, and a stranger may be in the same batch twice."""
    if arrival.subject is not None:
        row = _seen(connection, {"subject": arrival.subject}, at_ms)
        return _saved(connection, row, None) if row else _welcome(connection, arrival, gift, at_ms)
    if arrival.guest is None:
        return _welcome(connection, arrival, gift, at_ms)
    row = _seen(connection, {"secret": _hashed(arrival.guest)}, at_ms)
    return _saved(connection, row, arrival.guest) if row else None


def _seen(connection: Connection, by: dict[str, str | bytes], at_ms: int) -> Row[Any] | None:
    found = update(players).filter_by(**by).values(seen_ms=at_ms).returning(players)
    return (connection.execute(found)).one_or_none()


def _welcome(connection: Connection, arrival: Arrival, gift: int, at_ms: int) -> Saved:
    token = None if arrival.subject is not None else secrets.token_urlsafe(SECRET_BYTES)
    account = ledger.next_number(connection, select(func.max(players.c.account)))
    new = insert(players).values(
        account=account,
        subject=arrival.subject,
        secret=_hashed(token) if token else None,
        name=arrival.name,
        look="{}",
        settings=b"",
        created_ms=at_ms,
        seen_ms=at_ms,
    )
    row = (connection.execute(new.returning(players))).one()
    if gift:
        given = Entry(f"welcome.{account}", "welcome", ((HOUSE, -gift), (f"{PLAYER}{account}", gift)), 0)
        (verdict,) = ledger.settle(connection, [given], at_ms)
        assert verdict.settled, "the house can always give"
    return _saved(connection, row, token)


def _saved(connection: Connection, row: Row[Any], token: str | None) -> Saved:
    place = None if row.x is None else Place(row.x, row.z, row.heading)
    look = msgspec.json.decode(row.look, type=dict[str, int])
    crystals = ledger.balance(connection, f"{PLAYER}{row.account}")
    return Saved(row.account, row.name, look, place, row.settings, crystals, token)


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _packed(look: dict[str, int]) -> str:
    return msgspec.json.encode(look).decode()


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text[:LOGGED_CHARS_MAX])
