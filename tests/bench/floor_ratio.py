"""What the city costs as a multiple of the floor, both measured in turn: `python -m tests.bench.floor_ratio`.

    python -m tests.bench.floor_ratio [--clients 2000 4000] [--transports ws tcp] [--rounds 3] [--seconds 8]

Floor, city, floor, city, … floor: each city is divided by the mean of the floors before and after it, and the median
of those ratios is quoted with the least and the largest. The city is the plaza scenario, but its people arrive in the
plaza, which saves their walk from the gate; the floor writes as many bytes with each frame as the city did. All of it
takes about a quarter of an hour: 50 s for each round of each size and transport, and a floor more.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

import msgspec

from loadtest.report import Report
from tests.bench.bench_floor import BYTES
from tests.bench.measuring import machine
from world.config import CITY_FILE, CONTENT_DIR

CLIENTS, TRANSPORTS, ROUNDS, SECONDS = (2_000, 4_000), ("ws", "tcp"), 3, 8.0
# After the last has come: time for everybody to find their knot and to be introduced.
SETTLE_S, JOINS_PER_S = 10, 500
# Ten times what a run takes; one that hangs must not hang all others.
RUN_S_MAX = 300


class City(NamedTuple):
    """A run of the city: CPU in µs and bytes for each frame, and frames a second and bot."""

    us: float
    bytes: float
    hz: float


class Line(NamedTuple):
    """One size over one transport: all floors and the cities between them."""

    clients: int
    transport: str
    floors_us: list[float]
    cities: list[City]

    @property
    def ratios(self) -> list[float]:
        """Each city by the mean of the floors on both sides of it."""
        around = zip(self.floors_us, self.floors_us[1:], strict=False)
        return [city.us / mean(pair) for city, pair in zip(self.cities, around, strict=True)]


def markdown(line: Line) -> str:
    """A row of the table."""
    ratios, hz = line.ratios, mean(city.hz for city in line.cities)
    return (
        f"| {line.clients:,}, {line.transport} | {median(line.floors_us):.1f} | "
        f"{median(city.us for city in line.cities):.1f} | {mean(city.bytes for city in line.cities):.0f} | {hz:.2f} | "
        f"{median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} |"
    )


def interleaved(clients: int, transport: str, rounds: int, seconds: float) -> Line:
    """Floor, city, floor, …"""
    line, size = Line(clients, transport, [], []), BYTES
    for _ in range(rounds):
        line.floors_us.append(floor_us(clients, transport, size, seconds))
        line.cities.append(city(clients, transport, seconds))
        size = round(line.cities[-1].bytes)
    line.floors_us.append(floor_us(clients, transport, size, seconds))
    return line


def floor_us(clients: int, transport: str, size: int, seconds: float) -> float:
    """The floor, in processes of its own."""
    words = ["--clients", str(clients), "--transport", transport, "--bytes", str(size), "--seconds", f"{seconds:g}"]
    return float(json.loads(_run("tests.bench.bench_floor", *words, "--json"))["us"])


def city(clients: int, transport: str, seconds: float) -> City:
    """The city, in processes of its own. Raises SystemExit when not everybody was served to the end."""
    with tempfile.TemporaryDirectory() as directory:
        where = Path(directory)
        scenario = where / "plaza.toml"
        scenario.write_text(scenario_text(clients, _opening_into_the_plaza(where / "content")), "utf-8")
        words = ["--bots", str(clients), "--transport", transport, "--seconds", f"{seconds:g}"]
        _run("loadtest", str(scenario), *words, "--report", str(where))
        report = msgspec.json.decode((where / "report.json").read_bytes(), type=Report)
    return served(report)


def served(report: Report) -> City:
    """The figures of a run; a city that lost people was cheaper than one that did not."""
    server, hz, down = report.server, report.frames.mean_hz, report.bytes_per_client_s.down
    if report.joined < report.bots or report.disconnected_healthy or not (server and server.cpu_us_per_frame):
        raise SystemExit(f"the city did not serve everybody: {'; '.join(report.verdict.failures)}")
    if not hz or not down:
        raise SystemExit("no bot had a frame")
    return City(server.cpu_us_per_frame, down / hz, hz)


def scenario_text(clients: int, content: Path) -> str:
    """The plaza scenario, with everybody arriving in the plaza and little to wait for."""
    text = resources.files("loadtest").joinpath("scenarios", "plaza.toml").read_text("utf-8")
    for key, value in (("over_s", clients / JOINS_PER_S), ("seconds_min", SETTLE_S), ("seconds_max", SETTLE_S)):
        text, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value:g}", text)
        assert found == 1, f"the plaza scenario says {key} once"
    return text + f"\n[server.world]\ncontent = {json.dumps(str(content))}\n"


def _opening_into_the_plaza(content: Path) -> Path:
    shutil.copytree(CONTENT_DIR, content)
    map_file = content / CITY_FILE
    text, found = re.subn('(?m)^gate = "gate"$', 'gate = "crystal_plaza"', map_file.read_text("utf-8"))
    assert found == 1, "the map names its gate once"
    map_file.write_text(text, "utf-8")
    return content


def _run(module: str, *words: str) -> str:
    """What a module says. Raises SystemExit when it could not run: a load test that fails its limits has run."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words], capture_output=True, text=True, check=False, timeout=RUN_S_MAX
    )
    if done.returncode not in (0, 1) or (done.returncode and module != "loadtest"):
        raise SystemExit(f"{module}: exit status {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def lines(sizes: Sequence[int], transports: Sequence[str], rounds: int, seconds: float) -> Iterator[Line]:
    """Every size over every transport."""
    return (interleaved(clients, transport, rounds, seconds) for clients in sizes for transport in transports)


def main() -> None:
    """Print the table, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description="The city's CPU per frame as a multiple of the floor's.")
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS)
    parser.add_argument("--transports", choices=TRANSPORTS, nargs="+", default=TRANSPORTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    asked = parser.parse_args()
    print(f"{machine()}, {asked.rounds} rounds of {asked.seconds:g} s:\n")
    print("| clients | floor, µs/frame | city, µs/frame | bytes/frame | Hz | × floor | spread |")
    print("|---|---:|---:|---:|---:|---:|---|", flush=True)
    for line in lines(asked.clients, asked.transports, asked.rounds, asked.seconds):
        print(markdown(line), flush=True)


if __name__ == "__main__":
    main()
