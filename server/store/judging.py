"""What is settled and what is not: the ledger's decision, as a function of what the books say.

It knows no database, so that a fake of the store decides as the store does.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from server.store.records import ACCOUNT_CHARS_MAX, AMOUNT_MAX, KEY_CHARS_MAX, POSTINGS_MAX, Entry, Reason, Verdict
from world.event import HOUSE, PLAYER

_KEY = re.compile(rf"[a-z0-9_.:-]{{1,{KEY_CHARS_MAX}}}")
_KIND = re.compile(r"[a-z_]{1,32}")
_ACCOUNT = re.compile(r"house|player:[1-9][0-9]{0,18}|pool:[a-z0-9_.:-]+")
# A tick is a signed 64-bit integer in both databases.
_TICK_MAX = 2**63 - 1

Postings = tuple[tuple[str, int], ...]


class Judgement(NamedTuple):
    """A verdict for each entry, and the entries that are new and have to be written, in order."""

    verdicts: list[Verdict]
    accepted: list[Entry]


def judge(entries: Sequence[Entry], stored: Mapping[str, Postings], balances: Mapping[str, int]) -> Judgement:
    """Decides each entry in order, given the stored postings of repeated keys and the balances of all accounts named.

    An account that is not in `balances` has nothing yet.
    """
    known, now = dict(stored), dict(balances)
    judgement = Judgement([], [])
    for entry in entries:
        judgement.verdicts.append(_verdict(entry, known, now, judgement.accepted))
    return judgement


def _verdict(entry: Entry, known: dict[str, Postings], now: dict[str, int], accepted: list[Entry]) -> Verdict:
    if not well_formed(entry):
        return Verdict(entry.key, False, "refused", {})
    if (before := known.get(entry.key)) is not None:
        if sorted(before) != sorted(entry.postings):
            return Verdict(entry.key, False, "key_reused", {})
        return Verdict(entry.key, True, None, {name: now.get(name, 0) for name, _ in entry.postings})
    after = {name: now.get(name, 0) + amount for name, amount in entry.postings}
    if reason := _shortage(after):
        return Verdict(entry.key, False, reason, {name: now.get(name, 0) for name in after})
    now |= after
    known[entry.key] = entry.postings
    accepted.append(entry)
    return Verdict(entry.key, True, None, after)


def _shortage(after: Mapping[str, int]) -> Reason | None:
    """Who could not pay; a player's lack of crystals comes before a pool's."""
    short = [name for name, balance in after.items() if balance < 0 and name != HOUSE]
    if not short:
        return None
    return "insufficient" if any(name.startswith(PLAYER) for name in short) else "closed"


def well_formed(entry: Entry) -> bool:
    """Whether an entry could ever be settled: it balances, and every part of it is within its bounds."""
    names = [name for name, _ in entry.postings]
    amounts = [amount for _, amount in entry.postings]
    return (
        bool(_KEY.fullmatch(entry.key) and _KIND.fullmatch(entry.kind))
        and 0 <= entry.tick <= _TICK_MAX
        and 2 <= len(set(names)) == len(names) <= POSTINGS_MAX
        and all(map(_names_account, names))
        and all(type(amount) is int and 0 < abs(amount) <= AMOUNT_MAX for amount in amounts)
        and sum(amounts) == 0
    )


# Not remembered by name, which would save a fifth of a microsecond: every rain has a pool of its own, that is paid out
# of for a minute and never again.
def _names_account(name: str) -> bool:
    return len(name) <= ACCOUNT_CHARS_MAX and _ACCOUNT.fullmatch(name) is not None
