"""What `--help` says: the commands, and every setting with its default, its bounds and its reason."""

import textwrap
from collections.abc import Iterator

from server.settings import ServerSettings
from server.sources import DEFAULT_FILE, allowed, fields, variable

COMMANDS = """\
usage: futurecity COMMAND ...

  serve [SETTING ...]          open the city
  check [SETTING ...]          find every fault in the settings and the content, and open nothing
  preview SHOW [SETTING ...]   say what a show will light, when and where, and light nothing
  migrate [SETTING ...]        bring the database into the form that this program knows
  audit [--receipts FILE] [--json] [SETTING ...]
                               prove the books, and hold what was confirmed to players against them
  loadtest SCENARIO [...]      send a crowd of bots into a city; loadtest --help says more
  capacity [...]               find how many bots this machine holds; capacity --help says more
  replay JOURNAL [SETTING ...] rerun a journal and compare, bit for bit
  --version                    the version
  --help                       this text

exit status: 0 it went well, 1 it failed, differs or does not balance,
             2 the command, a setting or the content is wrong
"""
WIDTH = 100


def usage() -> str:
    """The whole help text."""
    return COMMANDS + "\n" + "\n".join(settings_help())


def settings_help() -> Iterator[str]:
    """Every setting, as lines."""
    example = "game.port"
    yield from textwrap.wrap(
        f"Settings. Each is a flag (--{example} 8000), an environment variable ({variable(example)}=8000) and a key "
        f"of a TOML file ([game] port = 8000), named by --config FILE or {variable('config')}, otherwise "
        f"./{DEFAULT_FILE} if there is one. Flag beats environment beats file beats default.",
        WIDTH,
    )
    for key, info in fields(ServerSettings).items():
        default = "none" if info.default is None else info.default
        yield ""
        yield f"  --{key}  {allowed(info)}; default {default}"
        yield from textwrap.wrap(info.description or "", WIDTH, initial_indent="      ", subsequent_indent="      ")
