"""One adapter for each server that is compared, ours first."""

from loadtest.peers.adapters.base import Adapter
from loadtest.peers.adapters.city import CityAdapter
from loadtest.peers.adapters.colyseus import ColyseusRoom, ColyseusViews
from loadtest.peers.adapters.socketio import SocketIo
from loadtest.peers.adapters.websockets import Websockets

ADAPTERS: dict[str, type[Adapter]] = {
    each.name: each for each in (CityAdapter, ColyseusViews, ColyseusRoom, SocketIo, Websockets)
}
