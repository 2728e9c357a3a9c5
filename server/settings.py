"""Every setting of one server process: its default, its bounds and the reason for them.

These are the settings that may differ between two processes of one city. What must match in a
replay is `world.config.WorldConfig`, which is fingerprinted. Values are read once, in
`server/sources.py`, and never change while the process runs.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import SecretStr, model_validator

from server.kinds import (
    DatabaseUrl,
    Host,
    LoopbackHost,
    Networks,
    OpsToken,
    Origins,
    Section,
    Switch,
    Word,
    bounded,
    conflict,
    said,
)

# A handful of people take this much; with less a city would shed for ever.
BUSY_MAX_LEAST = 0.05


class GameSettings(Section):
    """What players reach: HTTP, WebSocket and TCP, and how much one of them may ask for."""

    host: Host = said("0.0.0.0", "Address players reach; every IPv4 interface, because players are elsewhere.")
    port: int = bounded(7400, 0, 65535, "HTTP and WebSocket; 0 takes any free port and the ready line says which.")
    tcp_port: int = bounded(7401, 0, 65535, "Game messages over plain TCP; 0 takes any free port.")
    backlog: int = bounded(
        2048, 1, 65535, "Connections the kernel holds until they are accepted: a stampede's worth of two thousand."
    )
    players_max: int = bounded(
        5000,
        1,
        100_000,
        "Players at once, those in login and those who may resume included; above 100,000 entity slots run out.",
    )
    per_address_max: int = bounded(
        64,
        1,
        100_000,
        "Connections from one address, so that one machine cannot take every place; a shared office fits.",
    )
    local_exempt: Switch = said(
        True,
        "Whether this machine itself is not limited by address: local proxies share one. A load test says no, whose "
        "bots have one each.",
    )
    per_address_per_s: float = bounded(
        4,
        0.1,
        10_000,
        "New connections a second from one address, once as many as may be open came at once; an office after a break.",
    )
    trusted_proxies: Networks | None = said(
        None,
        "Proxies believed about who calls: over HTTP by header, over TCP by the PROXY protocol, which they must speak.",
    )
    proxy_header: Literal["x-forwarded-for", "forwarded"] = said(
        "x-forwarded-for",
        "The header that trusted proxies write. One, because a proxy passes the other on as a client forged it.",
    )
    origins: Origins | None = said(
        None,
        "Origins whose pages may connect from a browser, beside our own; without it any. Other programs send none.",
    )
    page_dir: Path | None = said(
        None, "Directory with the built page that is served at /; without it the one that `make client` builds."
    )
    offence_s: float = bounded(
        30, 1, 3600, "How long whoever floods or sends garbage is kept out the first time; each time more it doubles."
    )
    offence_max_s: float = bounded(
        900,
        1,
        86_400,
        "The longest that anybody is kept out; who shares an address with an offender shares it for so long.",
    )
    offence_forgiven_s: float = bounded(
        600, 1, 86_400, "Good conduct after which one offence is forgotten; longer than two bad evenings need to meet."
    )
    joins_per_tick: int = bounded(
        20, 1, 1000, "Joins per tick at most, whatever they cost: 400 a second keeps the tick's pace."
    )
    hello_timeout_s: float = bounded(
        5, 0.1, 60, "From connecting to Hello; a silent connection holds a socket for no longer than this."
    )
    idle_s: float = bounded(30, 1, 600, "Silence after which a client is gone; two missed pings of 15 s.")
    resume_s: float = bounded(
        30, 0, 600, "How long a lost player keeps place and entity; a phone changes network in 10 s."
    )
    messages_per_s: int = bounded(40, 1, 1000, "Messages one client may send steadily; twice a 20 Hz input rate.")
    messages_burst: int = bounded(80, 1, 10_000, "Messages saved up while quiet; two seconds' worth after a stall.")
    flood_messages: int = bounded(
        120,
        1,
        100_000,
        "Messages beyond the burst, dropped and counted, before it is closed: with the burst ten seconds at 20 Hz.",
    )
    write_mark_bytes: int = bounded(
        32_768,
        4096,
        262_144,
        "Unsent bytes over which a client's frames are skipped; five seconds of frames, and far under 256 KiB.",
    )
    must_deliver_bytes_max: int = bounded(
        131_072,
        65_536,
        1_048_576,
        "Unsent bytes over which a client is parked as slow; at least one whole Welcome (64 KiB) must fit.",
    )
    slow_s: float = bounded(
        15, 1, 600, "How long a client may stay over the mark before it is parked; a phone's longest dead spot."
    )
    send_buffer_bytes: int = bounded(
        32_768,
        8192,
        4_194_304,
        "What the kernel holds for one client, instead of megabytes that hide from us that it does not read; "
        "at 300 ms a round trip it still carries 100 KB/s, ten times what anybody is sent.",
    )
    senders: int = bounded(
        2,
        1,
        8,
        "Threads that send a tick's frames, the loop's own among them: a send is the system's work, and needs no lock "
        "of Python's. More than two are idle most of the time.",
    )
    backlog_total_bytes_max: int = bounded(
        67_108_864,
        1_048_576,
        17_179_869_184,
        "Unsent bytes of all clients together, over which those who hold most are parked; two thousand at their mark.",
    )
    mailbox_bytes_max: int = bounded(
        16_384,
        4096,
        1_048_576,
        "What is kept of what one player alone is told, for when its link is lost; a minute of a festival's receipts.",
    )
    mailbox_s: float = bounded(
        60, 1, 1800, "How long that is kept; until a dead link is noticed (game.idle_s) and its player back."
    )
    drain_s: float = bounded(
        1,
        0,
        3600,
        "Countdown from SIGTERM or Ctrl-C to the goodbyes; a second signal ends it. Short, because the process must be "
        "gone within 5 s; a minute or more where players should finish what they do.",
    )
    goodbye_s: float = bounded(
        2, 0.1, 4, "Time for everyone's goodbye to be sent at shutdown; the process must be gone within 5 s."
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.messages_burst < self.messages_per_s:
            raise conflict("game.messages_burst", f"at least game.messages_per_s, which is {self.messages_per_s}")
        if self.offence_max_s < self.offence_s:
            raise conflict("game.offence_max_s", f"at least game.offence_s, which is {self.offence_s:g}")
        if self.must_deliver_bytes_max < self.write_mark_bytes:
            raise conflict(
                "game.must_deliver_bytes_max", f"at least game.write_mark_bytes, which is {self.write_mark_bytes}"
            )
        return self


class AdmissionSettings(Section):
    """Who comes in when not everybody can, and who waits."""

    busy_max: float = bounded(
        0.85, 0.1, 1, "Share of real time the loop may work before newcomers wait; the rest is for a crowd that moves."
    )
    join_budget_ms: float = bounded(
        5,
        0.1,
        50,
        "What joins may take of a tick, by their measured cost: a tenth of its 50 ms, so frames keep theirs.",
    )
    grace_s: float = bounded(
        30,
        0,
        600,
        "How long a place in line is kept for a lost link, as long as a body is; a phone changes network in 10 s.",
    )
    waiting_max: int = bounded(
        50_000,
        0,
        100_000,
        "People in each line at most, ten times a full city; one more is refused and may come again.",
    )
    told_per_tick: int = bounded(
        60,
        1,
        1000,
        "Positions refreshed per tick, the nearest first; 60 take the loop about a millisecond.",
    )


class GovernorSettings(Section):
    """When detail is left out."""

    busy_max: float = bounded(
        0.9,
        BUSY_MAX_LEAST,
        1,
        "Share of real time the loop may work before detail is shed; beyond 0.95 of it ticks begin to be late.",
    )


class TlsSettings(Section):
    """Whether players reach the city over TLS, on both of their ports."""

    cert_file: Path | None = said(
        None, "PEM file with the certificate and those between it and its issuer; without it both ports are plain."
    )
    key_file: Path | None = said(None, "PEM file with the certificate's private key, without a password.")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for missing, given in (("key_file", "cert_file"), ("cert_file", "key_file")):
            if getattr(self, missing) is None and getattr(self, given) is not None:
                raise conflict(f"tls.{missing}", f"set where tls.{given} is")
        return self


class OpsSettings(Section):
    """What operators and their Prometheus reach, from this machine only."""

    host: LoopbackHost = said("127.0.0.1", "Loopback only: it is for this machine, its agents and its operators.")
    port: int = bounded(
        7490, 0, 65535, "Health, readiness, metrics, the ops API and the console; 0 takes any free port."
    )
    token: OpsToken | None = said(None, "Bearer token for changing anything; without it that is refused.")
    token_name: Word = said("operator", "Who the ops log says did what was done with the token.")
    viewer_token: OpsToken | None = said(
        None, "Bearer token for looking at people, at what operators did and at the console; it changes nothing."
    )
    viewer_name: Word = said("viewer", "Who the log says signed in with the viewer's token.")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.token is not None and self.token == self.viewer_token:
            raise conflict("ops.viewer_token", "another text than ops.token, or every viewer is an operator")
        return self


class AuthSettings(Section):
    """Who may come in: how signed tokens are checked, and whether guests are welcome."""

    key: SecretStr | None = said(
        None, "Key that signed tokens are checked with; without it, and without a file, they are refused."
    )
    key_file: Path | None = said(
        None, "File with the key, in place of `auth.key`: the PEM of a public key or, for HS256, the secret."
    )
    algorithm: Literal["HS256", "RS256", "ES256", "EdDSA"] = said(
        "HS256", "How tokens must be signed. One, because a key that goes with two algorithms can be confused."
    )
    audience: Word = said("futurecity", "The `aud` that a token must name; one made for something else opens nothing.")
    issuer: Word | None = said(None, "The `iss` that a token must name; without it any will do.")
    leeway_s: float = bounded(
        5, 0, 300, "How far the clocks of this machine and of the issuer may differ; machines with NTP keep within 1 s."
    )
    guests: Switch = said(True, "Whether one may come in without a signed token.")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.key is not None and self.key_file is not None:
            raise conflict("auth.key_file", "left out where auth.key is set: one key only")
        if not self.guests and self.key is None and self.key_file is None:
            raise conflict("auth.guests", "true where no key is set: otherwise nobody could come in")
        return self


class WorldSettings(Section):
    """Which city this is."""

    content: Path | None = said(None, "Directory with the city's *.toml files; without it the city that is shipped.")
    seed: int = bounded(1, 0, 2**63 - 1, "Seed of every random stream of the world; TOML integers have 63 bits.")


class StoreSettings(Section):
    """Where what is owned is kept, and how long the city waits for it."""

    url: DatabaseUrl = said(
        "sqlite:///data/futurecity.db",
        "The database of crystals and players; a file needs no service, PostgreSQL is for production.",
    )
    group_max: int = bounded(
        256,
        1,
        1024,
        "Settlements that share one transaction and its fsync; 256 take 15 ms, and the loop no more than 5 at once.",
    )
    busy_timeout_s: float = bounded(
        1, 0.01, 30, "Wait for whoever else holds the database; longer than a backup's longest lock."
    )
    connect_timeout_s: float = bounded(2, 0.1, 60, "Wait for a connection to PostgreSQL; a network's worst round trip.")
    answer_timeout_s: float = bounded(
        5, 0.1, 60, "Wait for PostgreSQL's answer, after which it counts as away; a slow disk's worst commit."
    )


class LogSettings(Section):
    """What the process says on standard error."""

    level: Literal["debug", "info", "warning", "error"] = said("info", "The least important level that is written.")
    format: Literal["console", "json"] = said("console", "console for people, json for a log collector.")


class ServerSettings(Section):
    """Everything that can be set for one process, as `futurecity serve` reads it."""

    game: GameSettings = GameSettings()
    governor: GovernorSettings = GovernorSettings()
    tls: TlsSettings = TlsSettings()
    admission: AdmissionSettings = AdmissionSettings()
    ops: OpsSettings = OpsSettings()
    auth: AuthSettings = AuthSettings()
    world: WorldSettings = WorldSettings()
    store: StoreSettings = StoreSettings()
    log: LogSettings = LogSettings()
    journal: Path | None = said(
        None, "File to record the city into; it must not exist yet. Without it nothing is recorded."
    )
    bots: int = bounded(0, 0, 1000, "Demo players that live in the city; more than a thousand is a load test.")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.bots > self.game.players_max:
            raise conflict("bots", f"at most game.players_max, which is {self.game.players_max}")
        seen = {self.game.port: "game.port"}
        for key, port in (("game.tcp_port", self.game.tcp_port), ("ops.port", self.ops.port)):
            if port and port in seen:
                raise conflict(key, f"a port other than {seen[port]}, which is {port} too")
            seen[port] = key
        return self
