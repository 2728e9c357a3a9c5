"""Signing in at the console: a token for a cookie that page scripts cannot read."""

from typing import Annotated

import msgspec
from aiohttp import web

from server.ops.guard import COOKIE, SIGNED_IN_S, Guard, Role
from server.ops.routes import JSON, Asked, Route


class Token(msgspec.Struct, forbid_unknown_fields=True):
    """One of the tokens in the settings."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Whoami(msgspec.Struct):
    """The name that the ops log has, the role, and how long a new cookie is good for."""

    by: str
    role: Role
    seconds: int = SIGNED_IN_S


class SignedOut(msgspec.Struct):
    """The browser has been told to forget its cookie."""

    ok: bool = True


def sign_in_routes(guard: Guard) -> list[Route]:
    """The routes of this module."""

    async def sign_in(asked: Asked) -> web.Response:
        badge = await guard.sign_in(asked.body.token, asked.request)
        response = web.Response(body=msgspec.json.encode(Whoami(*badge)), content_type=JSON)
        response.set_cookie(
            COOKIE, guard.cookie(badge), max_age=SIGNED_IN_S, path="/", httponly=True, samesite="Strict"
        )
        return response

    async def sign_out(_: Asked) -> web.Response:
        response = web.Response(body=msgspec.json.encode(SignedOut()), content_type=JSON)
        response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")
        return response

    async def me(asked: Asked) -> Whoami:
        return Whoami(*await guard.let_in(asked.request, "viewer"))

    return [
        Route(
            "POST", "/api/sign-in", None, "A token for a cookie.", Whoami, sign_in, body=Token, failures=(401, 403, 429)
        ),
        Route("POST", "/api/sign-out", None, "Forget the cookie.", SignedOut, sign_out),
        Route("GET", "/api/me", "viewer", "Who I am here.", Whoami, me),
    ]
