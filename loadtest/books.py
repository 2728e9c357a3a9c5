"""The books of a run: a database and receipts in a directory of its own, and the audit that compares them.

The audit is the city's own, `python -m server audit`, in a process of its own: a stranger may look into the books only
that way. The directory goes when the run is over, unless something is wrong in it.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from loadtest.receipts import Receipts
from loadtest.report import BooksFigures

# Half a million transactions are read in a few seconds; a machine busy with tests may take ten times as long.
AUDIT_S = 120.0
_SAID_CHARS = 500


class BooksError(Exception):
    """The books could not be looked into; the message is one sentence for the report."""


class Books:
    """The books of one run, as a context manager. Without `store_url` they are those of a server of our own."""

    def __init__(self, store_url: str | None = None) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="futurecity-books-"))
        self._receipts_path = self._directory / "receipts.jsonl"
        # A lost or doubled crystal is a bug to be found: then the evidence stays.
        self._keeping = False
        self.receipts = Receipts(self._receipts_path)
        self.store_url = store_url or f"sqlite:///{self._directory / 'city.db'}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.receipts.__exit__(kind, error, at)
        if not self._keeping:
            shutil.rmtree(self._directory)

    async def audit(self) -> BooksFigures:
        """Compare what is stored with what bots were told so far. Raises BooksError."""
        self.receipts.flush()
        words = [sys.executable, "-m", "server", "audit", "--receipts", str(self._receipts_path), "--json"]
        # The address may hold a password, and command lines are for all to see.
        address = {"FUTURECITY_STORE__URL": self.store_url}
        auditor = await asyncio.create_subprocess_exec(
            *words, env=os.environ | address, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(AUDIT_S):
                said, complaint = await auditor.communicate()
        except TimeoutError:
            auditor.kill()
            await auditor.wait()
            raise BooksError(f"the audit did not end within {AUDIT_S:g} s") from None
        return self._judged(said, complaint, auditor.returncode)

    def _judged(self, said: bytes, complaint: bytes, status: int | None) -> BooksFigures:
        try:
            figures = msgspec.json.decode(said, type=BooksFigures)
        except msgspec.DecodeError:
            tail = complaint.decode("utf-8", "replace").strip()[-_SAID_CHARS:]
            raise BooksError(f"the audit ended with status {status} and said: {tail or 'nothing'}") from None
        if figures.clean:
            return figures
        self._keeping = True
        return msgspec.structs.replace(figures, evidence=str(self._directory))
