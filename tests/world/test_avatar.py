"""What an avatar can look like is well-formed content, and an editor can be built from its description alone."""

from typing import Any

import msgspec
import pytest

from world.avatar import TRAITS_MAX, Avatar, bounds, describe
from world.config import load_config
from world.profiles import Look
from world.schema import Reader
from world.survey import survey_avatar

SHIPPED = load_config().avatar
TABLE: dict[str, Any] = {
    "slider": [{"name": "nose", "group": "face", "usual_least": 9, "usual_most": 9}],
    "choice": [{"name": "hair", "group": "hair", "default": "long", "option": ["short", "long"]}],
    "colour": [{"name": "skin", "group": "face", "default": "honey", "palette": "skin"}],
    "palette": [
        {"name": "skin", "swatch": [{"name": "rose", "rgb": "#f0c8b0"}, {"name": "honey", "rgb": "#d59f70"}]},
    ],
}


def read(changes: dict[str, Any]) -> tuple[Avatar | None, list[str]]:
    """The table with some of it changed, and the keys of what is wrong with it."""
    reader = Reader("avatar.toml")
    avatar = reader.record(Avatar, {**TABLE, **changes})
    if avatar is not None:
        survey_avatar(avatar, reader)
    return avatar, [fault.key for fault in reader.faults]


def with_row(kind: str, **changes: Any) -> dict[str, Any]:
    """The one row of a kind with some of it changed."""
    return {kind: [{**TABLE[kind][0], **changes}]}


def test_a_description_has_all_that_an_editor_needs() -> None:
    avatar, faults = read({})
    assert faults == []
    assert avatar is not None
    assert describe(avatar) == {
        "traits": [
            {"name": "nose", "group": "face", "kind": "slider", "default": 128, "most": 255},
            {"name": "hair", "group": "hair", "kind": "choice", "default": 1, "most": 1, "options": ["short", "long"]},
            {"name": "skin", "group": "face", "kind": "colour", "default": 1, "most": 1, "palette": "skin"},
        ],
        "palettes": {"skin": [{"name": "rose", "rgb": "#f0c8b0"}, {"name": "honey", "rgb": "#d59f70"}]},
    }


def test_the_shipped_description_is_json_and_its_plainest_look_a_look() -> None:
    said = describe(SHIPPED)
    assert msgspec.json.decode(msgspec.json.encode(said)) == said
    plainest = {trait["name"]: trait["default"] for trait in said["traits"]}
    assert msgspec.convert(plainest, Look) == plainest
    assert {trait["group"] for trait in said["traits"]} == {"body", "face", "hair", "clothes"}


def test_the_catalogue_s_bounds_are_those_of_the_description() -> None:
    most = {trait["name"]: trait["most"] for trait in describe(SHIPPED)["traits"]}
    assert {name: field["le"] for name, field in bounds(SHIPPED).items()} == most
    assert len(most) == TRAITS_MAX


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        (with_row("slider", usual_least=256), ["slider[0].usual_least"]),
        (with_row("slider", usual_least=10), ["slider[0].usual_most"]),
        (with_row("slider", group="tail"), ["slider[0].group"]),
        (with_row("slider", name="Nose"), ["slider[0].name"]),
        (with_row("slider", size=1), ["slider[0].size"]),
        (with_row("slider", name="hair"), ["choice[0].name"]),
        (with_row("choice", option=["short"]), ["choice[0].option"]),
        (with_row("choice", option=["long"] * 257), ["choice[0].option"]),
        (with_row("choice", option=["long", "long"]), ["choice[0].option[1]"]),
        (with_row("choice", default="afro"), ["choice[0].default"]),
        (with_row("colour", palette="fur"), ["colour[0].palette"]),
        (with_row("colour", default="green"), ["colour[0].default"]),
        (with_row("palette", swatch=TABLE["palette"][0]["swatch"] + [{"name": "rose", "rgb": "#000000"}]),
         ["palette[0].swatch[2].name"]),
        (with_row("palette", swatch=[{"name": "rose", "rgb": "pink"}, {"name": "honey", "rgb": "#d59f70"}]),
         ["palette[0].swatch[0].rgb"]),
        ({"palette": TABLE["palette"] * 2}, ["palette[1].name"]),
        ({"slider": [{"name": f"slider_{n}", "group": "face"} for n in range(15)]}, [""]),
        ({"slider": [{"name": f"slider_{n}", "group": "face"} for n in range(17)]}, ["slider"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_key(changes: dict[str, Any], keys: list[str]) -> None:
    assert read(changes)[1] == keys
