"""A table that stays bounded whatever arrives: beyond its size it forgets what was touched least recently."""

from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """At most `most` entries; every operation takes the same time however many there are."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[Key, Value] = {}

    def __len__(self) -> int:
        return len(self._values)

    def find(self, key: Key) -> Value | None:
        """What is kept under this key; looking does not make it more recent."""
        return self._values.get(key)

    def keep(self, key: Key, value: Value) -> None:
        """Keep this as the most recent of all."""
        self._values.pop(key, None)
        self._values[key] = value
        if len(self._values) > self._most:
            del self._values[next(iter(self._values))]

    def forget(self, key: Key) -> None:
        """Keep nothing under this key."""
        self._values.pop(key, None)
