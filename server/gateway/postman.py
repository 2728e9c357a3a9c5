"""Tells players what is for them alone: at once if they read, later if they read slowly, again if they were away."""

from protocol.errors import CloseCode
from server.mailbox import Bounds
from server.ops.metrics import Metrics
from server.players import Player
from server.session import Session
from server.settings import GameSettings


class Postman:
    """Writes letters in order, and none over the mark: frames may be left out for who reads slowly, letters wait."""

    def __init__(self, settings: GameSettings, tick_rate_hz: int, metrics: Metrics) -> None:
        self._bounds = Bounds(round(settings.mailbox_s * tick_rate_hz), settings.mailbox_bytes_max)
        self._mark_bytes = settings.write_mark_bytes
        self._metrics = metrics
        # Who has letters that wait for room; each is looked at in every tick.
        self._late: dict[int, Player] = {}
        self._written = 0

    def tell(self, player: Player, payload: bytes, tick: int) -> None:
        """One more letter, encoded with serial 0."""
        mailbox, link = player.mailbox, player.link
        letter = mailbox.put(payload, tick, self._bounds)
        # The common case by itself: nothing waits, there is room, and two thousand a second are told in a festival.
        if mailbox.unsaid == 1 and isinstance(link, Session) and link.welcomed:
            outbox = link.outbox
            if outbox.backlog_bytes() < self._mark_bytes:
                outbox.write(outbox.frame(letter))
                mailbox.said = mailbox.serial
                self._written += 1
                return
        if player.entity not in self._late:
            self.deliver(player)

    def deliver(self, player: Player) -> None:
        """Write what is unsaid, as far as there is room; without a link it waits for the next one."""
        link, mailbox = player.link, player.mailbox
        if not mailbox.unsaid or not isinstance(link, Session) or not link.welcomed:
            return
        outbox = link.outbox
        room = self._mark_bytes - outbox.backlog_bytes()
        if room > 0:
            letters = mailbox.take(room)
            outbox.write(b"".join(map(outbox.frame, letters)))
            self._written += len(letters)
        if mailbox.unsaid:
            self._late[player.entity] = player

    def turn(self) -> None:
        """Look at everybody whose letters wait; whoever has let too many pile up to keep them all is parked."""
        late, self._late = self._late, {}
        for player in late.values():
            if player.mailbox.torn and isinstance(player.link, Session) and player.link.welcomed:
                player.link.close(CloseCode.SLOW, "you do not read what you are told")
            else:
                self.deliver(player)
        self._metrics.letters["written"].inc(self._written)
        self._written = 0
