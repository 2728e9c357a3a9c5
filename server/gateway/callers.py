"""Who calls, by address: how many connections each has open, how fast it opens new ones, and what it is kept out for.

Rates are a bucket of tokens for each address that has called lately. Whoever finds it empty is told so and
when to come again; whoever goes on into debt, by as much again, is cut as they are accepted, before a
handshake is paid for, and so is whoever comes back too early after being told that they are kept out. This
machine itself is exempt by default, because local proxies share its address.
"""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from protocol.errors import CloseCode
from server.gateway.addresses import is_local, key_of
from server.offences import Offences
from server.recent import Recent
from server.settings import GameSettings

# 200 bytes each. An address that is forgotten has its whole allowance again.
ADDRESSES_MAX = 65_536


class Refusal(NamedTuple):
    """Why somebody may not connect, and after how many seconds they may."""

    code: CloseCode
    reason: str
    retry_after_s: float | None = None


class Callers:
    """Everybody with a connection or a memory of one, by `key_of` their address."""

    def __init__(self, settings: GameSettings, offences: Offences, now_s: Callable[[], float]) -> None:
        self._settings = settings
        self._offences = offences
        self._now_s = now_s
        self._open: Counter[str] = Counter()
        # Tokens left, which may be less than none, and when that was so.
        self._buckets: Recent[str, tuple[float, float]] = Recent(ADDRESSES_MAX)
        # Until when those who have heard that they are kept out are so.
        self._told: Recent[str, float] = Recent(ADDRESSES_MAX)

    def exempts(self, address: str) -> bool:
        """Whether nobody is limited, or kept out, for coming from this address."""
        return self._settings.local_exempt and is_local(address)

    def arrived(self, address: str) -> bool:
        """A new connection from this address; False: cut it, it has been told long enough."""
        if self.exempts(address):
            return True
        key, most = key_of(address), self._settings.per_address_max
        tokens = self._tokens(key)
        if tokens <= -most or self._now_s() < (self._told.find(key) or 0.0):
            return False
        self._buckets.keep(key, (tokens - 1, self._now_s()))
        return True

    def opened(self, address: str) -> Refusal | None:
        """One that has arrived is open now, refused or not; why it is to be closed again, if it is."""
        key = key_of(address)
        self._open[key] += 1
        if self.exempts(address):
            return None
        settings = self._settings
        if out_s := self._offences.out_s(key):
            self._told.keep(key, self._now_s() + out_s)
            return Refusal(CloseCode.FLOOD, "too much that no client sends came from this address", round(out_s, 1))
        if self._open[key] > settings.per_address_max:
            return Refusal(CloseCode.FULL, f"at most {settings.per_address_max} connections from one address")
        if (tokens := self._tokens(key)) < 0:
            wait_s = (1 - tokens) / settings.per_address_per_s
            reason = f"at most {settings.per_address_per_s:g} new connections a second from one address"
            return Refusal(CloseCode.FULL, reason, round(wait_s, 1))
        return None

    def closed(self, address: str) -> None:
        """One that was open is not any more."""
        key = key_of(address)
        self._open[key] -= 1
        if not self._open[key]:
            del self._open[key]

    def _tokens(self, key: str) -> float:
        settings = self._settings
        tokens, then_s = self._buckets.find(key) or (float(settings.per_address_max), 0.0)
        return min(settings.per_address_max, tokens + (self._now_s() - then_s) * settings.per_address_per_s)
