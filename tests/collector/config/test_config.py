import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.places import ROOT

from fleetglass_collector.config import OTHER_VARIABLES, Config, keys, load, reference
from fleetglass_collector.config.config import Key
from fleetglass_collector.config.values import show_size, size
from fleetglass_collector.errors import ConfigError
from fleetglass_server.processes.process import LIFELINE

INTEGERS = [key for key in keys() if type(key.default) is int]


def _value(config: Config, key: Key) -> object:
    value: object = config
    for name in key.path.split("."):
        value = getattr(value, name)
    return value


def _file(folder: Path, text: str) -> Path:
    file = folder / "fleetglass.toml"
    file.write_text(text)
    return file


def test_without_anything_given_all_is_default() -> None:
    assert load(None, {}) == Config()


def test_every_default_is_one_that_could_be_given() -> None:
    environment = {key.variable: str(key.default) for key in keys()}

    assert load(None, environment) == Config()


def test_the_environment_goes_over_the_file_and_the_command_line_over_both(tmp_path: Path) -> None:
    file = _file(tmp_path, 'data = "a"\n[store]\ndatabase = "a"\ncluster = "a"')
    environment = {"FLEETGLASS_DATA": "b", "FLEETGLASS_STORE_DATABASE": "b"}

    config = load(file, environment, data="c")

    assert (config.data, config.store.database, config.store.cluster) == ("c", "b", "a")


def test_sections_keep_the_defaults_of_what_they_leave_out(tmp_path: Path) -> None:
    config = load(_file(tmp_path, "[journal]\nsegment_age_ms = 5"), {})

    assert config.journal == dataclasses.replace(Config().journal, segment_age_ms=5)


@pytest.mark.parametrize("key", list(keys()), ids=lambda key: key.path)
def test_every_key_can_be_given_by_its_variable(key: Key) -> None:
    other = {str: "127.0.0.1:9", int: "2097152", float: "7"}[type(key.default)]
    text = {"DATABASE": "other", "CLUSTER": "other"}.get(key.name.upper(), other)
    text = "5" if key.kind.expected.startswith("a whole number") else text
    pair = {"FLEETGLASS_RECEIVER_TLS_CERTIFICATE": "x", "FLEETGLASS_RECEIVER_TLS_KEY": "x"}
    environment = (pair if "tls" in key.path else {}) | {key.variable: text}

    value = _value(load(None, environment), key)

    assert type(value) is type(key.default)
    assert str(value) == str(type(key.default)(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[journal]\nmax_byte = 1", "did you mean 'journal.max_bytes'?"),
        ("[jurnal]\nmax_bytes = 1", "did you mean 'journal.max_bytes'?"),
        ("[jurnal]", "unknown key 'jurnal'"),
        ("receiver = 3", "unknown key 'receiver'"),
        ("[journal.max_bytes]\na = 1", "'journal.max_bytes' in "),
        ("data = 3", "'data' in .* wants the path of a folder, not 3"),
        ("data = ''", "wants the path of a folder"),
        ("[query]\nmax_threads = true", "wants a whole number from 1 to 1024, not True"),
        ("[query]\nmax_threads = 0", "not 0"),
        ("[query]\nmax_threads = 1.5", "not 1.5"),
        ("[query]\nlisten = '8123'", "wants HOST:PORT"),
        ("[query]\nlisten = '127.0.0.1:99999'", "wants HOST:PORT"),
        ("[journal]\nmax_bytes = '4 gallons'", "wants a size such as"),
        ("[journal]\nmax_bytes = -1", "wants a size such as"),
        ("[receiver]\nbody_timeout_s = nan", "wants seconds, above 0"),
        ("[receiver]\nbody_timeout_s = inf", "wants seconds, above 0"),
        ("[receiver]\ntls_key = 'a.pem'", "TLS needs both"),
        ("[receiver]\ngrpc = '127.0.0.1:4318'", "are both 127.0.0.1:4318"),
        ("[store]\ndatabase = 'x; DROP'", "wants a name of letters"),
        ("a = = 1", "is not TOML: .*line 1"),
    ],
)
def test_what_is_wrong_in_the_file_is_said(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        load(_file(tmp_path, text), {})


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"], ids=["missing", "not text"])
def test_a_file_that_cannot_be_read_is_named(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "fleetglass.toml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ConfigError, match="fleetglass.toml"):
        load(file, {})


def test_a_folder_instead_of_a_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        load(tmp_path, {})


def test_an_unknown_variable_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match="did you mean 'FLEETGLASS_STORE_DSN'"):
        load(None, {"FLEETGLASS_STORE_DNS": "x", "PATH": "/bin"})


def test_a_variable_that_will_not_do_is_called_by_its_name() -> None:
    with pytest.raises(ConfigError, match="^FLEETGLASS_QUERY_MAX_SECONDS wants .* not 'soon'$"):
        load(None, {"FLEETGLASS_QUERY_MAX_SECONDS": "soon"})


def test_variables_that_are_no_keys_are_left_alone() -> None:
    assert LIFELINE in OTHER_VARIABLES
    assert load(None, dict.fromkeys(OTHER_VARIABLES, "x")) == Config()


@pytest.mark.parametrize("dsn", ["ftp://u:hunter2@h", "http://u:hunter2@h:port", "HTTP://hunter2"])
def test_a_password_in_a_dsn_is_not_repeated(dsn: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(None, {}, store__dsn=dsn)

    assert "--dsn wants a directory, or http" in str(raised.value)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("dsn", "remote"), [("", False), ("folder", False), ("http://h:8123", True)]
)
def test_the_dsn_says_where_the_database_is(dsn: str, remote: bool) -> None:
    assert load(None, {}, store__dsn=dsn).is_remote is remote


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [("4GiB", 4 << 30), ("512 MB", 512_000_000), ("1kb", 1000), ("7", 7), ("7 B", 7)],
)
def test_sizes_have_units(text: str, bytes_: int) -> None:
    config = load(None, {"FLEETGLASS_JOURNAL_MAX_BYTES": text})

    assert config.journal.max_bytes == bytes_


@given(st.integers(1, 1 << 60))
def test_a_size_reads_back_as_it_is_shown(value: int) -> None:
    assert size(1).read(show_size(value)) == value


@given(st.sampled_from(INTEGERS), st.one_of(st.text(), st.integers(), st.floats(), st.booleans()))
def test_a_number_is_kept_or_refused_but_never_bent(key: Key, value: object) -> None:
    try:
        read = key.kind.read(value)
    except ValueError:
        return

    assert type(read) is int
    assert read > 0
    assert value == read if isinstance(value, int) else isinstance(value, str)


@given(st.sampled_from(list(keys())), st.text())
def test_any_text_is_taken_or_refused_by_name(key: Key, text: str) -> None:
    try:
        value = _value(load(None, {key.variable: text}), key)
    except ConfigError as error:
        value, message = None, str(error)
        named = key.variable in message or key.path in message
    else:
        named = True

    assert named
    assert type(value) in (type(key.default), type(None))


def test_the_documentation_has_the_table_of_keys() -> None:
    document = ROOT / "docs" / "configuration.md"

    assert reference() in document.read_text(encoding="utf-8")
