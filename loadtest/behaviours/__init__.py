"""What bots do, one file each, and the one table that names them."""

from loadtest.behaviours.base import Behaviour
from loadtest.behaviours.gather import Gather
from loadtest.behaviours.hunt import Hunt
from loadtest.behaviours.light import Light
from loadtest.behaviours.lounge import Lounge
from loadtest.behaviours.revel import Revel
from loadtest.behaviours.stampede import Stampede
from loadtest.behaviours.stroll import Stroll

BEHAVIOURS: dict[str, type[Behaviour]] = {
    "gather": Gather,
    "hunt": Hunt,
    "light": Light,
    "lounge": Lounge,
    "revel": Revel,
    "stampede": Stampede,
    "stroll": Stroll,
}
