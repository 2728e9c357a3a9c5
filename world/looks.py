"""What somebody looks like: a whole look out of what is stored of it, and one by lot for whoever is new."""

from collections.abc import Mapping

from world.avatar import Avatar, Slider, Trait
from world.event import Refused
from world.rng import Randomness


def worn(avatar: Avatar, stored: Mapping[str, int], account: int) -> dict[str, int]:
    """A value for every trait and for nothing else: the stored one where it still fits, otherwise a newcomer's.

    Content changes between two visits: what is no trait any more is dropped, what is beyond a trait's bounds
    is as if it had never been chosen. Nothing stored is an error.
    """
    lots = Randomness(account, 0)
    return {
        trait.name: stored[trait.name] if _fits(avatar, trait, stored) else _by_lot(avatar, trait, lots)
        for trait in avatar.trait
    }


def checked(avatar: Avatar, look: Mapping[str, int]) -> None:
    """Raises Refused for the first value that the avatar of this city cannot have; its field is `look.<trait>`."""
    traits = {trait.name: trait for trait in avatar.trait}
    for name, value in look.items():
        trait = traits.get(name)
        if trait is None:
            raise Refused("no_such_trait", f"look.{name}", f"there are {', '.join(traits) or 'none'}")
        if not 0 <= value <= avatar.most(trait):
            raise Refused("out_of_range", f"look.{name}", f"from 0 to {avatar.most(trait)}")


def _fits(avatar: Avatar, trait: Trait, stored: Mapping[str, int]) -> bool:
    return 0 <= stored.get(trait.name, -1) <= avatar.most(trait)


def _by_lot(avatar: Avatar, trait: Trait, lots: Randomness) -> int:
    """The same for an account on every day; a stream for each trait, so that a new one changes no other."""
    lot = lots.once(f"look.{trait.name}")
    if isinstance(trait, Slider):
        return lot.between(trait.usual_least, trait.usual_most)
    return lot.below(avatar.most(trait) + 1)
