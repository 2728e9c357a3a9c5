"""What may go wrong in a crowd, one file each, and the one table that names them."""

from loadtest.troubles.base import Trouble
from loadtest.troubles.chatter import Chatter
from loadtest.troubles.cut import Cut
from loadtest.troubles.flood import Flood
from loadtest.troubles.lie import Lie
from loadtest.troubles.stop_reading import StopReading
from loadtest.troubles.trickle import Trickle
from loadtest.troubles.vanish import Vanish

TROUBLES: dict[str, type[Trouble]] = {
    "chatter": Chatter,
    "cut": Cut,
    "flood": Flood,
    "lie": Lie,
    "stop_reading": StopReading,
    "trickle": Trickle,
    "vanish": Vanish,
}
