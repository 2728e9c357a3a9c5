"""Receipts: every line on disk once it was flushed, in the form that the audit reads."""

import json
from pathlib import Path

from loadtest.receipts import Receipt, Receipts

PICKED, PAID = Receipt("1.0.pick.7", "player:3", 10), Receipt("1.0.light.8", "player:3", -1)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_each_receipt_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "receipts.jsonl"
    with Receipts(path) as receipts:
        receipts.add(PICKED)
        receipts.add(PAID)
    assert lines(path) == [PICKED._asdict(), PAID._asdict()]


def test_what_was_flushed_is_there_if_the_run_ends_here(tmp_path: Path) -> None:
    path = tmp_path / "receipts.jsonl"
    with Receipts(path) as receipts:
        receipts.add(PICKED)
        receipts.flush()
        assert lines(path) == [PICKED._asdict()]
        receipts.flush()
        receipts.add(PAID)
    assert len(lines(path)) == 2


def test_a_file_without_receipts_is_empty(tmp_path: Path) -> None:
    with Receipts(tmp_path / "none.jsonl"):
        pass
    assert (tmp_path / "none.jsonl").read_bytes() == b""


def test_without_a_path_they_are_counted_and_not_kept() -> None:
    with Receipts() as receipts:
        for _ in range(3):
            receipts.add(PICKED)
        receipts.flush()
    assert receipts.count == 3
