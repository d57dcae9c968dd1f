"""The price of a provider and a model."""

from datetime import UTC, datetime

import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_collector.config.prices import ConfiguredPrice
from fleetglass_collector.prices import package
from fleetglass_collector.prices.book import Book
from fleetglass_collector.prices.offer import FOREVER

NEW_YEAR = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())


def own(model: str, dollars: float, provider: str = "", since: int = 0) -> ConfiguredPrice:
    return ConfiguredPrice(
        provider=provider, model=model, input=dollars, output=2 * dollars, since=since
    )


def input_price(book: Book, provider: str, model: str) -> float | None:
    entry = book.entry(provider, model)
    return entry.offers[0].rates.input if entry.known else None


@pytest.mark.parametrize(
    ("provider", "model", "priced_as"),
    [
        ("openai", "gpt-4o", "openai gpt-4o"),
        ("openai", "gpt-4o-2024-08-06", "openai gpt-4o"),
        ("OpenAI", "GPT-4o", "openai gpt-4o"),
        ("", "gpt-4o", "openai gpt-4o"),
        ("", "openai/gpt-4o", "openai gpt-4o"),
        ("litellm", "openai/gpt-4o", "openai gpt-4o"),
        ("openai.responses", "gpt-4o", "openai gpt-4o"),
        ("azure.ai.openai", "gpt-4o", "openai gpt-4o"),
        ("azure.ai.openai", "phi-4", "azure phi-4"),
        ("azure.ai.inference", "phi-4", "azure phi-4"),
        ("azure", "claude-sonnet-4-5", "azure claude-sonnet-4-5"),
        ("gcp.gemini", "gemini-2.5-pro", "google gemini-2.5-pro"),
        ("gcp.gen_ai", "gemini-2.5-pro", "google gemini-2.5-pro"),
        ("gcp.vertex_ai", "claude-sonnet-4-5", "google claude-sonnet-4-5"),
        ("gcp.vertex_ai", "models/gemini-2.5-pro", "google gemini-2.5-pro"),
        ("x_ai", "grok-4", "x-ai grok-4-0709"),
        ("xai.chat", "grok-4", "x-ai grok-4-0709"),
        ("groq.chat", "openai/gpt-oss-20b", "groq openai/gpt-oss-20b"),
        ("mistral_ai", "mistral-large-2512", "mistral mistral-large-2512"),
        ("moonshot_ai", "kimi-k2", "moonshotai kimi-k2"),
        ("deepseek", "deepseek-chat", "deepseek deepseek-chat"),
        ("ollama", "gpt-4o", ""),
        ("openai", "llama-3", ""),
        ("", "my-model", ""),
        ("openai", "", ""),
        ("", "", ""),
        ("openai", "gpt-4o" * 100, ""),
        ("openai", "whisper-1", ""),
    ],
)
def test_a_spelled_name_leads_to_its_model(provider: str, model: str, priced_as: str) -> None:
    entry = Book().entry(provider, model)

    assert entry.priced_as == priced_as
    assert entry.known == bool(priced_as)
    assert entry.known != bool(entry.note)


@pytest.mark.parametrize("found", ["aws.bedrock", "", "google", "azure.ai.openai", "mistralai"])
def test_we_find_the_same_model_as_the_package(found: str) -> None:
    for provider, model in set(package.names()):
        if provider == found:
            ours = package.find(provider, model)
            try:
                wanted = get_snapshot().find_provider_model(model, None, provider or None, None)
            except LookupError:
                continue
            assert ours is not None
            assert (ours[0].id, ours[1].id) == (wanted[0].id, wanted[1].id)


def test_an_entry_without_a_price_says_why() -> None:
    notes = {
        Book().entry(*pair).note.removeprefix(package.SOURCE).strip()
        for pair in (("ollama", "m"), ("openai", "m"), ("", "m"), ("openai", "tts-1"))
    }

    assert notes == {
        "has no such provider",
        "has no such model of openai",
        "cannot tell the provider",
        "priced by input_mchars, which spans do not report",
    }


def test_a_configured_price_replaces_the_packages() -> None:
    book = Book([own("gpt-4o", 7.0)])

    assert input_price(book, "openai", "gpt-4o") == 7.0
    assert input_price(book, "openai", "gpt-4o-mini") == 0.15
    assert book.entry("openai", "gpt-4o").source == "configuration"
    assert {offer.service_tier for offer in book.entry("openai", "gpt-4o").offers} == {""}


def test_the_closest_of_the_configured_prices_counts() -> None:
    book = Book([own("a*", 1.0), own("ab*", 2.0), own("abc", 3.0), own("abc", 4.0, "openai")])
    asked = [("", "a"), ("", "ABX"), ("x", "abc"), ("azure.ai.openai", "abc"), ("", "b")]

    assert [input_price(book, *pair) for pair in asked] == [1.0, 2.0, 3.0, 4.0, None]


def test_a_provider_may_be_spelled_as_the_spans_or_the_package_do() -> None:
    book = Book([own("m", 1.0, "google"), own("m", 2.0, "Our Own")])
    spelled = ("gcp.vertex_ai", "gemini", "our own", "openai", "")

    assert [input_price(book, name, "m") for name in spelled] == [1.0, 1.0, 2.0, None, None]


def test_a_configured_price_leaves_earlier_days_alone() -> None:
    prices = [own("gpt-4o", 9.0, since=2 * NEW_YEAR), own("gpt-4o", 7.0, since=NEW_YEAR)]
    offers = [o for o in Book(prices).entry("openai", "gpt-4o").offers if o.service_tier == ""]

    assert [(offer.since, offer.until, offer.rates.input) for offer in offers] == [
        (0, NEW_YEAR, 2.5),
        (NEW_YEAR, 2 * NEW_YEAR, 7.0),
        (2 * NEW_YEAR, FOREVER, 9.0),
    ]


def test_a_configured_price_counts_for_every_service_tier() -> None:
    offers = Book([own("gpt-4o", 7.0, since=NEW_YEAR)]).entry("openai", "gpt-4o").offers

    last = {offer.service_tier: offer.rates.input for offer in offers if offer.until == FOREVER}
    assert set(last) >= {"", "batch", "priority"}
    assert set(last.values()) == {7.0}


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_pair_of_names_has_an_entry(provider: str, model: str) -> None:
    entry = Book([own("*", 1.0, "p")]).entry(provider, model)

    assert (entry.provider, entry.model) == (provider, model)


@pytest.mark.parametrize("pair", sorted(set(package.names()))[::97])
def test_two_offers_of_a_pair_never_apply_at_once(pair: tuple[str, str]) -> None:
    offers = Book().entry(*pair).offers
    for one in offers:
        for other in offers:
            apart = (
                one is other
                or one.service_tier != other.service_tier
                or max(one.since, other.since) >= min(one.until, other.until)
                or max(one.day_from, other.day_from) >= min(one.day_until, other.day_until)
                or max(one.from_input, other.from_input) > min(one.up_to_input, other.up_to_input)
            )
            assert apart
