"""A client's wish by name becomes the world's typed command, or a `Denied` that says what is wrong with it."""

from msgspec import msgpack

from protocol.codec import FieldError, decode_fields
from protocol.messages import Denied, Do
from protocol.text import unprintable
from world.catalogue import DEEDS
from world.event import Command
from world.events.reshape import Reshape

# Move has a message of its own, packed; it is in the catalogue, but nobody asks for it by name.
_DECODERS = {name: msgpack.Decoder(deed.command) for name, deed in DEEDS.items() if deed.public}


def command_from(wish: Do) -> Command | Denied:
    """The command that `wish` asks for. Raises ProtocolError when its fields are not msgpack at all."""
    decoder = _DECODERS.get(wish.deed)
    if decoder is None:
        known = ", ".join(_DECODERS)
        return Denied(wish.number, wish.deed, "unknown_deed", "deed", f"this city knows: {known}")
    try:
        command: Command = decode_fields(wish.fields, decoder)
    except FieldError as error:
        return Denied(wish.number, wish.deed, "invalid", error.field, error.sentence)
    # A name plate is held to what a Hello's is, however it is asked for.
    if isinstance(command, Reshape) and command.name and (flaw := unprintable(command.name)):
        return Denied(wish.number, wish.deed, "invalid", "name", f"field 'name' has {flaw}")
    return command
