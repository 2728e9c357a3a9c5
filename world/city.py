"""The map of the city as `content/city.toml` holds it: zones, and in each its shapes, spawns and hosts."""

from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

# Square cells of this side carry the ground; every shape lies on their lattice.
CELL_CM = 25

# Ten kilometres each way from the origin: far beyond any city whose lattice fits in memory.
Place = Annotated[float, Meta(ge=-10_000, le=10_000, multiple_of=0.25)]
# Inside a zone, counted from its south-west corner. Snapshots carry uint16 cm with a margin of 10 m
# on either side, which leaves 635 m; 600 is the round number below.
ZONE_SIDE_M_MAX = 600
Inside = Annotated[float, Meta(ge=0, le=ZONE_SIDE_M_MAX, multiple_of=0.25)]
# A zone narrower than this would be crossed before a viewer learns of it.
ZoneSide = Annotated[float, Meta(ge=20, le=ZONE_SIDE_M_MAX, multiple_of=0.25)]
# Thinner solids could be passed between two ticks (world.tuning.Speed).
SOLID_M_MIN = 0.5
Side = Annotated[float, Meta(ge=SOLID_M_MIN, le=ZONE_SIDE_M_MAX, multiple_of=0.25)]
# Heights are int16 centimetres everywhere: 327 m. 250 + 50 leaves room for a jump off the highest roof.
Height = Annotated[float, Meta(ge=0, le=250)]
Level = Annotated[float, Meta(ge=-50, le=50)]
Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$", max_length=32)]
# A name plate: the same limit the wire has for players.
Title = Annotated[str, Meta(min_length=1, max_length=24)]
Degrees = Annotated[int, Meta(ge=0, le=359)]
# More than a zone may hold at all (world.tuning) would never be reached; one is a layer for each.
Comfortable = Annotated[int, Meta(ge=1, le=65_536)]
# Hosts take the highest slots of the city; the server keeps this many free of players.
HOSTS_MAX = 256
Direction = Literal["north", "east", "south", "west"]


class Rect(NamedTuple):
    """A rectangle on the ground, in centimetres: low corner and extent."""

    x: int
    z: int
    width: int
    depth: int

    def moved(self, x: int, z: int) -> "Rect":
        """The same rectangle, seen from where (x, z) is the origin's place."""
        return Rect(self.x + x, self.z + z, self.width, self.depth)

    def grown(self, by: int) -> "Rect":
        """The rectangle with `by` more on every side."""
        return Rect(self.x - by, self.z - by, self.width + 2 * by, self.depth + 2 * by)

    def contains(self, x: int, z: int) -> bool:
        """Whether the point is inside; the high edges are not."""
        return self.x <= x < self.x + self.width and self.z <= z < self.z + self.depth

    def encloses(self, other: "Rect") -> bool:
        """Whether all of `other` is inside."""
        return (
            self.x <= other.x
            and self.z <= other.z
            and other.x + other.width <= self.x + self.width
            and other.z + other.depth <= self.z + self.depth
        )

    def overlaps(self, other: "Rect") -> bool:
        """Whether the two share any ground."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.z < other.z + other.depth
            and other.z < self.z + self.depth
        )


def cm(metres: float) -> int:
    """Metres as whole centimetres."""
    return round(metres * 100)


def heading_of(degrees: int) -> int:
    """Degrees clockwise from north as 256ths of a turn."""
    return round(degrees * 256 / 360) % 256


class Shape(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rectangle of a zone, in metres from the zone's south-west corner."""

    name: Name
    x_m: Inside
    z_m: Inside
    width_m: Side
    depth_m: Side

    @property
    def rect(self) -> Rect:
        """The rectangle in cm, from the zone's corner."""
        return Rect(cm(self.x_m), cm(self.z_m), cm(self.width_m), cm(self.depth_m))


class Building(Shape, frozen=True, kw_only=True):
    """Something nobody walks into or gets on top of."""

    height_m: Height


class Terrace(Shape, frozen=True, kw_only=True):
    """Level ground above the zone's own: a step if it is low, a ledge if it is high."""

    height_m: Height


class Ramp(Shape, frozen=True, kw_only=True):
    """Ground that climbs evenly from `from_m` to `to_m`, towards the side it `rises` to."""

    from_m: Height
    to_m: Height
    rises: Direction


class Spawn(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where people appear: anywhere in a square of twice `spread_m`, facing `facing_deg`."""

    name: Name
    x_m: Inside
    z_m: Inside
    spread_m: Annotated[float, Meta(ge=0, le=20, multiple_of=0.25)]
    facing_deg: Degrees


class Host(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A digital person who stands there and presents."""

    name: Name
    title: Title
    x_m: Inside
    z_m: Inside
    facing_deg: Degrees


class Zone(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rectangle of the city that ticks as a world of its own; beyond `comfortable` people it opens a layer.

    Twelve thousand: ten in one place are promised, and a city in one process holds no more.
    """

    name: Name
    x_m: Place
    z_m: Place
    width_m: ZoneSide
    depth_m: ZoneSide
    spawn: Annotated[tuple[Spawn, ...], Meta(min_length=1)]
    ground_m: Level = 0.0
    comfortable: Comfortable = 12_000
    building: tuple[Building, ...] = ()
    terrace: tuple[Terrace, ...] = ()
    ramp: tuple[Ramp, ...] = ()
    host: tuple[Host, ...] = ()

    @property
    def rect(self) -> Rect:
        """The zone's rectangle in cm of the city."""
        return Rect(cm(self.x_m), cm(self.z_m), cm(self.width_m), cm(self.depth_m))

    @property
    def shapes(self) -> tuple[Building | Terrace | Ramp, ...]:
        """Everything that stands on the zone's ground."""
        return (*self.terrace, *self.ramp, *self.building)


class City(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole of `city.toml`. A zone's number is its place in `zone`; newcomers appear in `gate`."""

    name: Title
    gate: Name
    # Zone numbers are one byte, and 255 means outside of the city.
    zone: Annotated[tuple[Zone, ...], Meta(min_length=1, max_length=255)]
