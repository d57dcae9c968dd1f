"""The user's own prices in the configuration file."""

from pathlib import Path

import pytest
from kit.places import ROOT

from fleetglass_collector.config import Config, load
from fleetglass_collector.config.prices import ConfiguredPrice
from fleetglass_collector.errors import ConfigError

DAY = '[[prices]]\nmodel = "m"\ninput = 1\noutput = 2\n'


def read(folder: Path, text: str) -> Config:
    file = folder / "fleetglass.toml"
    file.write_text(text)
    return load(file, {})


def test_a_price_needs_a_model_and_token_prices(tmp_path: Path) -> None:
    config = read(tmp_path, f"data = 'd'\n{DAY}[journal]\nmax_bytes = '2GiB'")

    assert config.prices == (ConfiguredPrice(model="m", input=1.0, output=2.0),)
    assert (config.data, config.journal.max_bytes) == ("d", 2 << 30)


def test_a_price_may_have_optional_keys(tmp_path: Path) -> None:
    more = "provider = 'p'\ncache_read = 0.5\ncache_write = 0\nrequest = 3\nfrom = 1970-01-02\n"

    assert read(tmp_path, DAY + more).prices == (
        ConfiguredPrice(
            provider="p",
            model="m",
            input=1.0,
            output=2.0,
            cache_read=0.5,
            cache_write=0.0,
            request=3.0,
            since=86_400,
        ),
    )


def test_the_documented_example_is_valid(tmp_path: Path) -> None:
    document = (ROOT / "docs/configuration.md").read_text()
    example = document.partition("## Prices of your own")[2].split("```")[1].removeprefix("toml")

    assert [price.model for price in read(tmp_path, example).prices] == ["my-finetune-*", "gpt-4o"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prices = 5", "price 1 in .* must be keys under a line .*prices.*, not 5"),
        (DAY + "inptu = 1", "unknown key 'inptu' in price 1 in .* did you mean 'input'?"),
        ("[[prices]]\nmodel = 'm'\ninput = 1", "price 1 in .* has no 'output'; it needs"),
        ("[[prices]]\ninput = 1\noutput = 1", "price 1 in .* has no 'model'"),
        (DAY + DAY.replace("2", "-1").replace('"m"', "'n'"), "'output' of price 2 .* not -1"),
        (DAY.replace("2", "nan"), "'output' of price 1 .* from 0 to 1,000,000, not nan"),
        (DAY.replace("2", "inf"), "not inf"),
        (DAY.replace("2", "1000001"), "dollars per million tokens, from 0 to .*, not 1000001"),
        (DAY.replace("2", "true"), "not True"),
        (DAY.replace("2", "'2'"), "'output' of price 1 in .* not '2'"),
        (DAY + "request = -1", "'request' of price 1 in .* must be dollars per thousand requests"),
        (DAY.replace('"m"', '"m*x"'), "a name, or the beginning of one and a '.'"),
        (DAY.replace('"m"', '" "'), "'model' of price 1"),
        (DAY.replace('"m"', "5"), "'model' of price 1 in .* not 5"),
        (
            DAY + "provider = 5",
            "'provider' of price 1 in .* must be a name such as 'openai', not 5",
        ),
        (DAY + "from = '2026-01-01'", "'from' of price 1 in .* must be a date such as 2026-01-31"),
        (DAY + "from = 2026-01-01T00:00:00Z", "'from' of price 1"),
        (DAY + "from = 1969-12-31", "'from' of price 1"),
        (DAY + DAY, "prices 1 and 2 in .* are both for 'm'; remove one, or .* another 'from'"),
        (DAY + DAY.replace('"m"', '"M"'), "prices 1 and 2"),
    ],
)
def test_a_wrong_price_is_refused_with_a_reason(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(tmp_path, text)


def test_a_model_may_have_a_second_price_from_a_date(tmp_path: Path) -> None:
    config = read(tmp_path, DAY + DAY + "from = 2026-01-01\n")

    assert [price.since for price in config.prices] == [0, 1_767_225_600]
