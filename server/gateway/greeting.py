"""What a newcomer is told: who they are now, what there is, and what may be done."""

import msgspec

from protocol import limits
from protocol import messages as m
from server import VERSION
from server.detail import WHOLE
from server.players import Player
from server.settings import GameSettings
from world.catalogue import describe
from world.config import WorldConfig
from world.settling import player as account_of


class Greeting:
    """Everything in `Welcome` that is the same for everybody, made once for each content."""

    def __init__(self, config: WorldConfig, settings: GameSettings) -> None:
        self._tick_rate_hz = config.tick_rate_hz
        self._deeds, self._events = describe(config.festival, config.avatar)
        self._zones = [m.Zone(number, zone.name, *zone.rect) for number, zone in enumerate(config.city.zone)]
        self._limits = m.Limits(
            message_bytes_max=limits.CLIENT_MESSAGE_BYTES_MAX,
            messages_per_s=settings.messages_per_s,
            messages_burst=settings.messages_burst,
            idle_s=round(settings.idle_s),
            name_chars_max=limits.NAME_CHARS_MAX,
            interest_max=limits.INTEREST_MAX,
            frame_records_max=limits.FRAME_RECORDS_MAX,
        )

    def welcome(self, player: Player, missed: int | None, tick: int, time_s: float) -> m.Welcome:
        """The Welcome for one player, of whose letters `missed` follow."""
        return m.Welcome(
            version=limits.PROTOCOL_VERSION,
            session=f"{player.entity:08x}",
            entity=player.entity,
            name=player.name,
            resume=player.resume,
            resumed=player.returned,
            tick_rate_hz=self._tick_rate_hz,
            frame_rate_hz=self._tick_rate_hz // WHOLE.ticks_per_frame,
            tick=tick,
            time_s=time_s,
            zones=self._zones,
            deeds=self._deeds,
            events=self._events,
            limits=self._limits,
            server=f"futurecity/{VERSION}",
            account=account_of(player.account),
            balance=player.balance,
            token=player.identity.guest,
            settings=msgspec.Raw(player.settings),
            missed=missed,
        )
