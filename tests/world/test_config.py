"""The config is the packaged content or a clear list of what is wrong with another."""

from pathlib import Path

import msgspec
import pytest

from world.config import (
    AVATAR_FILE,
    CITY_FILE,
    CONTENT_DIR,
    FESTIVAL_FILE,
    FILE_BYTES_MAX,
    TUNING_FILE,
    ContentError,
    fingerprint,
    load_config,
)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A copy of the packaged content, to break."""
    for file in (CITY_FILE, TUNING_FILE, FESTIVAL_FILE, AVATAR_FILE):
        (tmp_path / file).write_bytes((CONTENT_DIR / file).read_bytes())
    return tmp_path


def edit(content: Path, file: str, old: str, new: str) -> None:
    """Replace the first `old` in a file of the content."""
    text = (content / file).read_text("utf-8")
    assert old in text
    (content / file).write_text(text.replace(old, new, 1), "utf-8")


def faults(content: Path) -> list[tuple[str, str]]:
    """File and key of everything that is wrong."""
    with pytest.raises(ContentError) as wrong:
        load_config(content)
    return [(fault.file, fault.key) for fault in wrong.value.faults]


def test_the_same_content_is_the_same_config(content: Path) -> None:
    assert load_config(content, 5) == load_config(None, 5)
    assert fingerprint(load_config(content, 5)) == fingerprint(load_config(None, 5))
    assert load_config().tick_rate_hz == 20


def test_any_difference_is_another_fingerprint(content: Path) -> None:
    prints = {fingerprint(load_config()), fingerprint(load_config(seed=1))}
    prints.add(fingerprint(msgspec.structs.replace(load_config(), tick_rate_hz=10)))
    edit(content, TUNING_FILE, "run_m_s = 6.0", "run_m_s = 6.01")
    prints.add(fingerprint(load_config(content)))
    edit(content, CITY_FILE, "spread_m = 6", "spread_m = 5.75")
    prints.add(fingerprint(load_config(content)))
    edit(content, FESTIVAL_FILE, "number = 300", "number = 301")
    prints.add(fingerprint(load_config(content)))
    edit(content, AVATAR_FILE, "usual_least = 48", "usual_least = 49")
    prints.add(fingerprint(load_config(content)))
    assert len(prints) == 7


def test_faults_of_all_files_are_named_together(content: Path) -> None:
    edit(content, CITY_FILE, "depth_m = 60", "depth_m = 601")
    edit(content, TUNING_FILE, "walk_m_s = 1.8", 'walk_m_s = "fast"')
    edit(content, TUNING_FILE, "wave_one_in = 4", "wave_one_in = 0\nmood = 1")
    edit(content, FESTIVAL_FILE, "value = 10", "value = 1000")
    edit(content, AVATAR_FILE, "usual_least = 48", "usual_least = 256")
    assert faults(content) == [
        (CITY_FILE, "zone[0].depth_m"),
        (TUNING_FILE, "movement.walk_m_s"),
        (TUNING_FILE, "hosts.mood"),
        (TUNING_FILE, "hosts.wave_one_in"),
        (FESTIVAL_FILE, "crystal[2].value"),
        (AVATAR_FILE, "slider[0].usual_least"),
    ]


def test_numbers_that_do_not_go_together_are_named(content: Path) -> None:
    edit(content, TUNING_FILE, "walk_m_s = 1.8", "walk_m_s = 7")
    edit(content, TUNING_FILE, "pause_most_s = 8.0", "pause_most_s = 2.0")
    assert faults(content) == [(TUNING_FILE, "movement.run_m_s"), (TUNING_FILE, "hosts.pause_most_s")]


def test_a_jump_that_reaches_a_roof_is_a_fault_of_the_map(content: Path) -> None:
    edit(content, TUNING_FILE, "jump_m_s = 6.4", "jump_m_s = 12")
    assert all(key.endswith("height_m") for _, key in faults(content))


def test_a_fault_says_on_which_line_it_is(content: Path) -> None:
    edit(content, FESTIVAL_FILE, "value = 10", "value = 1000")
    edit(content, FESTIVAL_FILE, 'drop = [{ kind = "quartz", weight = 80 }', 'drop = [{ kind = "quarz", weight = 80 }')
    edit(content, TUNING_FILE, "gravity_m_s2 = 20.0   # twice", "# twice")
    with pytest.raises(ContentError) as wrong:
        load_config(content)
    told = [(fault.key, fault.line) for fault in wrong.value.faults]
    lines = {file: (content / file).read_text("utf-8").split("\n") for file in (FESTIVAL_FILE, TUNING_FILE)}
    assert told == [
        ("movement.gravity_m_s2", lines[TUNING_FILE].index("[movement]") + 1),
        ("crystal[2].value", lines[FESTIVAL_FILE].index("value = 1000") + 1),
    ]
    edit(content, FESTIVAL_FILE, "value = 1000", "value = 10")
    edit(content, TUNING_FILE, "# twice", "gravity_m_s2 = 20.0   # twice")
    with pytest.raises(ContentError, match=r"events\.toml:\d+: rain\[0\]\.drop\[0\]\.kind is 'quarz'") as wrong:
        load_config(content)
    (fault,) = wrong.value.faults
    assert fault.line is not None
    assert "quarz" in lines[FESTIVAL_FILE][fault.line - 1]


@pytest.mark.parametrize("text", ["x = " + "[" * 20_000, "x = " + "1" * 5_000], ids=["deep", "long"])
def test_what_no_reader_of_toml_takes_is_a_fault_and_no_crash(content: Path, text: str) -> None:
    (content / TUNING_FILE).write_text(text)
    assert faults(content) == [(TUNING_FILE, "")]


def test_a_file_has_a_size_that_it_may_have(content: Path) -> None:
    text = (content / TUNING_FILE).read_text("utf-8")
    (content / TUNING_FILE).write_text(text + "#" * (FILE_BYTES_MAX - len(text.encode())), "utf-8")
    assert load_config(content) == load_config()
    with (content / TUNING_FILE).open("a") as file:
        file.write("#")
    with pytest.raises(ContentError, match=r"tuning\.toml: the file is 'over 262144 bytes'"):
        load_config(content)


def test_a_missing_file_is_named(content: Path) -> None:
    (content / CITY_FILE).unlink()
    with pytest.raises(ContentError, match=r"city\.toml: the file is .*a readable file"):
        load_config(content)


def test_a_file_that_is_no_toml_is_named_with_its_line(content: Path) -> None:
    (content / TUNING_FILE).write_text("[movement]\nwalk_m_s = \n")
    with pytest.raises(ContentError, match=r"tuning\.toml:2: .*line 2.*TOML"):
        load_config(content)


def test_a_file_that_is_no_text_is_named(content: Path) -> None:
    (content / TUNING_FILE).write_bytes(b"[movement]\n\xff")
    with pytest.raises(ContentError, match=r"tuning\.toml:2: .*byte 11.*UTF-8"):
        load_config(content)
