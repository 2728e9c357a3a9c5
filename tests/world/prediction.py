"""A body that moves by the lines in world/README.md, as a client's would: the document itself is run here."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import world

README = (Path(world.__path__[0]) / "README.md").read_text("utf-8")

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
    ticks_since_intent: int = 0


def written_rule() -> dict[str, Any]:
    """What the README's Python block defines."""
    block = re.search(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert block is not None
    names: dict[str, Any] = {}
    exec(block.group(1), names)
    return names


RULE = written_rule()


def predict(body: Body, ground: Ground) -> None:
    """One tick of `body`, in place, by the written rule."""
    RULE["tick"](body, ground)
