"""A look is whole and within its bounds, whatever was stored; newcomers differ, and each is the same on every day."""

import pytest

from world.avatar import Avatar, Choice, Colour, Palette, Slider, Swatch
from world.config import load_config
from world.event import Refused
from world.looks import checked, worn

AVATAR = load_config().avatar
SMALL = Avatar(
    slider=(Slider(name="nose", group="face", usual_least=10, usual_most=20),),
    choice=(Choice(name="hair", group="hair", default="long", option=("short", "long")),),
    colour=(Colour(name="skin", group="face", default="honey", palette="skin"),),
    palette=(Palette(name="skin", swatch=(Swatch(name="rose", rgb="#f0c8b0"), Swatch(name="honey", rgb="#d59f70"))),),
)


def test_what_is_stored_and_fits_is_worn() -> None:
    assert worn(SMALL, {"nose": 255, "hair": 1, "skin": 0}, 1) == {"nose": 255, "hair": 1, "skin": 0}


def test_what_fits_no_more_is_as_if_it_had_never_been_chosen() -> None:
    newcomer = worn(SMALL, {}, 5)
    assert worn(SMALL, {"nose": 256, "hair": 2, "skin": -1, "hat": 3}, 5) == newcomer
    assert worn(SMALL, {"nose": 1, "hat": 3}, 5) == {**newcomer, "nose": 1}
    assert worn(Avatar(), {"nose": 1}, 5) == {}


def test_newcomers_are_plausible_and_differ() -> None:
    looks = [worn(AVATAR, {}, account) for account in range(1, 201)]
    assert len({tuple(look.items()) for look in looks}) == 200
    for trait in AVATAR.trait:
        values = {look[trait.name] for look in looks}
        if isinstance(trait, Slider):
            assert trait.usual_least <= min(values) < max(values) <= trait.usual_most
        else:
            assert values == set(range(AVATAR.most(trait) + 1))


def test_an_account_looks_the_same_on_every_day() -> None:
    assert worn(AVATAR, {}, 7) == worn(AVATAR, {}, 7)
    # Written down, for another machine or another Python must come to the same.
    assert worn(SMALL, {}, 7) == {"nose": 19, "hair": 0, "skin": 1}


def test_a_new_trait_leaves_the_others_as_they_were() -> None:
    grown = Avatar(slider=(*SMALL.slider, Slider(name="ears", group="face")), choice=SMALL.choice)
    before, after = worn(SMALL, {}, 9), worn(grown, {}, 9)
    assert (after["nose"], after["hair"]) == (before["nose"], before["hair"])


def test_every_newcomer_s_look_could_have_been_asked_for() -> None:
    for account in range(1, 50):
        checked(AVATAR, worn(AVATAR, {}, account))


def test_the_first_value_that_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="from 0 to 1") as no:
        checked(SMALL, {"nose": 3, "hair": 2, "skin": 9})
    assert (no.value.reason, no.value.field) == ("out_of_range", "look.hair")
    with pytest.raises(Refused, match="there are nose, hair, skin") as no:
        checked(SMALL, {"hat": 0})
    assert (no.value.reason, no.value.field) == ("no_such_trait", "look.hat")
