"""What the store promises, of the store over both databases and of the fake that stands in its place."""

from server.store.records import (
    ACCOUNT_CHARS_MAX,
    AMOUNT_MAX,
    KEY_CHARS_MAX,
    Arrival,
    Entry,
    Operation,
    Place,
    PlayerState,
    Saved,
    Store,
    Verdict,
)
from world.event import HOUSE

ANN, BEN = "player:1", "player:2"
POOL = "pool:1.0.rain.dawn.1"
NOBODY_KNOWN = Arrival(None, None, "Ann")


def entry(key: str, *postings: tuple[str, int], kind: str = "pick_up") -> Entry:
    return Entry(key, kind, postings, 7)


def gain(key: str, player: str, amount: int, source: str = HOUSE) -> Entry:
    return entry(key, (source, -amount), (player, amount))


async def entered(store: Store, arrival: Arrival) -> Saved:
    (saved,) = await store.enter([arrival])
    assert saved is not None
    return saved


async def test_what_is_settled_moves_and_the_balances_are_told(store: Store) -> None:
    assert await store.settle([gain("a", ANN, 3), gain("b", ANN, 4), gain("c", BEN, 2, ANN)]) == [
        Verdict("a", True, None, {HOUSE: -3, ANN: 3}),
        Verdict("b", True, None, {HOUSE: -7, ANN: 7}),
        Verdict("c", True, None, {ANN: 5, BEN: 2}),
    ]
    assert await store.settle([gain("d", BEN, 1)]) == [Verdict("d", True, None, {HOUSE: -8, BEN: 3})]


async def test_more_than_two_accounts_may_share_an_entry(store: Store) -> None:
    shared = entry("a", (HOUSE, -5), (ANN, 3), (BEN, 2))
    assert await store.settle([shared]) == [Verdict("a", True, None, {HOUSE: -5, ANN: 3, BEN: 2})]


async def test_nobody_spends_more_than_they_have_and_the_others_of_the_group_settle(store: Store) -> None:
    verdicts = await store.settle(
        [gain("a", ANN, 3), gain("b", HOUSE, 4, ANN), gain("c", HOUSE, 3, ANN), gain("d", HOUSE, 1, BEN)]
    )
    assert verdicts == [
        Verdict("a", True, None, {HOUSE: -3, ANN: 3}),
        Verdict("b", False, "insufficient", {ANN: 3, HOUSE: -3}),
        Verdict("c", True, None, {ANN: 0, HOUSE: 0}),
        Verdict("d", False, "insufficient", {BEN: 0, HOUSE: 0}),
    ]


async def test_a_pool_gives_what_was_put_into_it_and_is_closed_then(store: Store) -> None:
    fund = entry("a", (HOUSE, -5), (POOL, 5), kind="fund")
    verdicts = await store.settle([gain("b", ANN, 5, POOL), fund, gain("c", ANN, 3, POOL), gain("d", BEN, 3, POOL)])
    assert [(verdict.settled, verdict.reason) for verdict in verdicts] == [
        (False, "closed"),
        (True, None),
        (True, None),
        (False, "closed"),
    ]
    assert verdicts[3].balances == {POOL: 2, BEN: 0}


async def test_a_key_is_settled_once_however_often_it_is_asked_for(store: Store) -> None:
    once = Verdict("a", True, None, {HOUSE: -3, ANN: 3})
    assert await store.settle([gain("a", ANN, 3), gain("a", ANN, 3)]) == [once, once]
    assert await store.settle([gain("a", ANN, 3)]) == [once]
    assert await store.settle([entry("a", (ANN, 3), (HOUSE, -3))]) == [once]
    assert await store.settle([gain("b", ANN, 1)]) == [Verdict("b", True, None, {HOUSE: -4, ANN: 4})]


async def test_a_key_does_not_serve_for_something_else(store: Store) -> None:
    refused = Verdict("a", False, "key_reused", {})
    assert (await store.settle([gain("a", ANN, 3), gain("a", ANN, 4)]))[1] == refused
    assert await store.settle([gain("a", BEN, 3)]) == [refused]
    assert (await store.settle([gain("b", BEN, 1)]))[0].balances == {HOUSE: -4, BEN: 1}


async def test_what_was_refused_may_be_asked_for_again_under_its_key(store: Store) -> None:
    light = gain("light", HOUSE, 5, ANN)
    assert (await store.settle([light]))[0].reason == "insufficient"
    assert [verdict.settled for verdict in await store.settle([gain("a", ANN, 5), light])] == [True, True]


NO_ENTRIES = [
    entry("a"),
    entry("a", (ANN, 0), (HOUSE, 0)),
    entry("a", (ANN, 1), (HOUSE, -2)),
    entry("a", (ANN, 1), (ANN, -1)),
    entry("a", (ANN, True), (HOUSE, -1)),
    entry("a", ("player:0", 1), (HOUSE, -1)),
    entry("a", ("player:one", 1), (HOUSE, -1)),
    entry("a", ("pool:", 1), (HOUSE, -1)),
    entry("a", ("purse:1", 1), (HOUSE, -1)),
    entry("a", ("pool:" + "x" * ACCOUNT_CHARS_MAX, 1), (HOUSE, -1)),
    entry("a", (ANN, AMOUNT_MAX + 1), (HOUSE, -AMOUNT_MAX - 1)),
    entry("", (ANN, 1), (HOUSE, -1)),
    entry("x" * (KEY_CHARS_MAX + 1), (ANN, 1), (HOUSE, -1)),
    entry("a\0", (ANN, 1), (HOUSE, -1)),
    entry("a", (ANN, 1), (HOUSE, -1), kind=""),
    entry("a", (ANN, 1), (HOUSE, -1))._replace(tick=-1),
    entry("a", (HOUSE, -16), *((f"player:{number}", 1) for number in range(1, 17))),
]


async def test_what_is_no_entry_is_refused_and_costs_the_others_nothing(store: Store) -> None:
    *refused, settled = await store.settle([*NO_ENTRIES, gain("b", ANN, 1)])
    assert refused == [Verdict(bad.key, False, "refused", {}) for bad in NO_ENTRIES]
    assert settled == Verdict("b", True, None, {HOUSE: -1, ANN: 1})


async def test_the_longest_key_and_account_and_the_largest_amount_are_settled(store: Store) -> None:
    key, pool = "k" * KEY_CHARS_MAX, "pool:" + "p" * (ACCOUNT_CHARS_MAX - len("pool:"))
    assert (await store.settle([gain(key, pool, AMOUNT_MAX)]))[0].balances == {HOUSE: -AMOUNT_MAX, pool: AMOUNT_MAX}


async def test_nothing_asked_is_nothing_answered(store: Store) -> None:
    assert await store.settle([]) == []
    assert await store.enter([]) == []
    await store.save([])


async def test_a_newcomer_is_welcomed_with_crystals_and_a_way_back(store: Store) -> None:
    ann, ben = await store.enter([NOBODY_KNOWN, Arrival(None, None, "Ben")])
    assert ann is not None
    assert ben is not None
    assert ann == Saved(1, "Ann", {}, None, b"", 100, ann.token)
    assert (ben.account, ben.name, ben.balance) == (2, "Ben", 100)
    assert ann.token
    assert ben.token
    assert ann.token != ben.token
    assert "." not in ann.token
    assert (await store.settle([gain("a", BEN, 100, ANN)]))[0].balances == {ANN: 0, BEN: 200}


async def test_the_welcome_is_a_transaction_like_any_other(store: Store) -> None:
    await store.enter([NOBODY_KNOWN])
    welcome = entry("welcome.1", (HOUSE, -100), (ANN, 100), kind="welcome")
    assert await store.settle([welcome]) == [Verdict("welcome.1", True, None, {HOUSE: -100, ANN: 100})]


async def test_a_guest_comes_back_with_the_secret_and_is_welcomed_only_once(store: Store) -> None:
    ann = await entered(store, NOBODY_KNOWN)
    assert await entered(store, Arrival(None, ann.token, "Somebody else")) == ann
    assert await store.enter([Arrival(None, ann.token, ""), Arrival(None, ann.token, "")]) == [ann, ann]


async def test_a_secret_that_nobody_has_opens_nothing(store: Store) -> None:
    await store.enter([NOBODY_KNOWN])
    secrets = ["", "nobody's", "x" * 5000, "\0", "\ud800"]
    assert await store.enter([Arrival(None, secret, "Ann") for secret in secrets]) == [None] * len(secrets)
    assert (await entered(store, NOBODY_KNOWN)).account == 2


async def test_a_subject_is_one_player_for_ever_and_needs_no_secret(store: Store) -> None:
    first, again = await store.enter([Arrival("ann@example", None, "Ann"), Arrival("ann@example", None, "Anna")])
    assert first == again == Saved(1, "Ann", {}, None, b"", 100, None)
    assert (await entered(store, Arrival("ben@example", None, "Ben"))).account == 2
    assert await entered(store, Arrival("ann@example", "any secret", "Anna")) == first


async def test_what_is_kept_of_a_player_comes_back(store: Store) -> None:
    ann = await entered(store, NOBODY_KNOWN)
    await store.save([PlayerState(1, "Queen Ann ♛", {"hat": 3}, Place(-100, 2**31 - 1, 255), b"\x81\x00\xff")])
    assert await entered(store, Arrival(None, ann.token, "")) == Saved(
        1, "Queen Ann ♛", {"hat": 3}, Place(-100, 2**31 - 1, 255), b"\x81\x00\xff", 100, ann.token
    )


async def test_the_last_state_of_a_player_wins_and_no_place_leaves_the_last_one(store: Store) -> None:
    ann, ben = await entered(store, NOBODY_KNOWN), await entered(store, Arrival("ben", None, "Ben"))
    await store.save(
        [
            PlayerState(1, "A", {}, Place(1, 2, 3), b"a"),
            PlayerState(2, "B", {}, Place(4, 5, 6), b"b"),
            PlayerState(1, "AA", {}, Place(7, 8, 9), b"aa"),
        ]
    )
    await store.save([PlayerState(1, "AAA", {"hat": 1}, None, b"aaa")])
    assert await entered(store, Arrival(None, ann.token, "")) == ann._replace(
        name="AAA", look={"hat": 1}, place=Place(7, 8, 9), settings=b"aaa"
    )
    assert await entered(store, Arrival("ben", None, "")) == ben._replace(name="B", place=Place(4, 5, 6), settings=b"b")


async def test_the_state_of_an_account_that_is_nobodys_is_ignored(store: Store) -> None:
    ann = await entered(store, NOBODY_KNOWN)
    await store.save([PlayerState(77, "X", {}, Place(1, 2, 3), b""), PlayerState(1, "Anna", {}, None, b"")])
    assert (await entered(store, Arrival(None, ann.token, ""))).name == "Anna"
    assert (await entered(store, NOBODY_KNOWN)).account == 2


async def test_every_run_has_its_own_number(store: Store) -> None:
    assert [await store.begin_run() for _ in range(3)] == [1, 2, 3]


async def test_a_new_run_takes_back_what_earlier_ones_left_in_pools(store: Store) -> None:
    await store.begin_run()
    other = "pool:1.2.rain.dusk.1"
    await store.settle([gain("a", POOL, 5), gain("b", ANN, 5, POOL), gain("c", other, 4), gain("d", ANN, 1, other)])
    assert await store.begin_run() == 2
    swept = entry("sweep.2.1.2.rain.dusk.1", (other, -3), (HOUSE, 3), kind="sweep")
    late, repeated = await store.settle([gain("e", ANN, 1, other), swept])
    assert (late.reason, late.balances) == ("closed", {other: 0, ANN: 6})
    assert repeated == Verdict(swept.key, True, None, {other: 0, HOUSE: -6})
    assert await store.begin_run() == 3


async def test_what_an_operator_did_is_taken_down_whatever_it_is_called(store: Store) -> None:
    await store.log_operation(Operation("night shift", "start", "dawn", "running"))
    await store.log_operation(Operation("night\nshift", "start", "\0\ud800" + "x" * 5000, "no such event"))


async def test_a_name_that_no_database_could_keep_is_mended_and_not_an_outage(store: Store) -> None:
    ann = await entered(store, Arrival(None, None, "Ann\0\ud800"))
    await store.save([PlayerState(1, "\0Anna", {}, None, b"\0")])
    assert (await entered(store, Arrival(None, ann.token, ""))).settings == b"\0"
