"""The log: one line an event, on standard error, at the level that was asked for."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from aiohttp.http_exceptions import BadHttpMessage

from server.logs import OurFaults, configure
from server.settings import LogSettings


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_a_collector_gets_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogSettings(format="json"))
    structlog.get_logger().info("zone opened", zone="plaza")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["zone"], line["level"]) == ("zone opened", "plaza", "info")
    assert line["timestamp"].endswith("Z")


def test_a_collector_gets_a_traceback_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogSettings(format="json"))
    try:
        raise RuntimeError("no such zone")
    except RuntimeError:
        structlog.get_logger().exception("rule failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["exception"][0]["exc_value"] == "no such zone"


def test_a_person_gets_a_line_to_read(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogSettings(format="console"))
    structlog.get_logger().warning("zone closed", zone="plaza")
    captured = capsys.readouterr()
    assert "zone closed" in captured.err
    assert "zone=plaza" in captured.err
    assert captured.out == ""


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogSettings(level="warning"))
    structlog.get_logger().info("a detail")
    structlog.get_logger().error("a fault")
    written = capsys.readouterr().err
    assert "a detail" not in written
    assert "a fault" in written


def test_a_stranger_who_garbles_a_request_or_hangs_up_is_not_a_fault_of_ours_to_log() -> None:
    def record(error: Exception) -> logging.LogRecord:
        return logging.LogRecord("aiohttp.server", logging.ERROR, "", 0, "", (), (type(error), error, None))

    keep = OurFaults().filter
    assert not keep(record(BadHttpMessage("not HTTP")))
    assert not keep(record(ConnectionResetError("they hung up before they were answered")))
    assert keep(record(ValueError("a bug")))
