"""Line plots as inline SVG: no script, no font, no file beside it, and colours that follow the page's theme."""

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 28
_TICKS = 4
# As many colours as the page's style sheet has classes for.
SERIES_MAX = 5


class Line(NamedTuple):
    """One series: its name and a value per moment; None leaves a gap. `at` are moments of its own, if it has some."""

    name: str
    values: Sequence[float | None]
    at: Sequence[float] | None = None


def plot(title: str, unit: str, places: Sequence[float], lines: Sequence[Line], along: str = "s") -> str:
    """A figure with a title, axes from zero, and up to SERIES_MAX lines over `places`, in units of `along`."""
    known = [value for line in lines for value in line.values if value is not None]
    top = nice_top(max(known, default=0.0))
    span = max([*places, *(at for line in lines for at in line.at or ()), 1.0])
    drawn = "".join(
        _line(
            place, line, [(_x(at, span), value) for at, value in zip(line.at or places, line.values, strict=True)], top
        )
        for place, line in enumerate(lines[:SERIES_MAX])
    )
    legend = " ".join(f'<span class="s{place}">{escape(line.name)}</span>' for place, line in enumerate(lines))
    return (
        f"<figure><figcaption>{escape(title)} <small>({escape(unit)}) {legend}</small></figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{_axes(top, span, along)}{drawn}</svg></figure>"
    )


def nice_top(largest: float) -> float:
    """The next of 1, 2, 5, 10, 20, … that is not below `largest`."""
    if largest <= 0 or not math.isfinite(largest):
        return 1.0
    power = 10.0 ** math.floor(math.log10(largest))
    return next(step * power for step in (1, 2, 5, 10, 20) if step * power >= largest)


def _x(at: float, span: float) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * at / span


def _y(value: float, top: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top


def _axes(top: float, span: float, along: str) -> str:
    parts = []
    for tick in range(_TICKS + 1):
        value, at = top * tick / _TICKS, span * tick / _TICKS
        y, x = _y(value, top), _x(at, span)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{at:,.0f} {along}</text>')
    return "".join(parts)


def _line(place: int, line: Line, points: Sequence[tuple[float, float | None]], top: float) -> str:
    """One path; it is lifted over gaps, and a lone point is drawn as a dot by its round cap."""
    path, drawing = [], False
    for x, value in points:
        if value is None:
            drawing = False
            continue
        y = _y(value, top)
        path.append(f"L{x:.1f} {y:.1f}" if drawing else f"M{x:.1f} {y:.1f}h0.1")
        drawing = True
    return f'<path class="s{place}" d="{"".join(path)}"><title>{escape(line.name)}</title></path>'
