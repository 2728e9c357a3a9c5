"""Room for many connections: what the system allows is used, and too little is said clearly."""

import resource

import pytest

from loadtest import room
from loadtest.room import NoRoomError, make_room, share_out
from loadtest.target import Target

HERE = Target("tcp", "127.0.0.1", 1, "")
THERE = Target("ws", "127.0.0.1", 2, "/play")


def test_the_limit_of_open_files_is_raised_to_its_hard_end() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, hard), hard))
    try:
        make_room(10, [HERE])
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_too_few_open_files_name_the_limit_and_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda what: (1000, 1000))
    monkeypatch.setattr(resource, "setrlimit", lambda what, limits: None)
    make_room(900, [HERE])
    with pytest.raises(NoRoomError, match=r"--bots 1000: .*1000 files, 1064 are needed.*at most 936"):
        make_room(1000, [HERE])


def test_too_few_ports_are_said_before_they_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda what: (10**6, 10**6))
    monkeypatch.setattr(resource, "setrlimit", lambda what, limits: None)
    monkeypatch.setattr(room, "_local_ports", lambda: 1000)
    make_room(900, [HERE])
    make_room(1800, [HERE, THERE])
    with pytest.raises(NoRoomError, match="901 connections to one address"):
        make_room(901, [HERE])


def test_bots_take_the_targets_in_turn() -> None:
    assert share_out(5, [HERE, THERE]) == {HERE: 3, THERE: 2}
