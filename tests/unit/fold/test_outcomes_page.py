"""docs/outcomes.md says what the tables of the fold and the adapters say."""

from __future__ import annotations

from typing import Any

import pytest

from ringlake import providers
from ringlake.fold.legs import LEG_OUTCOMES
from ringlake.fold.message import STATUSES
from ringlake.fold.outcome import LIVE_STATES, MISSED_REASONS, OUTCOMES
from ringlake.model.calls import LegOutcome, LiveState, MissedReason, Outcome
from ringlake.model.facts import MessageStatus
from tools import outcomes


def test_the_page_is_current() -> None:
    assert outcomes.PAGE.read_text(encoding="utf-8") == outcomes.page()
    assert outcomes.main(["--check"]) == 0


def test_every_word_of_ours_is_decided_by_a_row_that_says_when_and_by_which_rule() -> None:
    assert {row.outcome for row in OUTCOMES} == set(Outcome)
    assert {row.reason for row in MISSED_REASONS} == set(MissedReason)
    assert {row.state for row in LIVE_STATES} == set(LiveState)
    assert {row.outcome for row in LEG_OUTCOMES} == {None, *LegOutcome}
    assert {row.status for row in STATUSES} == set(MessageStatus)
    rows: list[Any] = [*OUTCOMES, *MISSED_REASONS, *LIVE_STATES, *LEG_OUTCOMES, *STATUSES]
    for row in rows:
        assert row.meaning.endswith(".")
        assert row.source.startswith(("features.md", "metrics.md", "demands.md"))


def test_every_provider_with_words_of_its_own_is_shown() -> None:
    page = outcomes.page()
    shown = {line.removeprefix("### ") for line in page.splitlines() if line.startswith("### ")}
    assert {"openphone", "canonical", "twilio", "ringostat"} <= shown
    assert {"openphone", "twilio"} <= set(providers.names())
    assert "| `no answear` | no_answer |" in page


def test_a_word_that_means_two_things_says_both() -> None:
    assert "| `ringing` | claims nothing |" in outcomes.page()
    assert "inbound no_answer, outbound" in outcomes.page() or "inbound abandoned, outbound" in outcomes.page()


def test_a_page_that_is_out_of_date_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(outcomes, "page", lambda: "something else")
    assert outcomes.main(["--check"]) == 1
    assert "out of date" in capsys.readouterr().err
