"""A real Prometheus that watches a real city: started on a free port with our files, and asked over HTTP."""

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from loadtest.ports import HOST, held_ports
from tests.deploy.queries import DEPLOY, read_yaml

# A city is open within two seconds and scraped within one more; a busy machine takes some times as long.
PATIENCE_S = 18.0
# How long to wait until it is worth asking again; if the process ends meanwhile, that is known at once.
AGAIN_S = 0.1
STOP_S = 5.0


class Watch:
    """A Prometheus that runs."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self._process, self._url, self._log = process, url, log

    def ask(self, path: str, **parameters: str) -> Any:
        """What its HTTP API answers: `data` of a success."""
        url = f"{self._url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            body = json.load(answer)
        assert body["status"] == "success", body
        return body["data"]

    def until(self, what: str, seen: Callable[[], bool]) -> None:
        """Returns as soon as that is seen; AssertionError when it is not in time, or Prometheus is gone."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not self._sees(seen):
            assert time.monotonic() < deadline_s, f"never {what}:\n{self._log.read_text()}"
            try:
                status = self._process.wait(AGAIN_S)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"Prometheus ended with {status}:\n{self._log.read_text()}")

    @staticmethod
    def _sees(seen: Callable[[], bool]) -> bool:
        try:
            return seen()
        except urllib.error.URLError:
            return False


def _configuration(city: str) -> dict[str, Any]:
    """Our prometheus.yml, for a city at this address, in haste."""
    config: dict[str, Any] = read_yaml("prometheus.yml")
    config["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(DEPLOY / name) for name in config["rule_files"]]
    config["scrape_configs"][0]["static_configs"] = [{"targets": [city]}]
    return config


@contextmanager
def watching(city: str, directory: Path) -> Iterator[Watch]:
    """A Prometheus with our rules that scrapes this address; what it writes goes into the directory."""
    (directory / "prometheus.yml").write_text(yaml.safe_dump(_configuration(city)), "utf-8")
    with held_ports(1) as (port,):
        command = [
            "prometheus",
            f"--config.file={directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address={HOST}:{port}",
        ]
        log = directory / "log"
        with log.open("wb") as said:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            yield Watch(process, f"http://{HOST}:{port}", log)
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
