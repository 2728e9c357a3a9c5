"""Who was cut by us and came back: how long it took, and whether it was their own body that they got."""

from loadtest.report import ReturnFigures
from loadtest.waits import spread_of


class Returns:
    """All who were cut; figures are of the whole run."""

    def __init__(self) -> None:
        self._entity: dict[int, int] = {}
        self._cut_s: dict[int, float] = {}
        self._back_s: list[float] = []
        self._cut = self._own = 0

    def cut(self, seat: int, when_s: float) -> None:
        """We cut this seat's link."""
        self._cut += 1
        self._cut_s[seat] = when_s

    def welcomed(self, seat: int, entity: int, resumed: bool) -> None:
        """Somebody has a body."""
        if seat in self._cut_s:
            self._own += resumed and self._entity.get(seat) == entity
        self._entity[seat] = entity

    def seen(self, seat: int, when_s: float) -> None:
        """The first frame of a connection is here."""
        cut_s = self._cut_s.pop(seat, None)
        if cut_s is not None:
            self._back_s.append(when_s - cut_s)

    def figures(self) -> ReturnFigures | None:
        """None where nobody was cut."""
        if not self._cut:
            return None
        return ReturnFigures(self._cut, len(self._back_s), self._own, spread_of(self._back_s))
