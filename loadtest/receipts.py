"""Every confirmation that bots were told, one JSON line each: what `futurecity audit --receipts` compares.

They go to a file and not into memory: a storm is two thousand a second, and whoever ends a run early has them still.
"""

from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import msgspec


class Receipt(NamedTuple):
    """What an account was told it was given, or paid if negative, in whole crystals."""

    receipt: str
    account: str
    amount: int


class Receipts:
    """A file of receipts, written as a context manager; without a path they are only counted."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._file = path.open("ab") if path else None
        self._unwritten: list[Receipt] = []
        self._encoder = msgspec.json.Encoder()
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.flush()
        if self._file is not None:
            self._file.close()

    def add(self, receipt: Receipt) -> None:
        """Keep it; on disk after the next `flush`."""
        self.count += 1
        self._unwritten.append(receipt)

    def flush(self) -> None:
        """Write down what has gathered."""
        if self._file is not None and self._unwritten:
            self._file.write(self._encoder.encode_lines([receipt._asdict() for receipt in self._unwritten]))
            self._file.flush()
        self._unwritten.clear()
