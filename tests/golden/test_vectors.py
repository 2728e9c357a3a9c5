"""The golden vectors hold: our codec says and reads exactly these bytes, and so does a library that is not ours."""

import json
from pathlib import Path
from typing import Any, get_args

import msgpack  # type: ignore[import-untyped]
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from protocol import frames, messages
from protocol.codec import decode_client, decode_server, encode, pack_fields, unpack_map
from protocol.crystals import read_crystals
from protocol.errors import CloseCode, ProtocolError

HERE = Path(__file__).parent
CLASSES = {c.__name__: c for c in get_args(messages.AnyMessage)}
DECODE = {"client": decode_client, "server": decode_server}


def unhex(pieces: list[str]) -> bytes:
    """The bytes of a `hex` list; `74 ×2048` is a byte repeated."""
    split = (piece.partition(" ×") for piece in pieces)
    return b"".join(bytes.fromhex(body) * int(times or 1) for body, _, times in split)


def values(vector: dict[str, Any]) -> list[Any]:
    """A vector's fields as a msgpack library sees them."""
    return [value(given) for given in vector["fields"].values()]


def value(given: Any) -> Any:
    """One of them: bytes where it says so, at any depth."""
    if isinstance(given, list):
        return [value(each) for each in given]
    if isinstance(given, dict):
        return bytes.fromhex(given["bytes"]) if set(given) == {"bytes"} else {k: value(v) for k, v in given.items()}
    return given


def built(name: str, vector: dict[str, Any]) -> messages.AnyMessage:
    """The message itself, made from a vector's fields without going through the wire."""
    given = dict(zip(vector["fields"], values(vector), strict=True))
    if name == "Do":
        return messages.Do(given["number"], given["deed"], pack_fields(given["fields"]))
    if "settings" in given:
        given["settings"] = pack_fields(given["settings"])
    message: messages.AnyMessage = CLASSES[name](**{k: shaped(CLASSES[name], k, v) for k, v in given.items()})
    return message


def shaped(cls: type, field: str, value: Any) -> Any:
    """Nested records in their own types; everything else untouched."""
    if field == "profiles":
        return [messages.Profile(*profile) for profile in value]
    kinds = {"zones": list[messages.Zone], "limits": messages.Limits}
    return msgspec.convert(value, kinds[field]) if field in kinds else value


def named_rows(packed: NDArray[np.void]) -> list[dict[str, int]]:
    return [dict(zip(packed.dtype.names or (), row, strict=True)) for row in packed.tolist()]


def vectors() -> list[Any]:
    documents = [json.loads(path.read_text("utf-8")) for path in sorted(HERE.glob("*.json")) if path.stem != "refused"]
    return [pytest.param(d, v, id=f"{d['message']}: {v['meaning']}") for d in documents for v in d["vectors"]]


def refusals() -> list[Any]:
    cases = json.loads((HERE / "refused.json").read_text("utf-8"))["refused"]
    return [pytest.param(case, id=f"{case['says']}: {case['meaning']}") for case in cases]


def same(left: messages.AnyMessage, right: messages.AnyMessage) -> bool:
    """Equal in type and in every byte they would say: `Raw` and 1 == 1.0 would fool plain equality."""
    return type(left) is type(right) and encode(left) == encode(right)


def test_every_message_has_its_file_and_its_file_names_it() -> None:
    found = {
        json.loads(path.read_text("utf-8"))["message"]: path.stem
        for path in HERE.glob("*.json")
        if path.stem != "refused"
    }
    assert found == {name: name.lower() for name in CLASSES}


def test_every_file_says_who_says_it_and_by_which_kind() -> None:
    for document in {p.values[0]["message"]: p.values[0] for p in vectors()}.values():
        cls = CLASSES[document["message"]]
        assert document["kind"] == cls.__struct_config__.tag
        assert document["says"] == ("client" if issubclass(cls, messages.ClientMessage) else "server")


@pytest.mark.parametrize(("document", "vector"), vectors())
def test_a_message_encodes_to_its_vector(document: dict[str, Any], vector: dict[str, Any]) -> None:
    assert encode(built(document["message"], vector)).hex(" ") == unhex(vector["hex"]).hex(" ")


@pytest.mark.parametrize(("document", "vector"), vectors())
def test_a_vector_decodes_to_its_message(document: dict[str, Any], vector: dict[str, Any]) -> None:
    expected = built(document["message"], vector)
    for form in [vector, *vector.get("also", [])]:
        decoded = DECODE[document["says"]](unhex(form["hex"]))
        if isinstance(decoded, messages.Do):
            decoded = messages.Do(decoded.number, decoded.deed, pack_fields(msgpack.unpackb(bytes(decoded.fields))))
        if isinstance(decoded, messages.Keep):
            decoded = messages.Keep(pack_fields(unpack_map(decoded.settings)))
        assert same(decoded, expected)


@pytest.mark.parametrize(("document", "vector"), vectors())
def test_another_msgpack_library_reads_the_same(document: dict[str, Any], vector: dict[str, Any]) -> None:
    plain = [document["kind"], *values(vector)]
    assert repr(msgpack.unpackb(unhex(vector["hex"]))) == repr(plain)
    for form in vector.get("also", []):
        shorter = msgpack.unpackb(unhex(form["hex"]))
        assert shorter == plain[: len(shorter)]


@pytest.mark.parametrize(("document", "vector"), vectors())
def test_packed_bytes_hold_what_the_vector_says(document: dict[str, Any], vector: dict[str, Any]) -> None:
    message = built(document["message"], vector)
    if isinstance(message, messages.Move):
        assert dict(zip(vector["intent"], frames.INTENT.unpack(message.intent), strict=True)) == vector["intent"]
    if isinstance(message, messages.Frame):
        assert frames.read_header(unhex(vector["hex"]))._asdict() == vector["header"]
        records = frames.read_records(message.records)
        assert named_rows(records) == vector["records"]
    if isinstance(message, messages.Crystals):
        assert named_rows(read_crystals(message.rows)) == vector.get("rows", [])


@pytest.mark.parametrize("case", refusals())
def test_what_must_be_refused_is_refused_with_its_code_and_says_why(case: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as refused:
        DECODE[case["says"]](unhex(case["hex"]))
    assert refused.value.code is CloseCode[case["code"]]
    assert [word for word in case["names"] if word not in refused.value.reason] == []
