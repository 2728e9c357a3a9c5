"""The movement rule once more, for one body and in plain integers, as a client would write it from world/README.md."""

from collections.abc import Callable
from dataclasses import dataclass

from world.motion import SINE_QUARTER

STEP_CM = 40
JUMP_CM_S = 640
GRAVITY_CM_S = 100
FALL_CM_S = 2000
TICKS_PER_S = 20
INTENT_TICKS = 60
PACES = (0, 180 * 256 // 20, 600 * 256 // 20)

Ground = Callable[[int, int], int]


@dataclass
class Body:
    """Where one body is and what it wants."""

    x: int
    y: int
    z: int
    x_part: int = 0
    z_part: int = 0
    vy: int = 0
    grounded: bool = True
    steer: int = 0
    gait: int = 0
    jump: bool = False
    intent_age: int = 0  # ticks since the last intent


def sine(pace: int, steer: int) -> int:
    """The rounded product, ties away from zero."""
    steer %= 256
    folded = steer % 128
    size = (pace * SINE_QUARTER[folded if folded <= 64 else 128 - folded] + 16384) >> 15
    return size if steer < 128 else -size


def predict(body: Body, ground: Ground) -> None:
    """One tick of `body`, in place."""
    if body.intent_age >= INTENT_TICKS:
        body.gait = 0
    body.intent_age += 1
    _walk(body, ground)
    _rise_and_fall(body, ground(body.x, body.z))
    body.jump = False


def _walk(body: Body, ground: Ground) -> None:
    pace = PACES[body.gait]
    x, part = divmod(body.x * 256 + body.x_part + sine(pace, body.steer), 256)
    if ground(x, body.z) <= body.y + STEP_CM:
        body.x, body.x_part = x, part
    z, part = divmod(body.z * 256 + body.z_part + sine(pace, body.steer + 64), 256)
    if ground(body.x, z) <= body.y + STEP_CM:
        body.z, body.z_part = z, part


def _rise_and_fall(body: Body, ground: int) -> None:
    if body.grounded and body.jump:
        body.vy = JUMP_CM_S
    elif body.grounded and body.y - ground <= STEP_CM:
        body.y = ground
        return
    body.y += body.vy // TICKS_PER_S
    body.vy = max(body.vy - GRAVITY_CM_S, -FALL_CM_S)
    body.grounded = body.y <= ground
    if body.grounded:
        body.y, body.vy = ground, 0
