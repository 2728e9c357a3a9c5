"""Reads the content anew in a process of its own, and says what is wrong with it or what it would change.

A map takes a second to be walked, all of it in Python. A thread that did so would have the interpreter five
milliseconds at a time, and the city would wait as long for every message that it reads; another process waits for
nobody.

    python -m server.reading < Question > Reading         both in msgpack
"""

import asyncio
import os
import sys
from hashlib import blake2b
from pathlib import Path

import msgspec

from world.config import ContentError, WorldConfig, fingerprint, load_config
from world.difference import Change, differences
from world.schema import ContentFault

# The largest map there may be takes a third of this on a fair machine.
READ_S = 30.0
# More than anybody reads in one go: a file that is another altogether has thousands.
FAULTS_MAX = 200
# A value is told to be recognised.
VALUE_CHARS_MAX = 200
# The city goes first.
NICENESS = 10
COMMAND = (sys.executable, "-m", "server.reading")


class Unread(Exception):  # noqa: N818 - it is what it says
    """The content could not be read at all, in one sentence: not for what is in it."""


class Question(msgspec.Struct):
    """Where to read, None for the content that is shipped, and what the city runs on."""

    directory: str | None
    running: WorldConfig


class Fault(msgspec.Struct):
    """What is wrong: `line` null is the file as a whole, `value` is as the file has it, null where it is missing."""

    file: str
    line: int | None
    key: str
    value: str | None
    allowed: str


class Reading(msgspec.Struct):
    """What came of it: a config, its differences and a digest that stands for both; or faults, `more` than are told."""

    config: WorldConfig | None = None
    changes: list[Change] = []
    digest: str = ""
    faults: list[Fault] = []
    more: int = 0


async def read_aside(directory: Path | None, running: WorldConfig) -> Reading:
    """As `read`, without keeping anybody waiting. Raises Unread."""
    question = msgspec.msgpack.encode(Question(None if directory is None else str(directory), running))
    process = await asyncio.create_subprocess_exec(
        *COMMAND, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        async with asyncio.timeout(READ_S):
            said, _ = await process.communicate(question)
    except TimeoutError:
        raise Unread(f"reading the content took longer than {READ_S:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise Unread("the process that reads the content has failed; its log says why")
    return msgspec.msgpack.decode(said, type=Reading)


def read(directory: Path | None, running: WorldConfig) -> Reading:
    """The content in that directory against what the city runs on."""
    try:
        config = load_config(directory, running.seed)
    except ContentError as error:
        more = max(0, len(error.faults) - FAULTS_MAX)
        return Reading(faults=[_told(fault) for fault in error.faults[:FAULTS_MAX]], more=more)
    both = f"{fingerprint(running)} {fingerprint(config)}"
    digest = blake2b(both.encode(), digest_size=16).hexdigest()
    return Reading(config, differences(running, config), digest)


def cut(text: str) -> str:
    """As much of it as is told."""
    return text if len(text) <= VALUE_CHARS_MAX else f"{text[:VALUE_CHARS_MAX]}…"


def _told(fault: ContentFault) -> Fault:
    file, key, value, allowed, line = fault
    return Fault(file, line, cut(key), None if value is None else cut(repr(value)), cut(allowed))


def main() -> None:
    """Answer the question on standard input."""
    os.nice(NICENESS)
    question = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Question)
    reading = read(None if question.directory is None else Path(question.directory), question.running)
    sys.stdout.buffer.write(msgspec.msgpack.encode(reading))


if __name__ == "__main__":
    main()
