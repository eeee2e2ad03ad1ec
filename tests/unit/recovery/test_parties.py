"""Customers settled by the roll-up: trails, names, twins, calls without an end, long histories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from ringlake.flows import parties
from ringlake.flows.parties import Member, party_trail
from ringlake.flows.rollup import RolledUp, rollup
from ringlake.model.calls import CallRecord, Leg, LiveState, MissedReason, Outcome
from ringlake.model.consequences import Consequences
from ringlake.model.contacts import Contact
from ringlake.model.directory import Connection
from ringlake.model.facts import Direction
from ringlake.model.marks import CaseState, Label, Marks
from ringlake.model.subjects import party_subject
from ringlake.model.tables import CALLS, CASES, LEGS, MESSAGES, Table
from ringlake.stores.lake import memory_lake
from ringlake.stores.records import MemoryRecords, Record, item_bytes, party_place
from tests.unit.lake.making import ANNA, NOON, beside, call, directory, message, store, subject

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Company:
    def __init__(self) -> None:
        self.records, self.lake, self.beside = MemoryRecords(), memory_lake(), beside()
        self.directory = directory()
        self.now = NOON + timedelta(days=1)

    def hear(self, *changed: Record) -> RolledUp:
        store(self.records, *changed)
        return self.roll_up()

    def roll_up(self) -> RolledUp:
        stores: dict[str, Any] = {"records": self.records, "lake": self.lake, "directory": self.directory}
        done = rollup("acme", **stores, **self.beside, clock=lambda: self.now)
        assert done.complete
        assert not self.records.dirt
        return done

    def rows(self, table: Table = CALLS) -> dict[str, dict[str, Any]]:
        found = [
            r for day in self.lake.days(table, "acme") for r in self.lake.read(table, "acme", day).rows.to_pylist()
        ]
        return {row["record_id"].partition(":")[2]: row for row in found}

    def trail(self, party: str = "p") -> list[str]:
        """Ids of the records that the trail leads to, in its order, without entries that they have left."""
        found = self.beside["trails"].read(party_trail("acme", party), Member)
        rows = {row.key: row for row in self.records.get_many([entry.document.key for entry in found])}
        return [
            entry.document.key.rpartition("#")[2]
            for entry in found
            if (record := rows[entry.document.key].record) and party_place(record) == f"{party}/{entry.place}"
        ]

    def name(self, *contacts: Contact) -> None:
        for contact in contacts:
            self.beside["contacts"].put("acme", contact)
            self.records.mark("acme", [party_subject("acme", key).key for key in contact.party_keys])


@pytest.fixture
def company() -> Company:
    return Company()


def ours(name: str, at: datetime = NOON, **fields: Any) -> CallRecord:
    return call(name, at, **{"party_key": "p", **fields})


def missed(name: str, at: datetime = NOON, **fields: Any) -> CallRecord:
    unanswered = {"outcome": Outcome.NO_ANSWER, "missed_reason": MissedReason.RANG_NO_ANSWER, "talk_ms": None}
    return ours(name, at, **{**unanswered, **fields})


def contact(name: str, at: datetime = NOON, *keys: str) -> Contact:
    return Contact(id=f"k-{name}", name=name, party_keys=keys or ("p",), updated_at=at)


def test_a_record_is_found_by_the_trail_of_its_customer_in_time_order(company: Company) -> None:
    company.hear(ours("c2", NOON + MINUTE), ours("c1"), message("m1", NOON - MINUTE, party_key="p"), call("c9"))

    assert company.trail() == ["m1", "c1", "c2"]
    assert list(company.beside["trails"].kept) == [party_trail("acme", "p")]


def test_a_trail_entry_is_written_once_however_often_the_record_changes(company: Company) -> None:
    company.hear(ours("c1"))
    put = company.beside["trails"].put
    company.beside["trails"].put = lambda *_: pytest.fail("written again")
    company.hear(ours("c1", talk_ms=5, revision=4))
    company.beside["trails"].put = put

    assert company.trail() == ["c1"]


def test_a_record_that_moves_leaves_its_old_customer_as_if_it_had_never_been(company: Company) -> None:
    back = ours("o1", NOON + HOUR, direction=Direction.OUTBOUND)
    company.hear(missed("m1"), back)
    assert company.rows()["m1"]["is_recovered"] == 1

    company.hear(msgspec.structs.replace(back, party_key="other", revision=4))

    assert (company.trail(), company.trail("other")) == (["m1"], ["o1"])
    assert company.rows()["m1"]["is_recovered"] == 0
    assert company.rows()["o1"]["contact_no"] == 1


def test_a_record_that_moved_away_is_left_alone_by_its_old_customer(company: Company) -> None:
    """The old trail still leads to it; whose it is now has a name, and that is not looked up then."""
    company.hear(ours("c1"), ours("c2", NOON + MINUTE))
    company.hear(ours("c2", NOON + MINUTE, party_key="other", revision=4))
    company.name(contact("Zoe", NOON, "other"))
    company.roll_up()

    assert company.hear(ours("c1", talk_ms=7, revision=4)).records == 1
    assert (company.rows()["c2"]["remote_name"], company.rows()["c2"]["contact_no"]) == ("Zoe", 1)


def test_a_record_that_becomes_part_of_another_leaves_the_history(company: Company) -> None:
    company.hear(ours("c1"), ours("c2", NOON + MINUTE))
    company.hear(ours("c1", part_of="c2", revision=4))

    assert company.trail() == ["c2"]
    assert company.rows()["c2"]["is_unique"] == 1


def test_a_record_that_moves_in_time_counts_once(company: Company) -> None:
    company.hear(ours("c1"), ours("c2", NOON + MINUTE))
    company.hear(ours("c1", NOON + HOUR, revision=4))

    assert company.trail() == ["c2", "c1"]
    assert [company.rows()[name]["contact_no"] for name in ("c1", "c2")] == [2, 1]


def test_a_call_back_changes_the_row_of_a_miss_of_another_day(company: Company) -> None:
    company.hear(missed("m1"))
    done = company.hear(ours("o1", NOON + timedelta(days=1), direction=Direction.OUTBOUND, user=ANNA))

    assert done.records == 2
    row = company.rows()["m1"]
    assert (row["recovery_state"], row["recovered_by"]) == ("reached", "u-anna")
    assert company.rows(CASES)["m1"]["is_open"] == 0


def test_a_change_that_is_nothing_to_the_customer_reads_no_history(company: Company) -> None:
    """A recording, a summary, a cost come after the call and are the most of what comes."""
    company.hear(missed("m1"), ours("c1", NOON + MINUTE))
    company.beside["trails"].read_many = lambda trails, *_, **__: pytest.fail("read") if trails else []

    assert company.hear(ours("c1", NOON + MINUTE, transcript=True, hold_ms=9, revision=4)).records == 1
    assert company.rows()["c1"]["transcript"] == 1


def test_a_change_that_means_nothing_to_others_touches_no_other_record(company: Company) -> None:
    company.hear(missed("m1"), ours("c1", NOON + timedelta(days=1)))

    assert company.hear(ours("c1", NOON + timedelta(days=1), hold_ms=7, revision=5)).records == 1


# --- names (features.md W7) ---------------------------------------------------


def test_the_contact_changed_last_names_the_customer_and_says_how_many_more(company: Company) -> None:
    company.hear(ours("c1", remote_name="As told"), message("m1", party_key="p"), missed("m2"))
    assert company.rows()["c1"]["remote_name"] == "As told"

    company.name(contact("Zoe", NOON), contact("Yan", NOON + MINUTE))
    company.roll_up()

    for table, row in ((CALLS, "c1"), (MESSAGES, "m1"), (CASES, "m2")):
        found = company.rows(table)[row]
        assert (found["remote_name"], found["contact_id"]) == ("Yan +1", "k-Yan")


def test_a_contact_that_is_deleted_names_nobody_any_more(company: Company) -> None:
    company.hear(ours("c1", remote_name="As told"))
    company.name(contact("Zoe"))
    company.roll_up()
    gone = company.beside["contacts"].delete("acme", "k-Zoe", NOON)
    company.records.mark("acme", [party_subject("acme", key).key for key in gone.party_keys or ("p",)])
    company.roll_up()

    assert (company.rows()["c1"]["remote_name"], company.rows()["c1"]["contact_id"]) == ("As told", "")


def test_a_name_is_only_matched_by_the_whole_number(company: Company) -> None:
    """demands.md D47, D48: no part of a number, and nobody who withholds it."""
    company.hear(ours("c1"), ours("c2", party_key=""), ours("c3", party_key="pp"))
    company.name(contact("Zoe"))
    company.roll_up()

    assert [company.rows()[name]["contact_id"] for name in ("c1", "c2", "c3")] == ["k-Zoe", "", ""]


# --- people's word ------------------------------------------------------------


def say(company: Company, record: CallRecord, **said: Any) -> None:
    marks = Marks(record_id=record.record_id, updated_at=NOON + HOUR, updated_by="u-boss", **said)
    known = company.beside["marks"].get("acme", [record.record_id]).get(record.record_id)
    company.beside["marks"].put(
        "acme", msgspec.structs.replace(marks, version=known.version + 1 if known else 1), known
    )
    company.records.mark("acme", [subject(record).key])
    company.roll_up()


def test_marks_of_people_stand_in_the_row_and_survive_the_next_event(company: Company) -> None:
    company.hear(ours("c1", tags=("new",)))
    say(company, ours("c1"), success=True, tags=("vip", "new"), legal_hold=True)
    company.hear(ours("c1", tags=("new",), revision=9))

    row = company.rows()["c1"]
    assert (row["is_success"], row["is_no_success"], row["legal_hold"], row["tags"]) == (1, 0, 1, "new;vip")


def test_labels_of_people_replace_the_automatic_ones_also_of_a_withheld_number(company: Company) -> None:
    company.hear(ours("c1"), ours("c2", party_key=""))
    for name, party in (("c1", "p"), ("c2", "")):
        say(company, ours(name, party_key=party), labels=(Label.TARGET,))

    for name in ("c1", "c2"):
        row = company.rows()[name]
        assert [row[f"is_{label}"] for label in ("unique", "repeat", "target", "spam")] == [0, 0, 1, 0]


def test_a_miss_labelled_spam_needs_no_call_back_and_leaves_every_set(company: Company) -> None:
    company.hear(missed("m1"), ours("c1", NOON + MINUTE))
    assert (company.rows()["m1"]["is_missed"], set(company.rows(CASES))) == (1, {"m1"})
    say(company, missed("m1"), labels=(Label.SPAM,))
    say(company, ours("c1"), labels=(Label.SPAM,))

    rows = company.rows()
    assert [rows["m1"][name] for name in ("is_missed", "is_offered", "is_candidate", "is_spam")] == [0, 0, 0, 1]
    assert [rows["c1"][name] for name in ("is_answered", "is_offered", "is_answered_offered")] == [1, 0, 0]
    assert company.rows(CASES) == {}


def test_a_call_that_people_say_is_no_spam_needs_a_call_back(company: Company) -> None:
    company.hear(missed("m1", spam=True, missed_reason=MissedReason.SPAM))
    assert company.rows(CASES) == {}
    say(company, missed("m1"), labels=())

    assert company.rows(CASES)["m1"]["state"] == "open"
    assert company.rows()["m1"]["is_spam"] == 0


def test_an_assignee_stands_in_the_case(company: Company) -> None:
    company.hear(missed("m1"))
    say(company, missed("m1"), case_state=CaseState.ASSIGNED, assignee="u-anna")

    case = company.rows(CASES)["m1"]
    assert (case["state"], case["assignee"], case["is_open"]) == ("assigned", "u-anna", 1)


def test_a_later_word_about_something_else_does_not_say_the_state_again(company: Company) -> None:
    company.hear(missed("m1"), ours("o1", NOON + 2 * HOUR, direction=Direction.OUTBOUND))
    dismissed = {"case_state": CaseState.DISMISSED, "case_at": NOON + MINUTE}
    say(company, missed("m1"), **dismissed, tags=("late",))

    assert company.rows(CASES)["m1"]["state"] == "reached"


# --- twins (demands.md D23) ---------------------------------------------------


def twin(name: str, **fields: Any) -> CallRecord:
    return msgspec.structs.replace(ours(name, **fields), connection="pbx", record_id=f"pbx:{name}")


def test_a_call_told_twice_is_one_row_and_is_two_again_when_it_turns_out_so(company: Company) -> None:
    company.hear(ours("c1"), twin("t1", business_number=""))
    assert set(company.rows()) == {"c1"} or set(company.rows()) == {"t1"}
    assert company.rows(LEGS) == {}

    company.hear(twin("t1", business_number="", total_ms=90_000, revision=9))
    assert set(company.rows()) == {"c1", "t1"}


@pytest.mark.parametrize(
    "fields",
    [
        {"at": NOON + timedelta(seconds=3.001)},
        {"business_number": "+48229999999"},
        {"total_ms": 66_001},
        {"direction": Direction.OUTBOUND},
        {"outcome": None, "live": LiveState.IN_PROGRESS, "ended_at": None, "total_ms": None},
        {"party_key": "other"},
    ],
)
def test_calls_that_differ_are_no_twins(company: Company, fields: dict[str, Any]) -> None:
    company.hear(ours("c1"), twin("t1", **fields))

    assert set(company.rows()) == {"c1", "t1"}


def test_two_calls_of_one_connection_are_never_twins(company: Company) -> None:
    company.hear(ours("c1"), ours("c2"))

    assert set(company.rows()) == {"c1", "c2"}


# --- calls without an end (demands.md D22) ------------------------------------


def lasting(name: str = "c1", **fields: Any) -> CallRecord:
    return ours(name, **{"outcome": None, "live": LiveState.IN_PROGRESS, "ended_at": None, "talk_ms": None, **fields})


def test_a_call_whose_end_is_never_heard_is_no_longer_live(company: Company) -> None:
    company.now = NOON + MINUTE
    company.hear(lasting(), lasting("c2", party_key=""))
    company.now = NOON + 4 * HOUR - MINUTE
    company.roll_up()
    assert company.rows()["c1"]["live"] == "in_progress"
    company.now = NOON + 4 * HOUR
    assert company.roll_up().records == 2

    for name in ("c1", "c2"):
        row = company.rows()[name]
        assert (row["live"], row["outcome"], row["flags"]) == ("", "", "never_ended")
    assert company.records.live("acme") == []
    assert company.roll_up().records == 0


def test_an_end_that_is_heard_late_puts_the_call_right(company: Company) -> None:
    company.now = NOON + 5 * HOUR
    company.hear(lasting())
    company.hear(ours("c1", revision=9))

    row = company.rows()["c1"]
    assert (row["outcome"], row["flags"]) == ("answered", "")
    assert company.records.load(subject(ours("c1"))).consequences.stale is False


@pytest.mark.parametrize(
    ("option", "stale"),
    [("3600", True), ("60", True), ("9000", False), ("nonsense", False), ("9" * 9, False), ("9" * 20, False)],
)
def test_a_connection_says_how_long_its_calls_may_last(company: Company, option: str, stale: bool) -> None:
    company.directory.put_connection(
        Connection(id="line", workspace="acme", provider="openphone", options={"max_live_s": option})
    )
    company.now = NOON + 2 * HOUR
    company.hear(lasting())

    assert (company.rows()["c1"]["flags"] == "never_ended") is stale


# --- sizes --------------------------------------------------------------------


def test_what_stands_beside_a_usual_call_costs_no_second_write_unit(company: Company) -> None:
    """The item of a typical call is below 1 KB (ADR 33); its consequences must not lift it over that."""
    company.hear(ours("c0", NOON - HOUR), missed("m1"), ours("o1", NOON + HOUR, direction=Direction.OUTBOUND))
    company.name(contact("Zofia Kowalska-Brzeczyszczykiewicz"))
    company.roll_up()

    for record in (ours("c0"), missed("m1"), ours("o1")):
        loaded = company.records.load(subject(record))
        assert loaded.record is not None
        alone = item_bytes(subject(record), loaded.record)
        assert item_bytes(subject(record), loaded.record, loaded.consequences) - alone <= 350


# --- long histories -----------------------------------------------------------


def test_of_a_number_with_too_many_records_only_the_newest_are_settled(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parties, "LONGEST_HISTORY", 3)
    for number in range(3):
        company.hear(missed(f"m{number}", NOON + number * HOUR))
    assert company.rows()["m2"]["contact_no"] == 3

    company.hear(ours("o1", NOON + 4 * HOUR, direction=Direction.OUTBOUND))

    rows = company.rows()
    assert [rows[name]["contact_no"] for name in ("m0", "m1", "m2", "o1")] == [1, None, None, None]
    assert [rows[name]["is_recovered"] for name in ("m0", "m1", "m2")] == [0, 1, 1]
    assert rows["m1"]["is_unique"] == 0


def test_an_old_record_of_a_long_history_keeps_what_it_has_and_gets_its_name(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parties, "LONGEST_HISTORY", 2)
    for number in range(4):
        company.hear(missed(f"m{number}", NOON + number * HOUR))
    company.name(contact("Zoe"))
    company.hear(missed("m0", talk_ms=9, revision=9))

    row = company.rows()["m0"]
    assert (row["contact_no"], row["remote_name"], row["recovery_state"]) == (1, "Zoe", "open")


def test_nothing_of_a_customer_stands_in_a_key(company: Company) -> None:
    company.hear(ours("c1"), missed("m1"))

    assert "+48" not in str(list(company.beside["trails"].kept.items()))
    assert company.records.load(subject(ours("c1"))).consequences != Consequences()


# --- two at once (ADR 43) -----------------------------------------------------


class Interrupted:
    """Records that let something else happen just before the first `note`."""

    def __init__(self, records: MemoryRecords, meanwhile: Callable[[], object]) -> None:
        self._records = records
        self._meanwhile: list[Callable[[], object]] = [meanwhile]

    def __getattr__(self, name: str) -> Any:
        if name == "note" and self._meanwhile:
            self._meanwhile.pop()()
        return getattr(self._records, name)


def settle(company: Company, *names: Record, records: Any = None) -> dict[str, Consequences]:
    """One run's settling of these records, and the clearing of their own marks; what it found, by id."""
    kept = records or company.records
    run = parties.Parties(
        "acme",
        kept,
        company.beside["trails"],
        company.beside["marks"],
        company.beside["contacts"],
        company.directory,
        lambda: company.now,
    )
    done = run.settle(kept.get_many([subject(record).key for record in names]))
    assert done.overtaken == []
    for row in done.rows:
        if row.key in {subject(record).key for record in names}:
            assert kept.clean(row, "2026-03-04", run.settled(row))
    return {row.key.rpartition("#")[2]: row.consequences for row in done.rows}


def test_who_finds_a_neighbour_marked_makes_the_other_begin_again(company: Company) -> None:
    """The first sees a call back that has moved away; when it comes back, the second finds nothing to write."""
    back = ours("o1", NOON + HOUR, direction=Direction.OUTBOUND)
    company.hear(missed("m1"), back)
    again = missed("m1", legs=(Leg(leg_id="L", party=ANNA),), revision=4)
    store(company.records, again, msgspec.structs.replace(back, party_key="other", revision=4))

    def meanwhile() -> None:
        store(company.records, msgspec.structs.replace(back, revision=5))
        settle(company, back)

    found = settle(company, again, records=Interrupted(company.records, meanwhile))

    assert found["m1"].recovery is not None
    assert found["m1"].recovery.state is CaseState.REACHED
    assert company.records.load(subject(again)).consequences == found["m1"]


def test_what_was_written_with_an_older_view_is_put_right(company: Company) -> None:
    """The neighbour is written to after another, who knew more, had found it right as it was."""
    tried = ours("o1", NOON + HOUR, direction=Direction.OUTBOUND, outcome=Outcome.NO_ANSWER, talk_ms=None)
    reached = ours("o1", NOON + HOUR, direction=Direction.OUTBOUND, talk_ms=1000, revision=4)
    text = message("t1", NOON + 2 * HOUR, party_key="p")
    company.hear(missed("m1"), tried)
    store(company.records, reached, text)

    def meanwhile() -> None:
        store(company.records, msgspec.structs.replace(tried, revision=5))
        settle(company, tried)

    settle(company, text, records=Interrupted(company.records, meanwhile))

    recovery = company.records.load(subject(missed("m1"))).consequences.recovery
    assert recovery is not None
    assert recovery.state is CaseState.ATTEMPTED
