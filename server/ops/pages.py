"""The console: three hand-written files, served as they are, and allowed no more than they need."""

from pathlib import Path
from types import MappingProxyType

from aiohttp import web

from server.ops.routes import Asked, Route

FILES = Path(__file__).parent / "console"
KINDS = MappingProxyType({".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"})
# Scripts, styles and data from here and nowhere else; nothing inline, nothing evaluated, in nobody's frame.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)


def page_routes() -> list[Route]:
    """The page at /console, and its files beside it. They are read now, and are the same for everyone."""
    files = {path.name: path.read_bytes() for path in sorted(FILES.iterdir()) if path.suffix in KINDS}
    return [_route("/console", "index.html", files), *(_route(f"/console/{name}", name, files) for name in files)]


def _route(path: str, name: str, files: dict[str, bytes]) -> Route:
    media, body = KINDS[Path(name).suffix], files[name]

    async def page(_: Asked) -> web.Response:
        return web.Response(body=body, content_type=media, charset="utf-8", headers={"Content-Security-Policy": POLICY})

    return Route("GET", path, None, f"The console: {name}.", media, page)
