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


def test_without_settings_everything_has_its_default() -> None:
    assert load(None, {}) == Config()


def test_every_default_is_an_allowed_value() -> None:
    environment = {key.variable: str(key.default) for key in keys()}

    assert load(None, environment) == Config()


def test_the_environment_overrides_the_file_and_flags_override_both(tmp_path: Path) -> None:
    file = _file(tmp_path, 'data = "a"\n[store]\ndatabase = "a"\ncluster = "a"')
    environment = {"FLEETGLASS_DATA": "b", "FLEETGLASS_STORE_DATABASE": "b"}

    config = load(file, environment, data="c")

    assert (config.data, config.store.database, config.store.cluster) == ("c", "b", "a")


def test_a_key_missing_from_a_section_keeps_its_default(tmp_path: Path) -> None:
    config = load(_file(tmp_path, "[journal]\nsegment_age_ms = 5"), {})

    assert config.journal == dataclasses.replace(Config().journal, segment_age_ms=5)


@pytest.mark.parametrize("key", list(keys()), ids=lambda key: key.path)
def test_every_key_can_be_set_by_its_variable(key: Key) -> None:
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
        ("data = 3", "'data' in .* must be the path of a folder, not 3"),
        ("data = ''", "must be the path of a folder"),
        ("[query]\nmax_threads = true", "must be a whole number from 1 to 1024, not True"),
        ("[query]\nmax_threads = 0", "not 0"),
        ("[query]\nmax_threads = 1.5", "not 1.5"),
        ("[query]\nlisten = '8123'", "must be HOST:PORT"),
        ("[query]\nlisten = '127.0.0.1:99999'", "must be HOST:PORT"),
        ("[journal]\nmax_bytes = '4 gallons'", "must be a size such as"),
        ("[journal]\nmax_bytes = -1", "must be a size such as"),
        ("[receiver]\nbody_timeout_s = nan", "must be a number of seconds above 0"),
        ("[receiver]\nbody_timeout_s = inf", "must be a number of seconds above 0"),
        ("[receiver]\ntls_key = 'a.pem'", "TLS needs both"),
        ("[receiver]\ngrpc = '127.0.0.1:4318'", "are both 127.0.0.1:4318"),
        ("[store]\ndatabase = 'x; DROP'", "must be a name of letters"),
        ("a = = 1", "is not valid TOML: .*line 1"),
    ],
)
def test_an_error_in_the_file_is_explained(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        load(_file(tmp_path, text), {})


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"], ids=["missing", "not text"])
def test_an_unreadable_file_is_named(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "fleetglass.toml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ConfigError, match="fleetglass.toml"):
        load(file, {})


def test_a_folder_instead_of_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        load(tmp_path, {})


def test_an_unknown_variable_is_refused_and_the_closest_one_suggested() -> None:
    with pytest.raises(ConfigError, match="did you mean 'FLEETGLASS_STORE_DSN'"):
        load(None, {"FLEETGLASS_STORE_DNS": "x", "PATH": "/bin"})


def test_a_wrong_variable_is_named_in_the_error() -> None:
    with pytest.raises(ConfigError, match="^FLEETGLASS_QUERY_MAX_SECONDS must be .* not 'soon'$"):
        load(None, {"FLEETGLASS_QUERY_MAX_SECONDS": "soon"})


def test_variables_that_are_not_keys_are_ignored() -> None:
    assert LIFELINE in OTHER_VARIABLES
    assert load(None, dict.fromkeys(OTHER_VARIABLES, "x")) == Config()


@pytest.mark.parametrize("dsn", ["ftp://u:hunter2@h", "http://u:hunter2@h:port", "HTTP://hunter2"])
def test_a_password_in_a_dsn_is_not_repeated(dsn: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(None, {}, store__dsn=dsn)

    assert "--dsn must be a folder, or http" in str(raised.value)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("dsn", "remote"), [("", False), ("folder", False), ("http://h:8123", True)]
)
def test_an_http_dsn_means_a_remote_database(dsn: str, remote: bool) -> None:
    assert load(None, {}, store__dsn=dsn).is_remote is remote


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [("4GiB", 4 << 30), ("512 MB", 512_000_000), ("1kb", 1000), ("7", 7), ("7 B", 7)],
)
def test_a_size_may_have_a_unit(text: str, bytes_: int) -> None:
    config = load(None, {"FLEETGLASS_JOURNAL_MAX_BYTES": text})

    assert config.journal.max_bytes == bytes_


@given(st.integers(1, 1 << 60))
def test_a_size_that_is_shown_reads_back_the_same(value: int) -> None:
    assert size(1).read(show_size(value)) == value


@given(st.sampled_from(INTEGERS), st.one_of(st.text(), st.integers(), st.floats(), st.booleans()))
def test_a_number_is_accepted_unchanged_or_refused(key: Key, value: object) -> None:
    try:
        read = key.kind.read(value)
    except ValueError:
        return

    assert type(read) is int
    assert read > 0
    assert value == read if isinstance(value, int) else isinstance(value, str)


@given(st.sampled_from(list(keys())), st.text())
def test_any_text_is_accepted_or_the_error_names_the_key(key: Key, text: str) -> None:
    try:
        value = _value(load(None, {key.variable: text}), key)
    except ConfigError as error:
        value, message = None, str(error)
        named = key.variable in message or key.path in message
    else:
        named = True

    assert named
    assert type(value) in (type(key.default), type(None))


def test_the_documentation_contains_the_table_of_keys() -> None:
    document = ROOT / "docs" / "configuration.md"

    assert reference() in document.read_text(encoding="utf-8")
