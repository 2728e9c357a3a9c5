"""The page in which the city can be walked from a browser: its files, read once, and what a browser may do with them.

A request never reaches the file system: each file that was there at the start is a route of its own, and anything
else is not there. What the page may load, run and talk to is said by a strict content security policy, so that no name
and no chat could do harm even if the page put it in the wrong place.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from aiohttp import hdrs, web

# Where `make client` builds it: beside the room that this module is in.
BUILT_PAGE = Path(__file__).parents[2] / "client" / "city" / "dist"
# A page has a dozen files and a megabyte; a directory far beyond that is not one, and must not fill the memory.
FILES_MAX = 200
BYTES_MAX = 32 * 1024 * 1024

# What a browser has to be told about each kind; files of other kinds are no part of a page.
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
# Pictures and fonts are packed already.
_TEXT = frozenset({".html", ".js", ".css", ".json", ".webmanifest", ".svg"})
# The hash of what is in it is in the name of everything here, so it never changes under its name.
_HASHED = "assets/"
_IMMUTABLE = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"

# A host and port as they may stand in a policy; whatever else a client says its Host is gets no word in it.
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "manifest-src 'self'; connect-src {places}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)

_NOT_BUILT = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Future City</title>
<h1>The city is open</h1>
<p>Its page is not built yet. <code>make client</code> builds it (that takes Node 20 or newer).
Then start the city again.</p>
<p><a href="/status">How the city is</a></p>
</html>
"""


class UnusablePage(ValueError):  # noqa: N818 - named for what it says, like server.tls.UnusableCertificate
    """The directory of the page is none; `allowed` says what one is."""

    key = "game.page_dir"

    def __init__(self, directory: Path) -> None:
        super().__init__(f"{directory} holds no page")
        self.allowed = (
            f"a directory with an index.html and at most {FILES_MAX} files of {BYTES_MAX} bytes together, "
            f"which {directory} is not"
        )


class File(NamedTuple):
    """One file of the page: its bytes, the same packed where that is worth it, its kind and its version."""

    body: bytes
    packed: bytes | None
    kind: str
    tag: str
    caching: str


def page_routes(directory: Path | None) -> list[web.RouteDef]:
    """A route for each file of the page, and `/` for the page itself; without one, `/` says how to build it.

    In a `directory` that is named, the page must be there: raises UnusablePage otherwise.
    """
    files = read_page(directory or BUILT_PAGE)
    if "index.html" not in files:
        if directory is not None:
            raise UnusablePage(directory)
        files = {"index.html": file_of("index.html", _NOT_BUILT)}
    places = {("/" if name == "index.html" else f"/{name}"): file for name, file in files.items()}
    return [web.get(place, _Serving(file).answer) for place, file in places.items()]


def read_page(directory: Path) -> Mapping[str, File]:
    """Every file of the page by its place in the directory; none if there is no directory.

    Links that lead out of it are not followed. Raises UnusablePage for more than a page has.
    """
    files: dict[str, File] = {}
    total = 0
    home = directory.resolve()
    for path in sorted(home.rglob("*")):
        if path.suffix not in _KINDS or not path.is_file() or not path.resolve().is_relative_to(home):
            continue
        total += path.stat().st_size
        if len(files) == FILES_MAX or total > BYTES_MAX:
            raise UnusablePage(directory)
        name = path.relative_to(home).as_posix()
        files[name] = file_of(name, path.read_bytes())
    return files


def file_of(name: str, body: bytes) -> File:
    """A file called `name` as it is served."""
    suffix = Path(name).suffix
    # Without a time in it, so that the same bytes are packed to the same bytes.
    packed = gzip.compress(body, mtime=0) if suffix in _TEXT else None
    caching = _IMMUTABLE if name.startswith(_HASHED) else _ASK_AGAIN
    return File(body, packed, _KINDS[suffix], hashlib.sha256(body).hexdigest()[:32], caching)


def own_origins(host: str | None) -> frozenset[str]:
    """The origins of a page of ours that was asked for at `host`, as browsers write them; TLS may end before us."""
    return frozenset({f"http://{host.lower()}", f"https://{host.lower()}"}) if host else frozenset()


def policy_for(host: str | None) -> str:
    """The content security policy of a page that was asked for at `host`.

    WebSockets are named beside 'self' because older browsers take that for HTTP only.
    """
    known = host is not None and _HOST.fullmatch(host)
    return _POLICY.format(places=f"'self' ws://{host} wss://{host}" if known else "'self'")


class _Serving:
    """Answers for one file."""

    def __init__(self, file: File) -> None:
        self._file = file

    async def answer(self, request: web.Request) -> web.Response:
        """The file, packed for who can unpack it; that it is still the same, for who has it."""
        file = self._file
        headers = {
            "Content-Security-Policy": policy_for(request.headers.get(hdrs.HOST)),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
            hdrs.CACHE_CONTROL: file.caching,
            hdrs.VARY: hdrs.ACCEPT_ENCODING,
            hdrs.ETAG: f'"{file.tag}"',
        }
        if any(tag.value == file.tag for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        headers[hdrs.CONTENT_TYPE] = file.kind
        if file.packed is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            headers[hdrs.CONTENT_ENCODING] = "gzip"
            return web.Response(body=file.packed, headers=headers)
        return web.Response(body=file.body, headers=headers)
