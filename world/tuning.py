"""The numbers a designer may change, as `content/tuning.toml` holds them; each bound with its reason."""

from typing import Annotated

from msgspec import Meta, Struct

# Slower is a bug in the file; at 20 ticks/s, 9.8 m/s is 49 cm a tick, under the 50 cm that the
# thinnest solid measures, so nobody passes through one between two ticks.
Speed = Annotated[float, Meta(ge=0.2, le=9.8)]
# Up to 12 m/s lifts a jump to 7 m with the least gravity; more would leave the map's heights.
JumpSpeed = Annotated[float, Meta(ge=1, le=12)]
# Under 10 a jump floats for seconds; over 40 it ends within two frames and looks like a fault.
Gravity = Annotated[float, Meta(ge=10, le=40)]
# int16 cm/s holds 327; 50 m/s already crosses the tallest tower in 6 s.
FallSpeed = Annotated[float, Meta(ge=5, le=50)]
# Under 5 cm a kerb is a wall, over 1 m a wall is a stair.
Step = Annotated[float, Meta(ge=0.05, le=1)]
# Sight ends at 327 m (int16 cm offsets), so nothing is seen or heard farther.
Radius = Annotated[float, Meta(ge=1, le=327)]
# From one tick's worth to a minute: what a person waits for, or looks at.
Seconds = Annotated[float, Meta(ge=0.1, le=60)]
# More at once than any person does.
Burst = Annotated[int, Meta(ge=1, le=100)]


class Rate(Struct, frozen=True, forbid_unknown_fields=True):
    """`burst` deeds at once, and as many again in every `per_s`, evenly refilled."""

    burst: Burst
    per_s: Seconds


class MovementTuning(Struct, frozen=True, forbid_unknown_fields=True):
    """How bodies move. README.md, "Movement", gives the rule these feed."""

    walk_m_s: Speed
    run_m_s: Speed
    jump_m_s: JumpSpeed
    gravity_m_s2: Gravity
    fall_m_s: FallSpeed
    step_m: Step
    intent_s: Seconds


class PopulationTuning(Struct, frozen=True, forbid_unknown_fields=True):
    """How many may be in one zone: at most half of the 131,072 slots of the whole city."""

    entities_max: Annotated[int, Meta(ge=1, le=65_536)]


class SayTuning(Struct, frozen=True, forbid_unknown_fields=True):
    """How far a voice carries, and how often one may speak."""

    radius_m: Radius
    rate: Rate


class GestureTuning(Struct, frozen=True, forbid_unknown_fields=True):
    """How far a gesture is told, how long it is shown, and how often one may make it."""

    radius_m: Radius
    shown_s: Seconds
    rate: Rate


class SitTuning(Struct, frozen=True, forbid_unknown_fields=True):
    """How far sitting down is told, and how often one may do it."""

    radius_m: Radius
    rate: Rate


class SettlingTuning(Struct, frozen=True, forbid_unknown_fields=True):
    """How much may wait for the books in one zone and for one player, and when players are told that it does.

    65,536 claims are 20 MB and a second's work for them: beyond that, nobody gets an answer in time.
    """

    pending_max: Annotated[int, Meta(ge=1, le=65_536)]
    pending_per_player_max: Annotated[int, Meta(ge=1, le=1_000)]
    patience_s: Seconds


class CrystalsTuning(Struct, frozen=True, forbid_unknown_fields=True):
    """How often and from how far one picks a crystal up, and how far it is seen that somebody did."""

    rate: Rate
    reach_m: Annotated[float, Meta(ge=0.5, le=10)]
    radius_m: Radius


class FireworkTuning(Struct, frozen=True, forbid_unknown_fields=True):
    """How often and where fireworks are lit, how long before they rise, how far they are told and how many there are.

    A place out of a throw's reach is somebody else's. Whoever hears of a firework after the fuse sees it
    half risen, and after more than five seconds nobody knows any more whose it was. Gateways tell each
    viewer of a few a second however many there are, so a full sky costs the zone its count and no more.
    """

    rate: Rate
    aim_m: Annotated[float, Meta(ge=1, le=50)]
    ahead_m: Annotated[float, Meta(ge=0, le=50)]
    fuse_s: Annotated[float, Meta(ge=0.1, le=5)]
    radius_m: Radius
    sky_max: Annotated[int, Meta(ge=1, le=20_000)]


class WalletTuning(Struct, frozen=True, forbid_unknown_fields=True):
    """What a new player finds in their wallet; a gift that anybody can have again as somebody new is worth little."""

    welcome_crystals: Annotated[int, Meta(ge=0, le=1_000_000)]


class HostsTuning(Struct, frozen=True, forbid_unknown_fields=True):
    """How lively the hosts are: a pause between two acts, one act in `wave_one_in` a wave."""

    pause_least_s: Seconds
    pause_most_s: Seconds
    wave_one_in: Annotated[int, Meta(ge=1, le=100)]


class LayersTuning(Struct, frozen=True, forbid_unknown_fields=True):
    """How far from everybody somebody must be to appear in another layer without appearing beside anyone."""

    close_m: Radius


class PartyTuning(Struct, frozen=True, forbid_unknown_fields=True):
    """How many of a party may be in one zone, and how often one may join or leave one.

    64 are an interest set: of a larger party nobody could see everybody, so it is a crowd.
    """

    members_max: Annotated[int, Meta(ge=2, le=64)]
    rate: Rate


class ReshapeTuning(Struct, frozen=True, forbid_unknown_fields=True):
    """How often one may change one's look or name: each time everybody near is sent a profile of 200 bytes."""

    rate: Rate


class Tuning(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of `tuning.toml`."""

    movement: MovementTuning
    population: PopulationTuning
    say: SayTuning
    wave: GestureTuning
    emote: GestureTuning
    sit: SitTuning
    settling: SettlingTuning
    crystals: CrystalsTuning
    firework: FireworkTuning
    wallet: WalletTuning
    layers: LayersTuning
    party: PartyTuning
    reshape: ReshapeTuning
    hosts: HostsTuning
