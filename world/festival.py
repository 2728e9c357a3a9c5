"""What goes on in the city as `content/events.toml` holds it: crystals, rains of them, fireworks and shows."""

from typing import Annotated

from msgspec import Meta, Struct

from world.city import Inside, Name, Rect, Side, cm

# A crystal's kind is one byte on the wire, and so is its value.
KINDS_MAX = 255
Value = Annotated[int, Meta(ge=1, le=255)]
# Rarity in tenths of a percent is as fine as anybody plans.
Weight = Annotated[int, Meta(ge=1, le=1000)]
# Half an hour in steps of ten crystals a second; a zone's columns of so many are half a megabyte.
RAIN_MAX = 20_000
Number = Annotated[int, Meta(ge=1, le=RAIN_MAX)]
# From a shower to an evening; 0 where nothing is asked of the clock.
Lasting = Annotated[float, Meta(ge=0.1, le=21_600)]
# A day: what comes more seldom is started by hand.
Clock = Annotated[float, Meta(ge=0, le=86_400)]
# A firework that costs nothing is for shows only: whoever pays nothing is never out of crystals.
Cost = Annotated[int, Meta(ge=0, le=100_000)]
# As many rains, and as many shows, as people still find their way in.
OCCASIONS_MAX = 100
# Long enough to be seen to rise, short enough that a full sky empties.
Moment = Annotated[float, Meta(ge=0.1, le=20)]
# As high as the wire's heights and the map's go.
BurstHeight = Annotated[float, Meta(ge=5, le=250)]
Importance = Annotated[int, Meta(ge=0, le=2)]
Colours = Annotated[tuple[Name, ...], Meta(min_length=1, max_length=3)]
# Beyond this a cue is a storm of its own; write several.
Repeat = Annotated[int, Meta(ge=1, le=500)]


class Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of the file."""


class CrystalKind(Table, frozen=True, kw_only=True):
    """A kind of crystal and what one is worth. Its number on the wire is its place in the file, from 0."""

    name: Name
    value: Value


class Standing(Table, frozen=True, kw_only=True):
    """A place where a crystal lies, and lies again so long after somebody took it. Metres from the zone's corner."""

    zone: Name
    kind: Name
    x_m: Inside
    z_m: Inside
    respawn_s: Lasting


class Drop(Table, frozen=True, kw_only=True):
    """How much of a rain is of one kind."""

    kind: Name
    weight: Weight


class Scheduled(Table, frozen=True, kw_only=True):
    """What can happen in a zone: by the clock at `first_s` and every `every_s` from then on, or by hand.

    Seconds count from the city's start. `every_s` 0 is once, and with `first_s` 0 too it is by hand only.
    """

    name: Name
    zone: Name
    first_s: Clock = 0.0
    every_s: Clock = 0.0


class Rain(Scheduled, frozen=True, kw_only=True):
    """`number` crystals fall evenly over `over_s` on a rectangle of a zone, and lie there for `linger_s` more."""

    x_m: Inside
    z_m: Inside
    width_m: Side
    depth_m: Side
    number: Number
    over_s: Lasting
    linger_s: Lasting
    drop: Annotated[tuple[Drop, ...], Meta(min_length=1, max_length=KINDS_MAX)]

    @property
    def rect(self) -> Rect:
        """Where it falls, in cm from the zone's corner."""
        return Rect(cm(self.x_m), cm(self.z_m), cm(self.width_m), cm(self.depth_m))


class Colour(Table, frozen=True, kw_only=True):
    """A colour fireworks can have, as every client is to draw it."""

    name: Name
    rgb: Annotated[str, Meta(pattern="^#[0-9a-f]{6}$", max_length=7)]


class FireworkKind(Table, frozen=True, kw_only=True):
    """A kind of firework: what it costs, how long it rises and burns, how high, and how much it matters."""

    name: Name
    cost: Cost
    rise_s: Moment
    burst_s: Moment
    height_m: BurstHeight
    importance: Importance = 1


class Cue(Table, frozen=True, kw_only=True):
    """At `at_s` of a show one firework, `repeat` times `every_s` apart. Metres from the zone's corner."""

    at_s: Annotated[float, Meta(ge=0, le=21_600)]
    kind: Name
    colours: Colours
    x_m: Inside
    z_m: Inside
    repeat: Repeat = 1
    every_s: Annotated[float, Meta(ge=0, le=600)] = 0.0


class Show(Scheduled, frozen=True, kw_only=True):
    """Fireworks by a timeline."""

    cue: Annotated[tuple[Cue, ...], Meta(min_length=1, max_length=500)]

    @property
    def lasts_s(self) -> float:
        """From the start to the last cue."""
        return max(cue.at_s + (cue.repeat - 1) * cue.every_s for cue in self.cue)


class Festival(Table, frozen=True, kw_only=True):
    """The whole of `events.toml`."""

    crystal: Annotated[tuple[CrystalKind, ...], Meta(max_length=KINDS_MAX)] = ()
    standing: Annotated[tuple[Standing, ...], Meta(max_length=1000)] = ()
    rain: Annotated[tuple[Rain, ...], Meta(max_length=OCCASIONS_MAX)] = ()
    colour: Annotated[tuple[Colour, ...], Meta(max_length=64)] = ()
    firework: Annotated[tuple[FireworkKind, ...], Meta(max_length=64)] = ()
    show: Annotated[tuple[Show, ...], Meta(max_length=OCCASIONS_MAX)] = ()

    def crystal_kind(self, name: str) -> int:
        """The number of a crystal's kind, which is in the file."""
        return [kind.name for kind in self.crystal].index(name)

    def firework_kind(self, name: str) -> FireworkKind | None:
        """The kind of that name, if there is one."""
        return next((kind for kind in self.firework if kind.name == name), None)
