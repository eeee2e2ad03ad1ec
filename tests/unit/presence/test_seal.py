"""Events expire, records of presence and contacts stay and are amended."""

from __future__ import annotations

from ringlake.model.presence import PresenceRecord
from tests.scenarios.presence.telling import Company, stories


def test_a_late_word_amends_a_day_whose_events_have_expired() -> None:
    [story] = [s for s in stories() if s.name == "one_account_hides_the_other"]
    wanted, company = Company(story), Company(story)
    wanted.house.fold(e.subject.key for e in wanted.events())
    *before, late = company.events()
    company.house.journal.items.clear()
    for event in before:
        company.house.journal.put(event)
    company.house.fold(e.subject.key for e in before)
    company.house.journal.items.clear()

    company.house.journal.put(late)
    company.house.fold([late.subject.key])

    for key, row in wanted.house.records.rows.items():
        found = company.house.records.rows[key].record
        assert isinstance(found, PresenceRecord)
        assert isinstance(row.record, PresenceRecord)
        assert found.facts == row.record.facts
        assert found.sealed == (key == late.subject.key)
