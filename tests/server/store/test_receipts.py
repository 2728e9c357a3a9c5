"""What players were told against what is stored: nothing lost, nothing twice, and what nobody heard is counted."""

from pathlib import Path

import pytest

from server.settings import StoreSettings
from server.store.durable import open_store, transaction
from server.store.engine import open_engine
from server.store.receipts import Compared, Receipt, ReceiptsError, compare, read
from server.store.records import Entry
from world.event import HOUSE

ANN, BEN = "player:1", "player:2"
POOL = "pool:1.0.rain.dawn.1"
A_GAIN = Receipt("1.0.pick.1", ANN, 4)
A_PAYMENT = Receipt("1.0.light.1", ANN, -3)


async def compared(settings: StoreSettings, *receipts: Receipt) -> Compared:
    store = await open_store(settings, 0)
    await store.settle(
        [
            Entry("1.0.fund", "fund", ((HOUSE, -10), (POOL, 10)), 1),
            Entry("1.0.pick.1", "pick_up", ((POOL, -4), (ANN, 4)), 2),
            Entry("1.0.light.1", "light", ((ANN, -3), (HOUSE, 3)), 3),
            Entry("1.0.pick.2", "pick_up", ((POOL, -1), (BEN, 1)), 4),
            Entry("2.0.pick.1", "pick_up", ((HOUSE, -2), (ANN, 2)), 4),
        ]
    )
    await store.close()
    engine = open_engine(settings, read_only=True)
    found = await transaction(engine, lambda connection: compare(connection, receipts))
    await engine.dispose()
    return found


async def test_what_was_confirmed_and_is_stored_is_clean(settings: StoreSettings) -> None:
    found = await compared(settings, A_GAIN, A_PAYMENT)
    assert found == Compared(confirmed=2, stored=2, lost=0, doubled=0, unheard=0, first=None)
    assert found.clean


@pytest.mark.parametrize(
    "receipt",
    [Receipt("1.0.pick.9", ANN, 4), Receipt("1.0.pick.1", ANN, 5), Receipt("1.0.pick.1", BEN, 4)],
)
async def test_what_was_confirmed_and_is_not_stored_like_that_is_lost(
    settings: StoreSettings, receipt: Receipt
) -> None:
    found = await compared(settings, A_PAYMENT, receipt)
    assert (found.confirmed, found.stored, found.lost, found.clean) == (2, 1, 1, False)
    assert found.first == f"receipt {receipt.receipt}: {receipt.amount} for {receipt.account} is not in the books"


async def test_what_was_confirmed_twice_is_doubled(settings: StoreSettings) -> None:
    found = await compared(settings, A_GAIN, A_PAYMENT, A_GAIN)
    assert (found.confirmed, found.stored, found.doubled, found.clean) == (3, 2, 1, False)
    assert found.first == "receipt 1.0.pick.1: confirmed or stored twice"


async def test_what_is_stored_and_nobody_heard_of_is_counted_for_these_accounts_in_these_runs(
    settings: StoreSettings,
) -> None:
    assert (await compared(settings, A_GAIN)).unheard == 1
    assert (await compared(settings, A_GAIN, Receipt("2.0.pick.1", ANN, 2))).unheard == 1
    assert (await compared(settings, Receipt("1.0.pick.2", BEN, 1))).unheard == 0


async def test_no_receipts_are_clean(settings: StoreSettings) -> None:
    assert (await compared(settings)).clean


async def test_receipts_are_read_from_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "receipts.jsonl"
    path.write_text('{"receipt":"1.0.pick.1","account":"player:1","amount":4}\n\n', "utf-8")
    with pytest.raises(ReceiptsError, match="line 2 is not a receipt"):
        read(path)
    path.write_text('{"receipt":"1.0.pick.1","account":"player:1","amount":4}\n', "utf-8")
    assert read(path) == [A_GAIN]


@pytest.mark.parametrize(
    "line", ["", "[]", '{"receipt":"a","account":"b"}', '{"receipt":"a","account":"b","amount":0.5}', "\xff"]
)
def test_a_line_that_is_no_receipt_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "receipts.jsonl"
    path.write_text(line + "\n", "latin-1")
    with pytest.raises(ReceiptsError, match=r"receipts\.jsonl: line 1 is not a receipt"):
        read(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReceiptsError, match=r"nowhere: cannot be read: No such file"):
        read(tmp_path / "nowhere")


async def test_a_crystal_that_was_had_under_two_keys_is_doubled_whoever_had_it(settings: StoreSettings) -> None:
    store = await open_store(settings, 0)
    again = Entry("1.0.pick.1.2", "pick_up", ((HOUSE, -4), (BEN, 4)), 9)
    assert (await store.settle([again]))[0].settled
    await store.close()
    found = await compared(settings, A_GAIN)
    assert (found.stored, found.doubled, found.clean) == (1, 1, False)
