"""The register: who the players are, what is kept for them, and the runs of the city."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from server.store import ledger
from server.store.lists import listed
from server.store.office import storable
from server.store.records import Arrival, Entry, Place, PlayerState, Saved
from server.store.tables import players, runs
from world.event import HOUSE, PLAYER, POOL

# Nobody guesses 192 bits, so a plain hash keeps them; without a dot no guest's secret looks like a signed token.
SECRET_BYTES = 24

_KEEP = (
    update(players)
    .where(players.c.account == bindparam("of"))
    .values({name: bindparam(name) for name in ("name", "look", "settings", "seen_ms")})
)
_SEEN = update(players).where(players.c.account == bindparam("of")).values(seen_ms=bindparam("seen_ms"))
_PLACE = (
    update(players)
    .where(players.c.account == bindparam("of"))
    .values({name: bindparam(name) for name in ("x", "z", "heading")})
)
# By a subject and by a secret's hash; made once, for the ledger's reason.
_BY_PROOF: tuple[tuple[str, type, Select[Any]], ...] = tuple(
    (column.name, kind, select(players).where(column.in_(bindparam("proofs", expanding=True))))
    for column, kind in ((players.c.subject, str), (players.c.secret, bytes))
)


def enter(connection: Connection, arrivals: Sequence[Arrival], gift: int, at_ms: int) -> list[Saved | None]:
    """As `Store.enter`, within the transaction of whoever is lined up.

    All of them at once: a statement costs as much as twenty rows of it, and settlements wait meanwhile.
    """
    known = _known(connection, arrivals)
    if known:
        connection.execute(_SEEN, [{"of": row["account"], "seen_ms": at_ms} for row in known.values()])
    rows: list[dict[str, Any] | None] = []
    new: list[dict[str, Any]] = []
    first = ledger.next_number(connection, select(func.max(players.c.account)))
    for arrival in arrivals:
        row = known.get(_proof(arrival))
        if row is None and (arrival.subject is not None or arrival.guest is None):
            row = _newcomer(arrival, first + len(new), at_ms)
            new.append(row)
            if arrival.subject is not None:
                known[arrival.subject] = row
        rows.append(row)
    _welcome(connection, new, gift, at_ms)
    names = {f"{PLAYER}{row['account']}" for row in rows if row}
    balances = ledger.balances(connection, names)
    return [
        None if row is None else _saved(row, arrival, balances) for row, arrival in zip(rows, arrivals, strict=True)
    ]


def save(connection: Connection, states: Sequence[PlayerState], at_ms: int) -> None:
    """As `Store.save`, within the transaction of whoever is lined up."""
    newest = {state.account: state for state in states}.values()
    kept = [
        {
            "of": one.account,
            "name": storable(one.name),
            "look": _packed(one.look),
            "settings": one.settings,
            "seen_ms": at_ms,
        }
        for one in newest
    ]
    placed = [{"of": one.account, **one.place._asdict()} for one in newest if one.place]
    if kept:
        connection.execute(_KEEP, kept)
    if placed:
        connection.execute(_PLACE, placed)


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


def _proof(arrival: Arrival) -> str | bytes | None:
    """What a row of `players` must have to be theirs: this subject, or the hash of this secret."""
    if arrival.subject is not None:
        return arrival.subject
    return None if arrival.guest is None else _hashed(arrival.guest)


def _known(connection: Connection, arrivals: Sequence[Arrival]) -> dict[str | bytes | None, dict[str, Any]]:
    """The rows of those who have been here before, by what proves it."""
    proofs = {_proof(arrival) for arrival in arrivals} - {None}
    found: dict[str | bytes | None, dict[str, Any]] = {}
    for column, kind, those in _BY_PROOF:
        wanted = [proof for proof in proofs if isinstance(proof, kind)]
        if wanted:
            rows = connection.execute(those, {"proofs": listed(wanted)}).mappings()
            found |= {row[column]: dict(row) for row in rows}
    return found


def _newcomer(arrival: Arrival, account: int, at_ms: int) -> dict[str, Any]:
    """The row of somebody new, with the secret itself where it is a guest's."""
    token = None if arrival.subject is not None else secrets.token_urlsafe(SECRET_BYTES)
    return {
        "account": account,
        "subject": arrival.subject,
        "token": token,
        "secret": _hashed(token) if token else None,
        "name": storable(arrival.name),
        "look": "{}",
        "x": None,
        "settings": b"",
        "created_ms": at_ms,
        "seen_ms": at_ms,
    }


def _welcome(connection: Connection, new: Sequence[dict[str, Any]], gift: int, at_ms: int) -> None:
    """Writes newcomers down, and gives each the welcome gift."""
    if not new:
        return
    columns = ("account", "subject", "secret", "name", "look", "settings", "created_ms", "seen_ms")
    connection.execute(insert(players), [{name: row[name] for name in columns} for row in new])
    given = [
        Entry(f"welcome.{row['account']}", "welcome", ((HOUSE, -gift), (f"{PLAYER}{row['account']}", gift)), 0)
        for row in new
    ]
    verdicts = ledger.settle(connection, given, at_ms) if gift else []
    assert all(verdict.settled for verdict in verdicts), "the house can always give"


def _saved(row: dict[str, Any], arrival: Arrival, balances: dict[str, int]) -> Saved:
    place = None if row["x"] is None else Place(row["x"], row["z"], row["heading"])
    look = msgspec.json.decode(row["look"], type=dict[str, int])
    token = None if arrival.subject is not None else row.get("token", arrival.guest)
    balance = balances.get(f"{PLAYER}{row['account']}", 0)
    return Saved(row["account"], row["name"], look, place, row["settings"], balance, token)


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _packed(look: dict[str, int]) -> str:
    return msgspec.json.encode(look).decode()
