"""A show is the same fireworks in the same ticks, whoever asks."""

from world.festival import Cue, Show
from world.rng import Randomness
from world.timeline import Cued, timeline

DAWN = Show(
    name="dawn",
    zone="west",
    cue=(
        Cue(at_s=1, kind="comet", colours=("gold",), x_m=30, z_m=30.5),
        Cue(at_s=0.5, kind="rocket", colours=("red", "blue"), x_m=2, z_m=3, repeat=3, every_s=0.25),
    ),
)
COMET = Cued("comet", ("gold",), 3000, 3050)
ROCKET = Cued("rocket", ("red", "blue"), 200, 300)


def test_every_cue_and_every_repeat_of_it_has_its_tick() -> None:
    dawn = timeline(DAWN, 20)
    assert list(dawn.by_tick.items()) == [(10, (ROCKET,)), (15, (ROCKET,)), (20, (COMET, ROCKET))]
    assert dawn.ticks == 21


def test_the_times_are_seconds_at_any_tick_rate() -> None:
    assert list(timeline(DAWN, 40).by_tick) == [20, 30, 40]


def test_a_cue_that_is_repeated_at_once_is_lit_as_often_in_one_tick() -> None:
    salvo = Show(name="salvo", zone="west", cue=(Cue(at_s=0, kind="x", colours=("y",), x_m=0, z_m=0, repeat=5),))
    assert timeline(salvo, 20).ticks == 1
    assert len(timeline(salvo, 20).by_tick[0]) == 5


def test_the_seeds_are_those_of_the_show_its_turn_and_the_tick_and_of_the_city_s() -> None:
    def seeds(city: int, zone: int, turn: int, elapsed: int, name: str = "dawn") -> tuple[int, ...]:
        show = timeline(Show(name=name, zone="west", cue=DAWN.cue), 20)
        return tuple(seed for _, seed in show.lit(Randomness(city, zone), turn, elapsed))

    assert seeds(1, 0, 1, 20) == seeds(1, 0, 1, 20)
    drawn = seeds(1, 0, 1, 20) + seeds(2, 0, 1, 20) + seeds(1, 1, 1, 20) + seeds(1, 0, 2, 20)
    drawn += seeds(1, 0, 1, 10) + seeds(1, 0, 1, 20, "dusk")
    assert len(set(drawn)) == len(drawn) == 11


def test_an_extended_turn_begins_again_with_other_seeds() -> None:
    dawn, chance = timeline(DAWN, 20), Randomness(1, 0)
    first, again = list(dawn.lit(chance, 1, 20)), list(dawn.lit(chance, 1, 20 + dawn.ticks))
    assert [cued for cued, _ in first] == [cued for cued, _ in again] == [COMET, ROCKET]
    assert not {seed for _, seed in first} & {seed for _, seed in again}


def test_a_show_leaves_no_trace_in_the_city_s_chance() -> None:
    chance = Randomness(1, 0)
    assert list(timeline(DAWN, 20).lit(chance, 1, 10)) != []
    assert chance.states() == []
