"""Checks what no single value shows: whether the map makes a city that can be built and walked."""

from collections import Counter
from collections.abc import Iterable

from world.avatar import TRAITS_MAX, Avatar
from world.city import HOSTS_MAX, City, Zone, cm
from world.festival import Festival, Rain, Scheduled, Show
from world.motion import Motion
from world.paths import check_paths
from world.schema import Reader
from world.space import Space
from world.tuning import Tuning

# The lattice takes three bytes a cell: 1,500 m a side are 108 MB.
CITY_SIDE_CM_MAX = 150_000

Named = Iterable[tuple[str, str]]  # key, name


def survey_tuning(tuning: Tuning, file: Reader) -> None:
    """Note every pair of numbers that do not go together."""
    movement, hosts = tuning.movement, tuning.hosts
    if movement.run_m_s < movement.walk_m_s:
        file.fault("movement.run_m_s", movement.run_m_s, f"at least walk_m_s, which is {movement.walk_m_s}")
    if hosts.pause_most_s < hosts.pause_least_s:
        file.fault("hosts.pause_most_s", hosts.pause_most_s, f"at least pause_least_s, which is {hosts.pause_least_s}")


def survey_city(city: City, motion: Motion, file: Reader) -> None:
    """Note every fault of a map whose values are each well-formed; ways are walked when all else is right."""
    before = len(file.faults)
    _check_names(city, file)
    _check_zones(city, file)
    for number, zone in enumerate(city.zone):
        _check_inside(zone, f"zone[{number}]", file)
        _check_slopes(zone, f"zone[{number}]", motion, file)
    if len(file.faults) == before:
        check_paths(city, motion, file)


def survey_festival(festival: Festival, city: City, file: Reader) -> None:
    """Note every name that nothing has, every place that is none, in a festival whose values are well-formed."""
    for kind in ("crystal", "colour", "firework"):
        _unique(((f"{kind}[{n}].name", it.name) for n, it in enumerate(getattr(festival, kind))), file)
    # Whoever starts an event says its name and nothing else.
    occasions: list[tuple[str, Scheduled]] = [(f"rain[{n}]", rain) for n, rain in enumerate(festival.rain)]
    occasions += [(f"show[{n}]", show) for n, show in enumerate(festival.show)]
    _unique(((f"{key}.name", it.name) for key, it in occasions), file)
    zones = {zone.name: zone for zone in city.zone}
    space = Space(city)
    for number, spot in enumerate(festival.standing):
        key = f"standing[{number}]"
        _known(f"{key}.kind", spot.kind, [kind.name for kind in festival.crystal], file)
        if zone := _zone(f"{key}.zone", spot.zone, zones, file):
            _check_spot(key, (spot.x_m, spot.z_m), zone, space, file)
    for key, occasion in occasions:
        if zone := _zone(f"{key}.zone", occasion.zone, zones, file):
            if isinstance(occasion, Rain):
                _check_rain(key, occasion, zone, festival, file)
            elif isinstance(occasion, Show):
                _check_show(key, occasion, zone, festival, file)


def survey_avatar(avatar: Avatar, file: Reader) -> None:
    """Note every name that nothing has or two things have, and every trait too many, of well-formed values."""
    kinds = ("slider", "choice", "colour")
    traits = [(f"{kind}[{n}]", it) for kind in kinds for n, it in enumerate(getattr(avatar, kind))]
    _unique(((f"{key}.name", trait.name) for key, trait in traits), file)
    if len(traits) > TRAITS_MAX:
        file.fault("", len(traits), f"at most {TRAITS_MAX} sliders, choices and colours together")
    _unique(((f"palette[{n}].name", it.name) for n, it in enumerate(avatar.palette)), file)
    for number, palette in enumerate(avatar.palette):
        _unique(((f"palette[{number}].swatch[{n}].name", it.name) for n, it in enumerate(palette.swatch)), file)
    for number, slider in enumerate(avatar.slider):
        if slider.usual_most < slider.usual_least:
            least = slider.usual_least
            file.fault(f"slider[{number}].usual_most", slider.usual_most, f"at least usual_least, which is {least}")
    for number, choice in enumerate(avatar.choice):
        _unique(((f"choice[{number}].option[{n}]", name) for n, name in enumerate(choice.option)), file)
        _known(f"choice[{number}].default", choice.default, list(choice.option), file)
    for number, colour in enumerate(avatar.colour):
        _known(f"colour[{number}].palette", colour.palette, [it.name for it in avatar.palette], file)
        if swatches := avatar.options(colour):
            _known(f"colour[{number}].default", colour.default, list(swatches), file)


def _zone(key: str, name: str, zones: dict[str, Zone], file: Reader) -> Zone | None:
    _known(key, name, list(zones), file)
    return zones.get(name)


def _known(key: str, name: str, names: list[str], file: Reader) -> None:
    if name not in names:
        file.fault(key, name, f"one of {', '.join(names) or 'none yet'}")


def _check_spot(key: str, at_m: tuple[float, float], zone: Zone, space: Space, file: Reader) -> None:
    x, z = (cm(metres) for metres in at_m)
    ground = zone.rect
    if not (x < ground.width and z < ground.depth and space.open_at(ground.x + x, ground.z + z)):
        file.fault(key, at_m, f"open ground inside the zone, {zone.width_m:g} by {zone.depth_m:g} m")


def _check_rain(key: str, rain: Rain, zone: Zone, festival: Festival, file: Reader) -> None:
    for number, drop in enumerate(rain.drop):
        _known(f"{key}.drop[{number}].kind", drop.kind, [kind.name for kind in festival.crystal], file)
    if not zone.rect.moved(-zone.rect.x, -zone.rect.z).encloses(rain.rect):
        file.fault(key, rain.name, f"inside the zone, {zone.width_m:g} by {zone.depth_m:g} m")
    if rain.every_s and rain.every_s < rain.over_s + rain.linger_s:
        file.fault(f"{key}.every_s", rain.every_s, f"at least over_s and linger_s, {rain.over_s + rain.linger_s:g}")


def _check_show(key: str, show: Show, zone: Zone, festival: Festival, file: Reader) -> None:
    for number, cue in enumerate(show.cue):
        _known(f"{key}.cue[{number}].kind", cue.kind, [kind.name for kind in festival.firework], file)
        for place, colour in enumerate(cue.colours):
            _known(f"{key}.cue[{number}].colours[{place}]", colour, [it.name for it in festival.colour], file)
        if not (cue.x_m < zone.width_m and cue.z_m < zone.depth_m):
            at_m = cue.x_m, cue.z_m
            file.fault(f"{key}.cue[{number}]", at_m, f"inside the zone, {zone.width_m:g} by {zone.depth_m:g} m")
    if show.every_s and show.every_s <= show.lasts_s:
        file.fault(f"{key}.every_s", show.every_s, f"more than its last cue's time, {show.lasts_s:g}")


def _check_names(city: City, file: Reader) -> None:
    zones = [(f"zone[{number}]", zone) for number, zone in enumerate(city.zone)]
    _unique(((f"{key}.name", zone.name) for key, zone in zones), file)
    for kind in ("spawn", "host"):
        each = ((f"{key}.{kind}[{n}].name", it.name) for key, zone in zones for n, it in enumerate(getattr(zone, kind)))
        _unique(each, file)
    for key, zone in zones:
        for kind in ("building", "terrace", "ramp"):
            _unique(((f"{key}.{kind}[{n}].name", it.name) for n, it in enumerate(getattr(zone, kind))), file)
    if city.gate not in {zone.name for zone in city.zone}:
        file.fault("gate", city.gate, f"one of {', '.join(zone.name for zone in city.zone)}")


def _unique(named: Named, file: Reader) -> None:
    seen: Counter[str] = Counter()
    for key, name in named:
        seen[name] += 1
        if seen[name] == 2:
            file.fault(key, name, "a name that is not used before")


def _check_zones(city: City, file: Reader) -> None:
    rects = [zone.rect for zone in city.zone]
    for number, rect in enumerate(rects):
        for other in range(number):
            if rect.overlaps(rects[other]):
                theirs = city.zone[other].name
                file.fault(f"zone[{number}]", city.zone[number].name, f"ground of its own; this is {theirs}'s too")
    for axis, low, side in (("x_m", 0, 2), ("z_m", 1, 3)):
        extent = max(rect[low] + rect[side] for rect in rects) - min(rect[low] for rect in rects)
        if extent > CITY_SIDE_CM_MAX:
            file.fault(f"zone[*].{axis}", extent / 100, f"at most {CITY_SIDE_CM_MAX // 100} m from end to end")
    hosts = sum(len(zone.host) for zone in city.zone)
    if hosts > HOSTS_MAX:
        file.fault("zone[*].host", hosts, f"at most {HOSTS_MAX} hosts in the city")


def _check_inside(zone: Zone, key: str, file: Reader) -> None:
    ground = zone.rect.moved(-zone.rect.x, -zone.rect.z)
    inside = f"inside the zone, {zone.width_m:g} by {zone.depth_m:g} m"
    for kind in ("building", "terrace", "ramp"):
        for place, shape in enumerate(getattr(zone, kind)):
            if not ground.encloses(shape.rect):
                file.fault(f"{key}.{kind}[{place}]", shape.name, inside)
    for place, spawn in enumerate(zone.spawn):
        if not ground.grown(-cm(spawn.spread_m) - 1).contains(cm(spawn.x_m), cm(spawn.z_m)):
            file.fault(f"{key}.spawn[{place}]", spawn.name, f"{inside}, with its spread")
    for place, host in enumerate(zone.host):
        if not ground.contains(cm(host.x_m), cm(host.z_m)):
            file.fault(f"{key}.host[{place}]", host.name, inside)


def _check_slopes(zone: Zone, key: str, motion: Motion, file: Reader) -> None:
    for place, ramp in enumerate(zone.ramp):
        length = ramp.rect.width if ramp.rises in ("east", "west") else ramp.rect.depth
        rise = cm(ramp.to_m) - cm(ramp.from_m)
        most = motion.step_cm * length // motion.stride_cm
        if not 0 < rise <= most:
            file.fault(f"{key}.ramp[{place}].to_m", ramp.to_m, f"above from_m by no more than {most / 100:g} m")
