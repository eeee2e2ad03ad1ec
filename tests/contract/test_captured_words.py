"""What captured deliveries say in so many words: texts are read from the raw event, and nowhere else kept."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ringlake import providers
from ringlake.model.base import to_json
from ringlake.model.facts import CallFact, FactKind
from ringlake.model.words import Speaker, Words, WordsKind

from .captures import Capture, captures, event_of

ACCEPTED = [c for c in captures() if c.outcome == "accepted"]
# The notice alone is sent: the text has to be asked for there.
NOTICES = {"fcc"}


def told(seen: Capture) -> tuple[Words, ...]:
    return tuple(providers.adapter(seen.provider).words(event_of(seen), seen.connection))


def spoken(seen: Capture) -> str:
    return " | ".join(line.text for words in told(seen) for line in words.lines)


def by_name(seen: Capture) -> str:
    return seen.name


@pytest.mark.parametrize("seen", ACCEPTED, ids=by_name)
def test_a_transcript_that_is_told_of_has_words_or_an_address(seen: Capture) -> None:
    facts = providers.adapter(seen.provider).parse(event_of(seen), seen.connection)
    kinds = {fact.kind for fact in facts if isinstance(fact, CallFact)}
    found = told(seen)

    if FactKind.TRANSCRIPT in kinds and seen.provider not in NOTICES:
        assert any(words.kind is WordsKind.TRANSCRIPT and (words.lines or words.url) for words in found)
    if not kinds & {FactKind.TRANSCRIPT, FactKind.SUMMARY}:
        assert not [words for words in found if words.kind is not WordsKind.MESSAGE]


@pytest.mark.parametrize("seen", ACCEPTED, ids=by_name)
def test_words_are_in_no_fact(seen: Capture) -> None:
    facts = to_json(providers.adapter(seen.provider).parse(event_of(seen), seen.connection)).decode()

    for words in told(seen):
        for line in words.lines:
            # Shorter ones may be part of a name or a word of the contract.
            assert len(line.text) < 12 or line.text not in facts


WORDS: Mapping[str, str] = {
    "dialpad/47_transcription": "Hello.",
    "generic/39_artefacts_with_the_end": "Never stored outside the raw event | Never stored outside the raw event",
    "novofon/classic_23_speech_of_a_call": "hello",
    "openphone/legacy_v4_38_call_transcript": "Sales, Anna speaking.",
    "openphone/v20260330_13_call_transcript_completed": "Sales, Anna speaking. | I need a quote.",
    "ringostat/12_call_processed_by_ai": "Customer asked about brake discs.",
}


@pytest.mark.parametrize("name", sorted(WORDS))
def test_the_words_of_a_capture(name: str) -> None:
    (seen,) = [c for c in ACCEPTED if c.name == name]

    assert spoken(seen) == WORDS[name]


def test_who_spoke_and_when_where_the_provider_tells() -> None:
    (seen,) = [c for c in ACCEPTED if c.name == "openphone/v20260330_13_call_transcript_completed"]
    (words,) = told(seen)

    assert [(line.speaker, line.account, line.at_s) for line in words.lines] == [
        (Speaker.AGENT, "USa1Anna01", 0.0),
        (Speaker.CUSTOMER, "", 2.0),
    ]
