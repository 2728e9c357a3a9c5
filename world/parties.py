"""What a party is: whoever knows the same code. The code itself is kept nowhere; a party is the number it comes to."""

from hashlib import blake2b
from typing import Annotated

from msgspec import Meta

from world.event import Refused

# Below eight characters two parties would come upon the same word; 32 are more than anybody reads out to a friend.
Code = Annotated[str, Meta(min_length=8, max_length=32)]


def party_of(code: str) -> int:
    """The party of those who know this code: never 0, and the same for capitals. Raises Refused("bad_code")."""
    if not (code.isascii() and code.replace("-", "").isalnum()):
        raise Refused("bad_code", "code", "letters a to z, digits and hyphens")
    # 63 bits, like an account: a million parties at once share a number once in eighteen million such cities.
    return int.from_bytes(blake2b(code.lower().encode(), digest_size=8).digest(), "little") >> 1 or 1
