"""A plaza on Socket.IO: `python -m loadtest.peers.python.socketio_server PORT`, python-socketio on uvicorn.

As its documentation has it: an AsyncServer as an ASGI application, handlers for events, everybody in a room, a
background task that emits to that room. The state is binary, which is the smallest a Socket.IO event can carry.
"""

import sys
from typing import Any

import socketio
import uvicorn

from loadtest.peers.python.plaza import Plaza, live

ROOM = "plaza"


class Server:
    """The plaza, and which body belongs to whom."""

    def __init__(self) -> None:
        self.plaza = Plaza()
        self.rows: dict[str, int] = {}
        self.sio = socketio.AsyncServer(async_mode="asgi")
        self.sio.on("connect", self.connect)
        self.sio.on("disconnect", self.disconnect)
        self.sio.on("move", self.move)
        # The loop holds tasks weakly only.
        self.living: Any = None

    async def connect(self, sid: str, _environ: dict[str, Any], place: dict[str, float]) -> None:
        """Somebody comes, and says where they stand."""
        self.rows[sid] = self.plaza.enter(place["x"], place["z"])
        await self.sio.enter_room(sid, ROOM)

    async def disconnect(self, sid: str, _reason: str) -> None:
        """Somebody has gone."""
        if (row := self.rows.pop(sid, None)) is not None:
            self.plaza.leave(row)

    async def move(self, sid: str, steer: int, gait: int) -> None:
        """Somebody walks."""
        self.plaza.move(self.rows[sid], steer, gait)

    async def tell(self, state: bytes) -> None:
        """Send it to everybody."""
        await self.sio.emit("state", state, room=ROOM)

    async def begin(self) -> None:
        """Let the plaza live, once there is a loop."""
        print("ready", flush=True)
        self.living = self.sio.start_background_task(live, self.plaza, self.tell)


def main(port: int) -> None:
    """Serve until the process is ended."""
    server = Server()
    app = socketio.ASGIApp(server.sio, on_startup=server.begin)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
