"""The store's README is true: its tables and its causes are the ones there are."""

import re
from pathlib import Path

from server.store.records import CAUSES
from server.store.tables import metadata

README = (Path(__file__).parents[3] / "server" / "store" / "README.md").read_text("utf-8")


def test_every_table_is_there_with_every_column() -> None:
    rows = {
        name: set(re.findall(r"`(\w+)`", columns))
        for name, columns in re.findall(r"^\| `(\w+)` \| (`.*?) \|", README, re.M)
    }
    assert rows == {table.name: {column.name for column in table.columns} for table in metadata.tables.values()}


def test_every_cause_of_an_outage_is_explained() -> None:
    section = README.partition("## When the database is away")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", section, re.M)) == CAUSES
