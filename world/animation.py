"""What a body can be seen doing. The order is the wire's (`protocol.frames.ANIMATIONS`); a test compares them."""

from enum import IntEnum


class Animation(IntEnum):
    """The value of the `animation` column."""

    STAND = 0
    WALK = 1
    RUN = 2
    AIR = 3
    SIT = 4
    WAVE = 5
    CLAP = 6
    CHEER = 7
    DANCE = 8
    BOW = 9
    LAUGH = 10
