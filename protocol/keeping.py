"""What a player may have kept: a small map of plain values, opaque to the city."""

import math
from typing import Any

from protocol.limits import SETTINGS_LEVELS_MAX


def settings_flaw(settings: dict[str, Any]) -> str | None:
    """What is wrong with settings that are about to be kept, or None.

    Whoever unpacks them one day may be another client in another language: msgpack's extensions (timestamps among
    them), keys that are not `str` and numbers that are none would be riddles there, and nesting a trap.
    """
    return _flaw(settings, SETTINGS_LEVELS_MAX)


def _flaw(value: Any, levels: int) -> str | None:
    if isinstance(value, dict | list):
        return _nested_flaw(value, levels)
    if isinstance(value, float) and not math.isfinite(value):
        return "expected finite numbers"
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return None
    return "expected nil, bool, int, float, str, bin, array and map only"


def _nested_flaw(value: dict[Any, Any] | list[Any], levels: int) -> str | None:
    if levels == 0:
        return f"expected at most {SETTINGS_LEVELS_MAX} levels of map and array"
    inner = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
        return "expected str keys"
    return next((flaw for flaw in (_flaw(item, levels - 1) for item in inner) if flaw), None)
