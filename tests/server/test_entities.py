"""Entity ids: nobody is ever taken for somebody else."""

from hypothesis import given
from hypothesis import strategies as st

from server.entities import GENERATIONS, PLAYER_SLOTS, REST_TICKS, SLOT_BITS, SLOT_MASK, SLOTS, EntityIds
from world.city import HOSTS_MAX


@given(steps=st.lists(st.tuples(st.integers(0, REST_TICKS), st.booleans(), st.integers(0, 9)), max_size=80))
def test_no_two_living_share_a_slot_and_no_slot_is_used_again_before_it_has_rested(
    steps: list[tuple[int, bool, int]],
) -> None:
    ids, tick = EntityIds(), 0
    living: list[int] = []
    left_at: dict[int, tuple[int, int]] = {}
    for passed, leaves, who in steps:
        tick += passed
        if leaves and living:
            gone = living.pop(who % len(living))
            left_at[gone & SLOT_MASK] = gone, tick
            ids.give_back(gone, tick)
            continue
        entity = ids.take(tick)
        slot = entity & SLOT_MASK
        assert slot not in {other & SLOT_MASK for other in living}
        if slot in left_at:
            before, ended = left_at[slot]
            assert tick - ended >= REST_TICKS
            assert entity >> SLOT_BITS != before >> SLOT_BITS
        living.append(entity)


@given(generation=st.sampled_from([1, 2, GENERATIONS - 2, GENERATIONS - 1]), slot=st.integers(1, PLAYER_SLOTS - 1))
def test_the_next_owner_of_a_slot_has_another_generation_and_never_the_one_that_means_nobody(
    generation: int, slot: int
) -> None:
    ids = EntityIds()
    ids.give_back(generation << SLOT_BITS | slot, 0)
    entity = ids.take(REST_TICKS)
    assert entity & SLOT_MASK == slot
    assert entity >> SLOT_BITS not in (0, generation)
    assert 0 < entity < 1 << 32


def test_a_slot_has_rested_when_its_time_is_up_and_not_a_tick_before() -> None:
    ids = EntityIds()
    first = ids.take(7)
    ids.give_back(first, 7)
    assert ids.take(7 + REST_TICKS - 1) & SLOT_MASK != first & SLOT_MASK
    assert ids.take(7 + REST_TICKS) & SLOT_MASK == first & SLOT_MASK


def test_slots_are_used_again_in_the_order_in_which_they_were_given_back() -> None:
    ids = EntityIds()
    first, second = ids.take(1), ids.take(1)
    ids.give_back(second, 5)
    ids.give_back(first, 6)
    taken = [ids.take(6 + REST_TICKS) & SLOT_MASK for _ in range(3)]
    assert taken[:2] == [second & SLOT_MASK, first & SLOT_MASK]
    assert taken[2] not in taken[:2]


def test_slot_zero_belongs_to_nobody_and_the_top_ones_to_hosts() -> None:
    assert EntityIds().take(0) & SLOT_MASK == 1
    assert PLAYER_SLOTS == SLOTS - HOSTS_MAX
