"""What the TypeScript client has from the Python side is what the Python side says now."""

import json
from typing import Any, get_args

import pytest

from protocol import messages
from tests.client import walks, wire
from tests.world.prediction import Body, predict
from world.config import load_config
from world.motion import STEERS
from world.space import Space

STALE = "it is stale: run `make wire` and commit what it writes"
SPACE = Space(load_config().city)
WALKS = json.loads(walks.TARGET.read_text("utf-8"))["walks"]


def test_the_types_are_those_of_the_python_schemas() -> None:
    assert wire.TARGET.read_text("utf-8") == wire.wire(), STALE


def test_the_walks_are_those_of_the_world() -> None:
    assert walks.TARGET.read_text("utf-8") == walks.walks(), STALE


def test_every_message_has_a_type_and_a_layout() -> None:
    text = wire.wire()
    for message in get_args(messages.AnyMessage):
        assert f"export interface {message.__name__}Message {{" in text
        assert f"  {message.__name__}: {{" in text


def test_deeds_that_are_settled_are_known_by_their_answers() -> None:
    assert "pick_up_crystal: ['crystal_gained', 'crystal_rehearsed']" in wire.wire()
    assert "light_firework: ['firework_settled', 'firework_refunded']" in wire.wire()


def test_the_words_of_a_refusal_are_found_in_both_documents() -> None:
    words = wire.refusals()
    assert {"rate", "invalid", "insufficient", "too_often", "blank_text", "zone_full"} <= set(words)
    assert words == sorted(set(words))


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: f"{walk['from'][0]}_{walk['from'][1]}")
def test_the_written_rule_walks_every_walk_too(walk: dict[str, Any]) -> None:
    x, z, y, x_part, z_part, vy, grounded = walk["from"]
    body = Body(x, y, z, x_part, z_part, vy, bool(grounded))
    for (steer, gait, jump, ticks), end in zip(walk["legs"], walk["ends"], strict=True):
        body.steer, body.gait, body.jump, body.ticks_since_intent = steer, gait, bool(jump), 0
        for _ in range(ticks):
            predict(body, SPACE.ground_at)
        assert [body.x, body.z, body.y, body.x_part, body.z_part, body.vy, int(body.grounded)] == end


def test_the_walks_meet_everything_there_is_to_meet() -> None:
    legs = [leg for walk in WALKS for leg in zip(walk["legs"], walk["ends"], strict=True)]
    assert len({steer for (steer, *_), _ in legs}) > STEERS // 2
    assert any(ticks == walks.LONG_LEG_TICKS for (*_, ticks), _ in legs), "an intent that ends"
    assert any(not end[-1] for _, end in legs), "in the air at the end of a leg"
    starts = [(walk["from"], *walk["ends"]) for walk in WALKS]
    assert any(way[0][2] != end[2] for way in starts for end in way), "up or down"
