"""Where settings come from: file, environment and flags, who wins, and what each fault says."""

from pathlib import Path
from typing import Annotated

import pytest
from annotated_types import Le
from pydantic import BaseModel, SecretStr, StringConstraints

from server.kinds import Allowed
from server.settings import ServerSettings
from server.sources import Loaded, SettingsError, effective, fields, load, variable

SECRET = "correct horse battery staple"


class Vault(BaseModel):
    """Settings with something to hide."""

    token: SecretStr
    spare: Annotated[SecretStr, StringConstraints(min_length=8), Allowed("at least 8 characters")] | None = None
    door: int = 1


class Keyring(BaseModel):
    """A section of settings, as ServerSettings has them."""

    vault: Vault = Vault(token=SecretStr("a default that is not to be seen either"))


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(*flags: str, file: str | None = None, **environment: str) -> Loaded[ServerSettings]:
    if file is not None:
        Path("futurecity.toml").write_text(file, encoding="utf-8")
    return load(ServerSettings, flags, environment)


def faults(*flags: str, file: str | None = None, **environment: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(*flags, file=file, **environment)
    return [str(fault) for fault in caught.value.faults]


def test_with_nothing_given_everything_is_a_default() -> None:
    assert read() == Loaded(ServerSettings(), {})


def test_flag_beats_environment_beats_file_beats_default() -> None:
    file = "[game]\nport = 1001\ntcp_port = 1002\nidle_s = 40\n"
    loaded = read("--game.port", "3001", file=file, FUTURECITY_GAME__PORT="2001", FUTURECITY_GAME__TCP_PORT="2002")
    game = loaded.settings.game
    assert (game.port, game.tcp_port, game.idle_s, game.resume_s) == (3001, 2002, 40, 30)
    assert loaded.origins == {
        "game.port": "flag --game.port",
        "game.tcp_port": "environment variable FUTURECITY_GAME__TCP_PORT",
        "game.idle_s": "file futurecity.toml, key game.idle_s",
    }


@pytest.mark.parametrize("key", fields(ServerSettings))
def test_every_setting_can_be_given_by_flag_and_by_environment(key: str) -> None:
    words = {"ops.host": "::1", "log.level": "debug", "log.format": "json", "ops.token": "sixteen or longer"}
    words |= {"ops.viewer_token": "sixteen or longer too", "game.local_exempt": "false"}
    words |= {"auth.algorithm": "ES256", "auth.guests": "false", "store.url": "sqlite:///elsewhere.db"}
    words |= {
        "game.trusted_proxies": "192.0.2.0/24",
        "game.origins": "https://a.example",
        "game.proxy_header": "forwarded",
    }
    value = next((str(note.le) for note in fields(ServerSettings)[key].metadata if isinstance(note, Le)), "somewhere")
    roomy = ["--game.messages_burst=10000", "--game.must_deliver_bytes_max=1048576"]
    roomy += ["--auth.key=somebody must be able to come in"] if key == "auth.guests" else []
    roomy += ["--game.offence_max_s=86400"] if key == "game.offence_s" else []
    roomy += ["--tls.key_file=b.pem"] if key == "tls.cert_file" else []
    roomy += ["--tls.cert_file=a.pem"] if key == "tls.key_file" else []
    flag = load(ServerSettings, [*roomy, f"--{key}", words.get(key, value)], {})
    environment = load(ServerSettings, roomy, {variable(key): words.get(key, value)})
    assert flag.settings == environment.settings
    assert flag.settings != ServerSettings()
    assert {key} <= flag.origins.keys() == environment.origins.keys()


def test_a_flag_may_be_written_with_an_equals_sign_and_the_last_one_wins() -> None:
    assert read("--game.port=8000", "--game.port", "8001").settings.game.port == 8001
    assert read("--journal=a=b.journal").settings.journal == Path("a=b.journal")


def test_another_file_is_read_when_it_is_named() -> None:
    Path("other.toml").write_text("bots = 7\n", encoding="utf-8")
    assert read("--config", "other.toml", file="bots = 6\n").settings.bots == 7
    assert read(FUTURECITY_CONFIG="other.toml").settings.bots == 7


def test_variables_of_other_programs_are_none_of_our_business() -> None:
    assert read(PATH="/bin", FUTURE="x", FUTURECITYX="1").origins == {}


@pytest.mark.parametrize(
    ("flags", "fault"),
    [
        (["--game.port", "99999"], 'flag --game.port = "99999": must be an integer from 0 to 65535'),
        (["--game.port", "many"], 'flag --game.port = "many": must be an integer from 0 to 65535'),
        (["--game.port"], 'flag --game.port = "": must be an integer from 0 to 65535'),
        (["--game.port", "--bots=1"], 'flag --game.port = "": must be an integer from 0 to 65535'),
        (["--game.idle_s", "nan"], 'flag --game.idle_s = "nan": must be a number from 1 to 600'),
        (["--game.idle_s", "inf"], 'flag --game.idle_s = "inf": must be a number from 1 to 600'),
        (["--game.prot", "1"], "flag --game.prot: no such setting; game.port is"),
        (["--game", "1"], "flag --game: is a table; its keys are game.host, game.port"),
        (["--log.level", "loud"], 'flag --log.level = "loud": must be one of debug, info, warning, error'),
        (["--journal", ""], 'flag --journal = "": must be a path'),
        (["--ops.host", "0.0.0.0"], 'flag --ops.host = "0.0.0.0": must be a loopback address'),
        (["7400"], "argument 7400: flags are --KEY VALUE or --KEY=VALUE"),
        (["--bots", "5001"], 'flag --bots = "5001": must be an integer from 0 to 1000'),
        (["--game.messages_burst=4"], "flag --game.messages_burst = 4: must be at least game.messages_per_s"),
        (["--ops.port=7400"], "flag --ops.port = 7400: must be a port other than game.port"),
        (["--config", "no.toml"], "flag --config = no.toml: cannot be read: No such file or directory"),
    ],
)
def test_a_bad_flag_is_named_with_its_value_and_what_is_allowed(flags: list[str], fault: str) -> None:
    (found,) = faults(*flags)
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        ("[game]\nport = 99999", "key game.port = 99999: must be an integer from 0 to 65535"),
        ('[game]\nport = "7400"', 'key game.port = "7400": must be an integer from 0 to 65535'),
        ("[game]\nport = true", "key game.port = true: must be an integer from 0 to 65535"),
        ("[game]\nport = 7400.0", "key game.port = 7400.0: must be an integer from 0 to 65535"),
        ("[game]\nport = [1]", "key game.port = [1]: must be an integer from 0 to 65535"),
        ("[game]\nidle_s = nan", "key game.idle_s = NaN: must be a number from 1 to 600"),
        ("[game]\nidle_s = 2026-11-23", 'key game.idle_s = "2026-11-23": must be a number from 1 to 600'),
        ("[gmae]\nport = 1", "key gmae: no such setting"),
        ("game = 5", "key game: is a table; its keys are game.host, game.port"),
        ("[game]\nprot = 1", "key game.prot: no such setting; game.port is"),
        ("journal = 5", "key journal = 5: must be a path"),
        ('config = "x"', "key config: no such setting"),
    ],
)
def test_a_bad_key_in_the_file_is_named_with_its_value_and_what_is_allowed(file: str, fault: str) -> None:
    (found,) = faults(file=file)
    assert found.startswith(f"file futurecity.toml, {fault}")


def test_a_file_that_is_not_toml_is_named_with_the_line() -> None:
    (found,) = faults(file="[game]\nport 7400")
    assert found.startswith("file futurecity.toml: is not TOML")
    assert "line 2" in found


def test_a_file_that_is_not_text_is_named() -> None:
    Path("futurecity.toml").write_bytes(b"\xff\xfe\x00")
    (found,) = faults()
    assert found.startswith("file futurecity.toml: is not TOML")


@pytest.mark.parametrize("name", ["FUTURECITY_GAME__PROT", "FUTURECITY_game__port", "FUTURECITY_GAME_PORT"])
def test_an_unknown_variable_with_our_prefix_is_an_error(name: str) -> None:
    (found,) = faults(**{name: "7400"})
    assert found.startswith(f"environment variable {name}: no such setting")


def test_all_faults_of_all_sources_are_told_at_once() -> None:
    found = faults("--bots=-1", "--nope", file="[game]\nport = -1\nhost = 5", FUTURECITY_LOG__LEVEL="loud")
    assert [line.split(":")[0].split(" = ")[0] for line in found] == [
        "file futurecity.toml, key game.port",
        "file futurecity.toml, key game.host",
        "environment variable FUTURECITY_LOG__LEVEL",
        "flag --bots",
        "flag --nope",
    ]


def test_a_bad_value_is_a_fault_even_where_another_source_wins() -> None:
    (found,) = faults("--game.port=8000", FUTURECITY_GAME__PORT="x")
    assert found.startswith("environment variable FUTURECITY_GAME__PORT")


def test_the_effective_settings_list_every_key_and_the_source_of_what_is_not_a_default() -> None:
    lines = effective(read("--bots", "50"))
    assert [line.split(" = ")[0] for line in lines] == list(fields(ServerSettings))
    assert "bots = 50  (flag --bots)" in lines
    assert "game.port = 7400" in lines
    assert "journal = none" in lines


def test_a_secret_is_never_shown_whether_it_is_given_or_a_default() -> None:
    given = load(Keyring, ["--vault.token", SECRET], {})
    assert given.settings.vault.token.get_secret_value() == SECRET
    assert "vault.token = ********  (flag --vault.token)" in effective(given)
    shown = "\n".join(effective(given) + effective(load(Keyring, [], {})))
    assert SECRET not in shown
    assert "default" not in shown


def test_a_secret_is_not_shown_by_an_error_about_it_or_about_a_misspelt_key() -> None:
    Path("futurecity.toml").write_text(f'[vault]\ntoken = ["{SECRET}"]\ntokn = "{SECRET}"\n', encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(Keyring, [f"--vault.tokken={SECRET}"], {"FUTURECITY_VAULT__TOKE": SECRET})
    assert len(caught.value.faults) == 4
    assert SECRET not in str(caught.value)


def test_a_secret_that_may_be_left_out_is_no_less_secret_and_says_what_it_may_be() -> None:
    assert "vault.spare = ********  (flag --vault.spare)" in effective(
        load(Keyring, ["--vault.token=x", "--vault.spare", SECRET], {})
    )
    with pytest.raises(SettingsError) as caught:
        load(Keyring, ["--vault.token=x", "--vault.spare", "sesame"], {})
    assert str(caught.value) == "flag --vault.spare = ********: must be at least 8 characters"


def test_the_password_in_a_url_is_hidden_and_the_rest_is_shown() -> None:
    given = read("--store.url", "postgresql://city:pass@wo:rd@db.example/city")
    assert given.settings.store.url == "postgresql://city:pass@wo:rd@db.example/city"
    assert "store.url = postgresql://city:********@db.example/city  (flag --store.url)" in effective(given)


@pytest.mark.parametrize("url", ["mysql://city:{}@db/city", "mysql://db/city?password={}&x=y"])
def test_the_password_in_a_url_is_not_shown_by_an_error_about_it(url: str) -> None:
    (fault,) = faults("--store.url", url.format("sesame"))
    assert fault.startswith(f'flag --store.url = "{url.format("********")}": must be ')
