"""No column, sheet or line lacks its words in any language (demands.md D56)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ringlake.files.profiles import PROFILES
from ringlake.files.sheet import Field
from ringlake.files.words import Words, lists
from ringlake.flows.answers.listed import COLUMNS
from ringlake.flows.exports.registry import REPORTS
from ringlake.metrics.catalog import METRICS
from ringlake.metrics.catalog.metric import Unit
from ringlake.model.language import Language
from ringlake.model.tables import TABLES
from tests.unit.export.fields import every_field

OTHERS = [language for language in Language if language is not Language.EN]


def codes() -> Iterator[str]:
    """Every column that a file of ours can have, but for those of other systems, which have their own words."""
    yield from (field.name for profile in PROFILES.values() for field in profile.fields if not field.label)
    yield from (column.name for table in TABLES for column in table.columns)
    yield from COLUMNS
    for metric in METRICS:
        yield from (metric.id, f"{metric.id}_n", f"{metric.id}_median", f"{metric.id}_p90", f"{metric.id}_previous")
        if metric.unit is Unit.MONEY:
            yield f"{metric.id}_currency"


@pytest.mark.parametrize("language", Language)
def test_every_column_has_words(language: Language) -> None:
    words = Words(language)
    assert [code for code in sorted(set(codes())) if not words.column(code)] == []


def test_every_column_of_every_export_has_words() -> None:
    fields = every_field()
    assert len(fields) > 400
    lacking = {
        (language.value, name)
        for language in Language
        for name, field in fields.items()
        if not field.label and not Words(language).column(name)
    }
    assert lacking == set()


@pytest.mark.parametrize("language", Language)
def test_every_report_has_the_name_of_its_sheet(language: Language) -> None:
    names = [Words(language).sheet(report) for report in REPORTS]
    assert set(REPORTS) <= set(lists(language)["sheets"])
    assert len(set(names)) == len(names)
    assert all(len(name) <= 25 for name in names)


def test_all_languages_know_the_same_codes() -> None:
    english = {name: set(words) for name, words in lists(Language.EN).items()}
    for language in OTHERS:
        assert {name: set(words) for name, words in lists(language).items()} == english


@pytest.mark.parametrize("language", OTHERS)
def test_words_are_translated_and_not_left_in_english(language: Language) -> None:
    """A few words are the same in several languages; most are not."""
    english, own = lists(Language.EN)["fields"], lists(language)["fields"]
    same = [code for code, word in own.items() if word == english[code]]
    assert len(same) < len(own) / 10


@pytest.mark.parametrize("language", Language)
def test_columns_of_one_profile_can_be_told_apart_by_their_words(language: Language) -> None:
    words = Words(language)
    for profile in PROFILES.values():
        shown = [words.field(field) for field in profile.fields if field.label or profile.name == "ringlake"]
        twice = {word for word in shown if shown.count(word) > 1}
        assert twice == set(), profile.name


@pytest.mark.parametrize("language", Language)
def test_words_hold_nothing_that_a_header_cannot(language: Language) -> None:
    for words in lists(language).values():
        for word in words.values():
            assert word == word.strip()
            assert word.isprintable()
            assert word[0] not in "=+-@"


def test_seconds_say_so_and_numbers_beside_a_number_are_called_after_it() -> None:
    english, polish = Words(Language.EN), Words(Language.PL)

    assert english.column("ring_s") == "Ringing, s"
    assert english.column("asa_s_median") == "Average speed of answer, s (median)"
    assert polish.column("missed_rate_n") == "Odsetek nieodebranych (n)"
    assert english.column("home_currency") == "Our currency"
    assert english.column("no_such_column") == ""
    assert english.field(Field(name="total_minutes")) == "total_minutes"
    assert english.sheet("spend_per_destination") == "Spend per destination"


def test_english_words_of_metrics_are_those_of_the_screens() -> None:
    english = lists(Language.EN)["fields"]
    # Columns of single calls have these codes too, and are called so that both fit.
    both = {column.name for table in TABLES for column in table.columns} | {"talk_s"}
    assert {m.id: english[m.id] for m in METRICS if m.id not in both} == {
        m.id: m.name for m in METRICS if m.id not in both
    }
