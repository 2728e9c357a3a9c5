"""Who may do what at the ops port: by bearer token, or by the signed cookie that a browser gets for one.

Two roles: a viewer looks, an operator acts too. Tokens are compared in constant time. Whoever brings a wrong one
waits for the answer, longer each time, so guessing goes at a few a second however many connections it uses; who has
signed in already is not held up by that.

A browser sends its cookie with whatever page asks, and to 127.0.0.1 every page of this machine is the same site. So
what changes something takes the header X-Console besides, which no foreign page can send without being allowed to.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, NamedTuple

import prometheus_client
import structlog
from aiohttp import web
from pydantic import SecretStr

from server.recent import Recent
from server.settings import OpsSettings

log = structlog.get_logger()

Role = Literal["viewer", "operator"]
ROLES: tuple[Role, ...] = ("viewer", "operator")

COOKIE = "futurecity_ops"
CSRF_HEADER = "X-Console"
# A shift. The key of the signature is made anew with every start, which ends all of them.
SIGNED_IN_S = 8 * 3600
# What a wrong token costs the first time; it doubles up to the most, and is forgotten after a while without any.
SLOWED_FIRST_S, SLOWED_MAX_S, FORGIVEN_S = 0.25, 4.0, 600.0
# Wrong tokens of one address that wait for their answer; what comes besides is not even compared.
SLOWED_AT_ONCE = 8
# The port is loopback only, so these are this machine and perhaps a proxy's few.
ADDRESSES_MAX = 1024

SIGN_INS = (*ROLES, "refused", "slowed")
_HOW = "set --ops.token, FUTURECITY_OPS__TOKEN or [ops] token, and start the city again"

Wait = Callable[[float], Awaitable[None]]


class Badge(NamedTuple):
    """Who somebody is to the ops log, and what they may do."""

    by: str
    role: Role


class Guard:
    """Tokens and cookies. `now_s` is a clock that never goes back, `wait` sleeps."""

    def __init__(
        self,
        settings: OpsSettings,
        sign_ins: Mapping[str, prometheus_client.Counter],
        now_s: Callable[[], float],
        wait: Wait = asyncio.sleep,
    ) -> None:
        self._tokens = _tokens(settings)
        self._sign_ins = sign_ins
        self._now_s, self._wait = now_s, wait
        self._key = secrets.token_bytes(32)
        self._wrong: Recent[str, tuple[int, float]] = Recent(ADDRESSES_MAX)
        self._slowed: Counter[str] = Counter()

    async def let_in(self, request: web.Request, role: Role) -> Badge:
        """Whose request this is. Raises what to answer whoever may not."""
        self._must_be_set(role)
        badge = await self._badge(request)
        if ROLES.index(badge.role) < ROLES.index(role):
            raise web.HTTPForbidden(reason=f"this takes the role {role}, and you are {badge.role}")
        return badge

    async def sign_in(self, token: str, request: web.Request) -> Badge:
        """Whose token this is. Raises 401 after a while, or 429 at once."""
        self._must_be_set("viewer")
        badge = await self._owner(token, request)
        self._sign_ins[badge.role].inc()
        log.info("signed in", by=badge.by, role=badge.role, peer=request.remote)
        return badge

    def cookie(self, badge: Badge) -> str:
        """What a browser keeps: good for SIGNED_IN_S, until the city starts again."""
        return self._signed(f"{badge.role}.{int(self._now_s()) + SIGNED_IN_S}")

    def _must_be_set(self, role: Role) -> None:
        if not any(ROLES.index(badge.role) >= ROLES.index(role) for badge, _ in self._tokens):
            what = "changed" if role == "operator" else "seen"
            raise web.HTTPForbidden(reason=f"nothing can be {what} here without an ops token: {_HOW}")

    async def _badge(self, request: web.Request) -> Badge:
        if "Authorization" in request.headers:
            scheme, _, token = request.headers["Authorization"].partition(" ")
            return await self._owner(token.strip() if scheme.lower() == "bearer" else "", request)
        badge = self._of_cookie(request.cookies.get(COOKIE, ""))
        if badge is None:
            raise self._refused(request)
        if request.method not in ("GET", "HEAD") and CSRF_HEADER not in request.headers:
            raise web.HTTPForbidden(reason=f"whoever is signed in by cookie must send the header {CSRF_HEADER} too")
        return badge

    async def _owner(self, token: str, request: web.Request) -> Badge:
        address = request.remote or ""
        if self._slowed[address] >= SLOWED_AT_ONCE:
            self._sign_ins["slowed"].inc()
            raise web.HTTPTooManyRequests(
                reason="too many wrong tokens from your address are waiting", headers={"Retry-After": "4"}
            )
        said = token.encode("utf-8", "surrogateescape")
        # All of them, whatever their lengths, in a time that tells nothing.
        right = [
            badge for badge, wanted in self._tokens if hmac.compare_digest(said, wanted.get_secret_value().encode())
        ]
        if right:
            return right[0]
        with self._waiting(address):
            await self._wait(self._slow_s(address))
        raise self._refused(request)

    def _refused(self, request: web.Request) -> web.HTTPUnauthorized:
        self._sign_ins["refused"].inc()
        log.warning("somebody without a right token was refused", path=request.path, peer=request.remote)
        return web.HTTPUnauthorized(
            reason="Authorization: Bearer TOKEN is missing or wrong", headers={"WWW-Authenticate": "Bearer"}
        )

    def _slow_s(self, address: str) -> float:
        now_s = self._now_s()
        times, last_s = self._wrong.find(address) or (0, now_s)
        times = 1 if now_s - last_s > FORGIVEN_S else times + 1
        self._wrong.keep(address, (times, now_s))
        return min(SLOWED_MAX_S, SLOWED_FIRST_S * 2.0 ** min(times - 1, 8))

    @contextmanager
    def _waiting(self, address: str) -> Iterator[None]:
        self._slowed[address] += 1
        try:
            yield
        finally:
            self._slowed[address] -= 1
            if not self._slowed[address]:
                del self._slowed[address]

    def _of_cookie(self, value: str) -> Badge | None:
        said, _, _ = value.rpartition(".")
        if not hmac.compare_digest(value.encode("utf-8", "surrogateescape"), self._signed(said).encode()):
            return None
        role, _, until_s = said.partition(".")
        fresh = self._now_s() < int(until_s)
        return next((badge for badge, _ in self._tokens if fresh and badge.role == role), None)

    def _signed(self, said: str) -> str:
        signature = hmac.new(self._key, said.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
        return f"{said}.{signature}"


def _tokens(settings: OpsSettings) -> list[tuple[Badge, SecretStr]]:
    told: tuple[tuple[str, Role, SecretStr | None], ...] = (
        (settings.token_name, "operator", settings.token),
        (settings.viewer_name, "viewer", settings.viewer_token),
    )
    return [(Badge(by, role), token) for by, role, token in told if token is not None]
