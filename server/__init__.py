"""The server: the only room that composes sockets, the clock, the world and the wire."""

from importlib.metadata import version

VERSION = version("futurecity")
