"""Requests to fold history again, worked off from the lake's rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from functions.rollup import rollup as entry
from ringlake.errors import Unavailable
from ringlake.flows import refolding
from ringlake.flows.refolding import SETTLED, Refolded, work_off
from ringlake.flows.rollup import rollup
from ringlake.model.calls import Leg, Party
from ringlake.model.money import Money
from ringlake.model.refolds import EVERY, Refold
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.lake import memory_lake
from ringlake.stores.records import MemoryRecords, Record
from ringlake.stores.refolds import MemoryRefolds
from tests.unit.lake.making import ANNA, NOON, beside, call, deal, directory, message, store

THEN = NOON - timedelta(hours=1)
KIM = Party(name="Kim", account="107")


class Site:
    """A lake with rows, and the stores that a run works on."""

    def __init__(self, *records: Record) -> None:
        self.lake, self.journal, self.refolds = memory_lake(), MemoryJournal(), MemoryRefolds()
        self.directory, self.marked = directory(), list[str]()
        self.now = NOON + timedelta(days=3)
        kept = MemoryRecords()
        store(kept, *records)
        rollup("acme", records=kept, lake=self.lake, directory=self.directory, clock=lambda: self.now, **beside())

    def ask(self, id: str = "r1", at: datetime = THEN, **what: Any) -> None:
        self.refolds.ask("acme", Refold(id=id, requested_at=at, **what))

    def run(self, **options: Any) -> Refolded:
        arguments: dict[str, Any] = {
            "refolds": self.refolds,
            "lake": self.lake,
            "journal": self.journal,
            "directory": self.directory,
            "mark": lambda _, keys: self.marked.extend(keys),
            "clock": lambda: self.now,
            "until": self.now + timedelta(seconds=30),
        }
        return work_off("acme", **arguments | options)

    @property
    def rung(self) -> list[str]:
        return sorted(key.removeprefix("acme#") for key in self.journal.rung)


def site() -> Site:
    return Site(
        call("c1", user=KIM, unattributed="unmapped"),
        call("c2", legs=(Leg(leg_id="l", party=KIM),)),
        call("c3", NOON - timedelta(days=40), user=KIM, unattributed="unmapped"),
        call("c4", remote_number="+48600000009"),
        call("c5", NOON + timedelta(days=1), business_number="+48220000009", business_number_id="n9"),
        message("m1", user=KIM, unattributed="unmapped"),
        message("m2", remote_number="+48600000009"),
    )


def test_nobody_asked_is_one_read_and_nothing_else() -> None:
    class Untouched:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    nothing = Untouched()
    assert Site().run(lake=nothing, journal=nothing, directory=nothing) == Refolded()


def test_a_mapped_account_rings_all_it_owned_and_every_call_that_rang_it() -> None:
    there = site()
    there.ask(connection="line", accounts=("107",))
    assert there.run() == Refolded(done=1, rung=4)
    assert there.rung == ["call#line#c1", "call#line#c2", "call#line#c3", "message#line#m1"]
    assert there.refolds.open("acme") == []
    assert there.marked == []


def test_a_mapped_account_rings_the_deals_it_made_and_a_setting_writes_all_again() -> None:
    there = Site(deal("d1", user=KIM, call=""), deal("d2", call=""))
    there.ask(connection="line", accounts=("107",))
    there.run()
    assert there.rung == ["deal#line#d1"]

    there.ask("settings", everything=True)
    there.run()
    assert there.marked == ["acme#deal#line#d1", "acme#deal#line#d2"]


def test_an_account_of_a_person_moves_from_one_user_to_another() -> None:
    there = site()
    there.ask(connection="line", accounts=("US1",))
    there.run()
    assert {"call#line#c4", "call#line#c5", "message#line#m2"} <= set(there.rung)
    assert ANNA.account == "US1"


@pytest.mark.parametrize(
    ("what", "rung"),
    [
        ({"numbers": ("+48600000009",)}, ["call#line#c4", "message#line#m2"]),
        ({"numbers": ("+48220000009",)}, ["call#line#c5"]),
        ({"number_ids": ("n9",)}, ["call#line#c5"]),
        ({"connection": "other", "accounts": ("107",)}, []),
        ({"accounts": ("107",), "since": date(2026, 3, 4)}, ["call#line#c1", "call#line#c2", "message#line#m1"]),
        ({"accounts": ("107",), "until": date(2026, 2, 1)}, ["call#line#c3"]),
        ({}, []),
    ],
)
def test_only_rows_that_match_are_rung(what: dict[str, Any], rung: list[str]) -> None:
    there = site()
    there.ask(**what)
    assert there.run() == Refolded(done=1, rung=len(rung))
    assert there.rung == rung


def test_a_change_of_settings_rings_everything_from_a_day_and_writes_rows_again() -> None:
    there = site()
    there.ask(everything=True, since=date(2026, 3, 5))
    assert there.run() == Refolded(done=1, rung=1)
    assert there.rung == ["call#line#c5"]
    assert there.marked == ["acme#call#line#c5"]


def test_numbers_nobody_knew_are_rung_when_one_is_added() -> None:
    there = site()
    there.ask(number_ids=("",))
    there.run()
    assert len(there.rung) == 6


def test_a_request_waits_until_no_fold_can_use_the_old_directory() -> None:
    """The lake must hold whatever was written with it."""
    there = site()
    watermark = there.directory.watermark("acme")
    assert watermark is not None
    there.ask(at=watermark - SETTLED + timedelta(seconds=1), accounts=("107",))
    assert there.run() == Refolded(waiting=1)
    assert there.rung == []
    there.ask(at=watermark - SETTLED, accounts=("107",))
    assert there.run().done == 1
    fresh = Site()
    fresh.directory = directory()
    fresh.ask(accounts=("107",))
    assert fresh.run() == Refolded(waiting=1)


def test_a_run_without_time_keeps_its_place_and_the_next_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newest first; time is looked at after every step."""
    monkeypatch.setattr(refolding, "STEP", 1)
    there = site()
    there.ask(accounts=("107",))
    order: list[list[str]] = []

    class Slow(MemoryJournal):
        def ring(self, keys: Sequence[str], at: datetime) -> None:
            super().ring(keys, at)
            order.append(list(keys))
            there.now += timedelta(seconds=20)

    there.journal = Slow()
    assert there.run() == Refolded(waiting=1, rung=2)
    assert there.run() == Refolded(waiting=1, rung=2)
    assert there.run() == Refolded(done=1)
    assert order == [
        ["acme#call#line#c1"],
        ["acme#call#line#c2"],
        ["acme#message#line#m1"],
        ["acme#call#line#c3"],
    ]


def test_an_interruption_at_any_call_is_made_good_by_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refolding, "STEP", 2)
    for at in count(1):
        there = site()
        there.ask(accounts=("107",))
        calls = 0

        class Failing:
            """Fails at one call of one of the stores."""

            def __init__(self, store: Any, at: int = at) -> None:
                self._store, self._at = store, at

            def __getattr__(self, name: str) -> Any:
                def call(*arguments: Any) -> Any:
                    nonlocal calls
                    calls += 1
                    if calls == self._at:
                        raise Unavailable("fault")
                    return getattr(self._store, name)(*arguments)

                return call

        with suppress(Unavailable):
            there.run(refolds=Failing(there.refolds), journal=Failing(there.journal))
        interrupted = calls == at
        assert there.run() == Refolded() or interrupted
        assert len(there.rung) == 4
        assert there.refolds.open("acme") == []
        if not interrupted:
            break
    assert at > 8


def test_what_is_asked_again_while_it_is_worked_off_begins_anew() -> None:
    there = site()
    there.ask(accounts=("107",))

    class Overtaken(MemoryJournal):
        def ring(self, keys: Sequence[str], at: datetime) -> None:
            super().ring(keys, at)
            there.ask(at=THEN + timedelta(minutes=1), accounts=("107",))

    there.journal = Overtaken()
    assert there.run().done == 0
    there.journal = MemoryJournal()
    assert there.run() == Refolded(done=1, rung=4)


# --- the function of Lambda ---------------------------------------------------


def test_the_roll_up_works_off_requests_when_it_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = site()
    monkeypatch.setattr(entry, "bells", lambda: (there.refolds, there.journal))
    monkeypatch.setattr(entry, "stores", lambda: (MemoryRecords(), there.lake, there.directory))
    there.ask(connection="line", accounts=("107",))

    assert entry._refold(["acme"], entry.now() + timedelta(minutes=4)) == []
    assert len(there.rung) == 4
    assert json.loads(capsys.readouterr().out) == {
        "workspace": "acme",
        "refold": {"done": 1, "waiting": 0, "rung": 4},
    }


def test_a_request_that_fails_is_told_and_comes_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = site()

    class Down(MemoryJournal):
        def ring(self, keys: Sequence[str], at: datetime) -> None:
            raise Unavailable("UpdateItem: ThrottlingException")

    monkeypatch.setattr(entry, "bells", lambda: (there.refolds, Down()))
    monkeypatch.setattr(entry, "stores", lambda: (MemoryRecords(), there.lake, there.directory))
    there.ask(connection="line", accounts=("107",))

    failures = entry._refold(["zeta", "acme"], entry.now() + timedelta(minutes=4))
    assert [type(failure) for failure in failures] == [Unavailable]
    assert json.loads(capsys.readouterr().out) == {"workspace": "acme", "refold": "Unavailable"}
    assert len(there.refolds.open("acme")) == 1


def test_a_rate_of_exchange_writes_rows_with_that_currency_again_and_folds_nothing() -> None:
    euro, pound = (Money(amount=Decimal(1), currency=currency) for currency in ("EUR", "GBP"))
    there = Site(
        call("c1", cost=euro),
        call("c2", cost=pound),
        call("c3"),
        call("c4", NOON - timedelta(days=9), cost=euro),
        message("c1", cost=pound),
    )
    there.ask(currencies=("EUR",), since=date(2026, 3, 4))
    assert there.run() == Refolded(done=1, rung=1)
    assert there.marked == ["acme#call#line#c1"]

    there.ask(currencies=(EVERY,))
    there.run()
    assert sorted(there.marked[1:]) == [
        "acme#call#line#c1", "acme#call#line#c2", "acme#call#line#c4", "acme#message#line#c1",
    ]  # fmt: skip
    assert there.rung == []


def test_a_rate_of_exchange_and_a_change_of_the_directory_under_one_name_do_both() -> None:
    there = Site(call("c1", cost=Money(amount=Decimal(1), currency="EUR")), call("c2", remote_number="+48600000009"))
    there.ask(currencies=("EUR",))
    there.ask(numbers=("+48600000009",))
    assert there.run() == Refolded(done=1, rung=2)
    assert there.rung == ["call#line#c1", "call#line#c2"]
    assert there.marked == ["acme#call#line#c1", "acme#call#line#c2"]
