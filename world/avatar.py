"""What an avatar can look like, as `content/avatar.toml` holds it, and the same for whoever builds an editor."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from world.city import Name

# A look is at most this many bytes of everybody's profile, and of its map in the store (world.profiles).
TRAITS_MAX = 16
# What one byte says.
VALUES_MAX = 256
Byte = Annotated[int, Meta(ge=0, le=VALUES_MAX - 1)]
# Where an editor shows a trait.
Group = Literal["body", "face", "hair", "clothes"]


class Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of the file."""


class Slider(Table, frozen=True, kw_only=True):
    """A measure from 0 to 255. Newcomers get one from `usual_least` to `usual_most`: a crowd, not a freak show."""

    name: Name
    group: Group
    default: Byte = 128
    usual_least: Byte = 64
    usual_most: Byte = 192


class Choice(Table, frozen=True, kw_only=True):
    """One of several options by name; on the wire it is its place in the list, so new ones go to the end."""

    name: Name
    group: Group
    default: Name
    option: Annotated[tuple[Name, ...], Meta(min_length=2, max_length=VALUES_MAX)]


class Colour(Table, frozen=True, kw_only=True):
    """One colour out of a palette; on the wire it is its place in the palette."""

    name: Name
    group: Group
    default: Name
    palette: Name


class Swatch(Table, frozen=True, kw_only=True):
    """A colour of a palette, as every client is to draw it."""

    name: Name
    rgb: Annotated[str, Meta(pattern="^#[0-9a-f]{6}$", max_length=7)]


class Palette(Table, frozen=True, kw_only=True):
    """Colours that belong together; new ones go to the end."""

    name: Name
    swatch: Annotated[tuple[Swatch, ...], Meta(min_length=2, max_length=VALUES_MAX)]


class Avatar(Table, frozen=True, kw_only=True):
    """The whole of `avatar.toml`."""

    slider: Annotated[tuple[Slider, ...], Meta(max_length=TRAITS_MAX)] = ()
    choice: Annotated[tuple[Choice, ...], Meta(max_length=TRAITS_MAX)] = ()
    colour: Annotated[tuple[Colour, ...], Meta(max_length=TRAITS_MAX)] = ()
    palette: Annotated[tuple[Palette, ...], Meta(max_length=TRAITS_MAX)] = ()

    @property
    def trait(self) -> tuple["Trait", ...]:
        """All that can be shaped: sliders, choices, colours, each kind in the order of the file."""
        return (*self.slider, *self.choice, *self.colour)

    def swatches(self, palette: str) -> tuple[Swatch, ...]:
        """The colours of a palette; none if there is no such palette."""
        return next((each.swatch for each in self.palette if each.name == palette), ())

    def options(self, trait: "Trait") -> tuple[str, ...]:
        """The names that a trait's values stand for, in their order; none for a slider."""
        match trait:
            case Slider():
                return ()
            case Choice():
                return trait.option
            case Colour():
                return tuple(swatch.name for swatch in self.swatches(trait.palette))

    def most(self, trait: "Trait") -> int:
        """The greatest value of a trait; the least is 0."""
        return (len(self.options(trait)) or VALUES_MAX) - 1

    def default(self, trait: "Trait") -> int:
        """A trait's value in the plainest look."""
        return trait.default if isinstance(trait, Slider) else self.options(trait).index(trait.default)


Trait = Slider | Choice | Colour


def bounds(avatar: Avatar) -> dict[str, Any]:
    """Each trait's least and greatest value, as the catalogue of deeds says them to every client."""
    return {trait.name: {"type": "int", "ge": 0, "le": avatar.most(trait)} for trait in avatar.trait}


def describe(avatar: Avatar) -> dict[str, Any]:
    """All that an editor needs, in plain builtins for JSON.

    `traits` is a list of {name, group, kind, default, most}, of kind "slider", "choice" with `options` or "colour"
    with `palette`; `palettes` is name -> [{name, rgb}]. A value is a whole number from 0 to `most`: the place in
    `options` or in the palette.
    """
    return {
        "traits": [_trait(avatar, trait) for trait in avatar.trait],
        "palettes": {
            palette.name: [{"name": swatch.name, "rgb": swatch.rgb} for swatch in palette.swatch]
            for palette in avatar.palette
        },
    }


def _trait(avatar: Avatar, trait: Trait) -> dict[str, Any]:
    said = {
        "name": trait.name,
        "group": trait.group,
        "kind": type(trait).__name__.lower(),
        "default": avatar.default(trait),
        "most": avatar.most(trait),
    }
    if isinstance(trait, Choice):
        said["options"] = list(trait.option)
    elif isinstance(trait, Colour):
        said["palette"] = trait.palette
    return said
