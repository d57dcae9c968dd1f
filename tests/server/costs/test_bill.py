"""Bills of all sorts are read, or it is said in which line one cannot be."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fleetglass_collector.errors import ConfigError
from fleetglass_server.costs.bill import Bill, parsed, read

UTC = ZoneInfo("UTC")
DAY_OF_OPENAI = "1790467200,1790553600,2026-09-27T00:00:00+00:00,"
OPENAI = f"""\
start_time,end_time,start_time_iso,amount_value,amount_currency,quantity,line_item,project_name
{DAY_OF_OPENAI}0.25,usd,1,"gpt-4o-2024-08-06, input",shop
{DAY_OF_OPENAI}5e-02,usd,1,"gpt-4o-2024-08-06, cached input",shop
{DAY_OF_OPENAI}1.5,usd,1,"gpt-4o-2024-08-06, output",desk
1790553600,1790640000,2026-09-28T00:00:00+00:00,,,,,
"""
ANTHROPIC = """\
usage_date_utc,model,workspace,api_key,usage_type,token_type,cost_usd,list_price_usd
2026-09-27,Claude Haiku 4.5,Default,k,message,input_no_cache,0.05,0.06
2026-09-27,Claude Haiku 4.5,Default,k,message,output,0.15,0.16
"""
ANTHROPIC_TOKENS = """\
usage_date_utc,model_version,usage_input_tokens_no_cache,usage_input_tokens_cache_read,\
usage_output_tokens
2026-09-27,claude-haiku-4-5-20251001,1000,200,30
"""


def bill(text: str, *, zone: ZoneInfo = UTC, project: str = "") -> Bill:
    return parsed(text, name="bill.csv", zone=zone, project=project)


def sums(text: str, *, project: str = "") -> tuple[Decimal, int]:
    charges = bill(text, project=project).charges
    return sum((c.cost or Decimal() for c in charges), Decimal()), sum(
        c.tokens or 0 for c in charges
    )


@pytest.mark.parametrize(
    ("text", "cost", "models"),
    [
        (OPENAI, "1.80", {"gpt-4o-2024-08-06"}),
        (ANTHROPIC, "0.20", {"Claude Haiku 4.5"}),
        ("Date;Model;Cost\n2026-09-27;o3;$1,234.50\n;;\nTotal;;$1,234.50\n", "1234.50", {"o3"}),
        ("day\tmodel\tamount\n09/2026\to3\t1\n".replace("09/2026", "27 Sep 2026"), "1", {"o3"}),
        (
            '\n\ndate,description,cost\n"Sep 27, 2026","o3, ""big""",(2.50)\n',
            "-2.50",
            {'o3, "big"'},
        ),
        ("date,cost\n1790467200,US$ 3\n", "3", {""}),
    ],
)
def test_what_providers_export_is_read(text: str, cost: str, models: set[str]) -> None:
    found = bill(text)

    assert sums(text)[0] == Decimal(cost)
    assert {charge.model for charge in found.charges} == models
    assert found.days == (date(2026, 9, 27), date(2026, 9, 27))


def test_tokens_alone_are_a_bill(tmp_path: Path) -> None:
    found = bill(ANTHROPIC_TOKENS)

    assert (found.has_costs, found.has_tokens) == (False, True)
    assert sums(ANTHROPIC_TOKENS)[1] == 1230


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_may_be_of_excel(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "bill.csv"
    file.write_bytes(ANTHROPIC.replace("\n", "\r\n").encode(encoding))

    assert len(read(file, zone=UTC).charges) == 2


def test_one_project_may_be_asked_for() -> None:
    assert sums(OPENAI, project="shop")[0] == Decimal("0.30")
    with pytest.raises(ConfigError, match="no charges of 'other'"):
        bill(OPENAI, project="other")


def test_a_moment_is_of_the_day_that_the_zone_has() -> None:
    text = "start_time,cost\n2026-09-27T03:00:00Z,1\n"

    assert bill(text, zone=ZoneInfo("America/Los_Angeles")).days[0] == date(2026, 9, 26)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no charges"),
        ("date,cost\n", "no charges"),
        ("date,model\n2026-09-27,o3\n", "a column 'cost_usd'"),
        ("model,cost\no3,1\n", "a column 'date' is missing in its first line"),
        ("date,cost\n2026-09-27,1\n2026-09-28,1.2.3\n", "line 3: '1.2.3' is no number"),
        ("date,cost\n09/10/2026,1\n", "line 2: '09/10/2026' is no day; write it as"),
        ("date,cost,currency\n2026-09-27,1,EUR\n", "line 2: is in EUR"),
        ("date,cost\n2026-09-27,nan\n", "is no number"),
        ('date,cost\n2026-09-27,"12,34"\n', "is no number"),
        ("date,cost\n99999999999999999999,1\n", "is no day"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        bill(text)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "bill.csv"
    file.write_bytes(b"date,cost\n\xff\xfe\x00")

    with pytest.raises(ConfigError, match="not UTF-8"):
        read(file, zone=UTC)
