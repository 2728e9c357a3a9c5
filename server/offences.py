"""Who has flooded or sent garbage lately, and for how long they are kept out: twice as long each time, and forgiven.

Somebody is known by account where they have one, and by address before that. An address may be an
office or a campus, so its first few offences count and cost nothing; what one person in it breaks
must not close it to all at once. Time is whatever clock the caller has: the table has none.
"""

from collections.abc import Callable
from typing import NamedTuple

from protocol.errors import CloseCode
from server.recent import Recent
from server.settings import GameSettings

# 100 bytes each; whoever has more addresses than this to misbehave from is not stopped by remembering them.
OFFENDERS_MAX = 16_384
# Offences from one address that nobody is kept out for: a broken client that is started again and again by one person.
SHARED_FREE = 4
# Ends of a connection that are the client's doing, by what it did. Being slow, idle or late is none.
OFFENCES: dict[CloseCode, str] = {
    CloseCode.FLOOD: "flood",
    CloseCode.BAD_TOKEN: "token",
    CloseCode.TEXT_FRAME: "garbage",
    CloseCode.TOO_BIG: "garbage",
    CloseCode.MALFORMED: "garbage",
    CloseCode.INVALID: "garbage",
    CloseCode.UNKNOWN_KIND: "garbage",
    CloseCode.UNEXPECTED: "garbage",
}
KINDS = tuple(dict.fromkeys(OFFENCES.values()))


class Record(NamedTuple):
    """What somebody has done: how many times as of the last time, when that was, and until when they are kept out."""

    times: int
    last_s: float
    out_until_s: float


class Offences:
    """Records by key: `account_key`, or the key of an address (`server.gateway.addresses.key_of`)."""

    def __init__(self, settings: GameSettings, now_s: Callable[[], float]) -> None:
        self._settings = settings
        self._now_s = now_s
        self._records: Recent[str, Record] = Recent(OFFENDERS_MAX)

    def __len__(self) -> int:
        return len(self._records)

    def note(self, key: str, shared: bool) -> float:
        """One offence more; returns for how many seconds they are kept out now. `shared`: it may be many people."""
        now_s = self._now_s()
        count = self._count(key, now_s) + 1
        costly = count - (SHARED_FREE if shared else 0)
        out_s = 0.0
        if costly > 0:
            # Doubled at most twenty times: by then any limit is reached, and no float overflows.
            out_s = min(self._settings.offence_max_s, self._settings.offence_s * 2 ** min(costly - 1, 20))
        self._records.keep(key, Record(count, now_s, now_s + out_s))
        return out_s

    def out_s(self, key: str) -> float:
        """For how many seconds yet they are kept out; 0 for those who may come in."""
        record = self._records.find(key)
        if record is None:
            return 0.0
        now_s = self._now_s()
        if not self._count(key, now_s) and now_s >= record.out_until_s:
            self._records.forget(key)
        return max(0.0, record.out_until_s - now_s)

    def _count(self, key: str, now_s: float) -> int:
        """Offences not forgiven yet: one fewer for each while of good conduct."""
        record = self._records.find(key)
        if record is None:
            return 0
        return max(0, record.times - int((now_s - record.last_s) / self._settings.offence_forgiven_s))


def account_key(account: int) -> str:
    """What an account is known by; no address looks like it."""
    return f"account {account}"
