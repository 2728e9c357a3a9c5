"""Ports that are held: a server of ours gets them, and nobody else does."""

import errno
import os
import socket

import pytest

from loadtest.ports import HOST, held_ports


def test_they_differ_and_a_server_that_asks_for_one_gets_it() -> None:
    with held_ports(3) as ports:
        assert len(set(ports)) == 3
        for port in ports:
            socket.create_server((HOST, port)).close()
    for port in ports:
        socket.create_server((HOST, port)).close()


def test_one_that_is_held_is_not_free_to_others() -> None:
    taken = os.strerror(errno.EADDRINUSE)
    with held_ports(1) as (port,), socket.socket() as other, pytest.raises(OSError, match=taken):
        other.bind((HOST, port))


def test_a_server_that_listens_on_one_can_be_reached() -> None:
    with (
        held_ports(1) as (port,),
        socket.create_server((HOST, port)) as server,
        socket.create_connection((HOST, port)) as client,
        server.accept()[0] as link,
    ):
        client.sendall(b"here")
        assert link.recv(4) == b"here"
