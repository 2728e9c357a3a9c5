"""The `futurecity` command: serve, check, preview, migrate, audit, loadtest, capacity and replay."""

import errno
import os
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop

from server import VERSION, boot, logs
from server.auth import UnusableKey, Verifier
from server.gateway.page import UnusablePage, page_routes
from server.journal import JournalError
from server.preview import NoSuchShow, preview
from server.replay import replay
from server.settings import ServerSettings
from server.sources import Loaded, SettingFault, SettingsError, effective, load, masked
from server.store.commands import audit_database, migrate_database
from server.store.receipts import ReceiptsError
from server.store.records import StoreAway
from server.store.schema import SchemaError
from server.tls import UnusableCertificate, server_context
from server.usage import COMMANDS, usage
from world.config import CONTENT_DIR, ContentError, WorldConfig, fingerprint, load_config

OK, FAILED, WRONG = 0, 1, 2

# What the system says when an address cannot be listened on: taken, not allowed, or not ours.
NOT_OURS_TO_LISTEN = (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit status: 0 well, 1 failed, 2 wrong command, settings or content."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = words.pop(0) if words else ""
    if name in STRANGERS:
        become(STRANGERS[name], words)
    if name in ("--help", "-h", "help") or "--help" in words or "-h" in words:
        return _say(usage())
    if name == "--version":
        return _say(f"futurecity {VERSION}")
    if name not in RUN:
        fault = f"{name} is not a command" if name else "which command?"
        return _complain(f"{fault}\n\n{COMMANDS}", WRONG)
    return _run(name, words)


def serve(flags: Sequence[str]) -> int:
    """Opens the city and returns when it has closed."""
    loaded, config = _read(flags)
    logs.configure(loaded.settings.log)
    _say("settings\n" + "\n".join(f"  {line}" for line in effective(loaded)))
    try:
        return uvloop.run(boot.serve(loaded.settings, config))
    except socket.gaierror as error:
        return _complain(f"cannot open the city: {loaded.settings.game.host}: {error.strerror}", FAILED)
    except OSError as error:
        if error.errno not in NOT_OURS_TO_LISTEN:
            raise
        ports = "--game.port, --game.tcp_port and --ops.port choose others, 0 takes any that is free"
        return _complain(f"cannot open the city: {error.strerror}; {ports}", FAILED)


def check(flags: Sequence[str]) -> int:
    """Says what is wrong with the settings and the content, or what was looked at."""
    loaded, config = _read(flags)
    zones = [zone.name for zone in config.city.zone]
    _say(f"settings     ok: {len(effective(loaded))} keys, {len(loaded.origins)} not at their default")
    _say(f"content      ok: {loaded.settings.world.content or CONTENT_DIR}")
    _say(f"zones        {len(zones)}: {', '.join(zones)}")
    return _say(f"fingerprint  {fingerprint(config)}, seed {config.seed}")


def show(words: Sequence[str]) -> int:
    """Says what a show will light, and lights nothing."""
    if not words or words[0].startswith("--"):
        return _complain(f"preview: which show?\n\n{COMMANDS}", WRONG)
    _, config = _read(words[1:])
    return _say("\n".join(preview(config, words[0])))


def rerun(words: Sequence[str]) -> int:
    """Replays a journal and says whether the same came out."""
    if not words or words[0].startswith("--"):
        return _complain(f"replay: which journal?\n\n{COMMANDS}", WRONG)
    loaded = load(ServerSettings, words[1:], os.environ)
    report = replay(Path(words[0]), loaded.settings.world.content)
    _say("\n".join(report.lines()))
    return OK if report.same else FAILED


def migrate(flags: Sequence[str]) -> int:
    """Brings the database into the form that this program knows."""
    loaded = load(ServerSettings, flags, os.environ)
    return _say(f"{migrate_database(loaded.settings.store)}: {masked(loaded.settings.store.url)}")


def audit(words: Sequence[str]) -> int:
    """Proves the books, and that they have everything that players say was confirmed to them."""
    parser = ArgumentParser("futurecity audit", add_help=False, allow_abbrev=False)
    parser.add_argument("--receipts", type=Path)
    parser.add_argument("--json", action="store_true")
    chosen, flags = parser.parse_known_args(words)
    loaded = load(ServerSettings, flags, os.environ)
    audited = audit_database(loaded.settings.store, chosen.receipts)
    _say(audited.json() if chosen.json else "\n".join(audited.lines()))
    return OK if audited.clean else FAILED


def become(module: str, words: Sequence[str]) -> None:
    """Becomes the load test: a program of its own, because a bot knows the wire and nothing else of the server."""
    os.execv(sys.executable, [sys.executable, "-m", module, *words])


STRANGERS = {"loadtest": "loadtest", "capacity": "loadtest.capacity"}
RUN: dict[str, Callable[[Sequence[str]], int]] = {
    "serve": serve,
    "check": check,
    "preview": show,
    "migrate": migrate,
    "audit": audit,
    "replay": rerun,
}


def _run(name: str, words: Sequence[str]) -> int:
    """One command; what it cannot do anything about is a sentence and not a traceback."""
    try:
        return RUN[name](words)
    except (SettingsError, ContentError) as error:
        return _complain("nothing was started\n" + "\n".join(f"  {fault}" for fault in error.faults), WRONG)
    except (JournalError, NoSuchShow, SchemaError, ReceiptsError) as error:
        return _complain(str(error), WRONG)
    except StoreAway as error:
        return _complain(f"{error.sentence}; store.url says where it is", FAILED)


def _read(flags: Sequence[str]) -> tuple[Loaded[ServerSettings], WorldConfig]:
    """Settings and content, or an error with all faults of whichever is at fault first."""
    loaded = load(ServerSettings, flags, os.environ)
    try:
        Verifier(loaded.settings.auth)
        server_context(loaded.settings.tls)
        page_routes(loaded.settings.game.page_dir)
    except (UnusableKey, UnusableCertificate, UnusablePage) as bad:
        raise SettingsError(
            [SettingFault(loaded.origins.get(bad.key, bad.key), None, f"must be {bad.allowed}")]
        ) from None
    return loaded, load_config(loaded.settings.world.content, loaded.settings.world.seed)


def _say(text: str) -> int:
    print(text, flush=True)
    return OK


def _complain(text: str, status: int) -> int:
    print(f"futurecity: {text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
