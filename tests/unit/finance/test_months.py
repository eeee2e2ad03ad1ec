"""Months that are closed: frozen once, the same digest as long as nothing changed, and what changed since."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.access import Principal
from ringlake.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unavailable
from ringlake.flows.finance.views import ClosingView
from ringlake.metrics.closing import COLUMNS, digest, digest_of, following_month, frozen, of_month
from ringlake.model.directory import Role
from ringlake.model.tables import CALLS, CHARGES, CLOSED_CHARGES, CLOSINGS
from ringlake.stores.lake import arrow_schema
from tests.unit.finance.ledger import MARCH, NOW, Ledger, charged_call, of_march

ID = "2026-03"


@pytest.fixture
def ledger() -> Ledger:
    return of_march()


def close(ledger: Ledger, **body: Any) -> ClosingView:
    return ledger.finance.months.close(ledger.viewer, ID, body, NOW)[0]


def look(ledger: Ledger, version: int | None = None) -> ClosingView:
    return ledger.finance.months.show(ledger.viewer, ID, version, NOW)


def test_a_closed_month_holds_its_own_rows_and_not_its_neighbours(ledger: Ledger) -> None:
    closed = close(ledger)

    said = {(one.table, one.currency): (one.rows, one.seconds, one.amount) for one in closed.sums}
    assert said == {
        ("calls", "EUR"): (10, 600, Decimal("1.2000")),
        ("charges", "EUR"): (11, 420, Decimal("1.2300")),
        ("messages", ""): (1, 0, Decimal(0)),
        ("messages", "EUR"): (1, 0, Decimal("0.0300")),
    }
    assert (closed.version, closed.latest, closed.drifted, closed.intact) == (1, True, False, True)


def test_closing_twice_gives_the_same_digest_and_one_closing(ledger: Ledger) -> None:
    first = close(ledger)
    before = dict(ledger.objects.bodies)
    second = close(ledger)

    assert second.sha256 == first.sha256 == second.sha256_now
    assert len(ledger.finance.months.all(ledger.viewer).closings) == 1
    assert ledger.objects.bodies == before


def test_the_digest_is_of_values_and_not_of_files(ledger: Ledger) -> None:
    """The same rows, written in another order: the day's object is another one where the order is not pinned."""
    first = close(ledger)
    other = of_march()
    other.records = dict(reversed(other.records.items()))
    other.write()

    assert close(other).sha256 == first.sha256


def test_a_late_charge_is_drift_that_is_listed(ledger: Ledger) -> None:
    closed = close(ledger)
    late = MARCH + timedelta(days=3, hours=15)
    ledger.put(charged_call("late", late, "0.5000"))
    found = look(ledger)

    assert found.drifted
    assert found.sha256 == closed.sha256 != found.sha256_now
    assert [(one.table, one.day, one.rows, one.rows_now) for one in found.drift] == [
        ("calls", late.date(), 1, 2),
        ("charges", late.date(), 1, 2),
    ]
    (charge,) = found.charges
    assert (charge.record_id, charge.amount, charge.amount_now) == ("line:late", None, Decimal("0.5000"))
    assert found.intact


def test_a_charge_that_was_rated_again_or_went_is_drift_too(ledger: Ledger) -> None:
    close(ledger)
    ledger.records["line:c1"] = charged_call("c1", ledger.records["line:c1"].started_at, "0.2400")
    ledger.records["line:c2"] = msgspec.structs.replace(ledger.records["line:c2"], charges=(), cost=None)
    ledger.write()
    found = {one.record_id: one for one in look(ledger).charges}

    assert found["line:c1"].changed == ("cost_amount", "home_amount")
    assert (found["line:c1"].amount, found["line:c1"].amount_now) == (Decimal("0.1200"), Decimal("0.2400"))
    assert (found["line:c2"].amount, found["line:c2"].amount_now) == (Decimal("0.1200"), None)
    assert len(found) == 2


def test_what_is_not_about_money_is_no_drift(ledger: Ledger) -> None:
    """A customer gets a name, a call a tag: nothing that was signed has changed."""
    close(ledger)
    for name, record in ledger.records.items():
        if name.startswith("line:c"):
            ledger.records[name] = msgspec.structs.replace(record, remote_name="Somebody", classifier="x")
    ledger.write()

    assert not look(ledger).drifted


def test_the_month_is_closed_again_on_purpose_and_both_closings_stay(ledger: Ledger) -> None:
    first = close(ledger)
    ledger.put(charged_call("late", MARCH + timedelta(days=3, hours=15), "0.5000"))
    second = close(ledger, again=True, reason="late file of the provider")

    assert (second.version, second.drifted) == (2, False)
    assert look(ledger, 1).sha256 == first.sha256
    assert look(ledger, 1).drifted
    assert not look(ledger, 1).latest
    rows = ledger.lake.read(CLOSINGS, "acme", "2026-03-01").rows.to_pylist()
    assert {(row["closing"], row["is_latest"], row["closing_sha256"]) for row in rows} == {
        (1, 0, first.sha256), (2, 1, second.sha256)
    }  # fmt: skip
    kept = ledger.lake.read(CLOSED_CHARGES, "acme", "2026-03-01").rows.to_pylist()
    assert {(row["closing"], row["is_latest"]) for row in kept} == {(1, 0), (2, 1)}
    assert [sum(row["closing"] == n for row in kept) for n in (1, 2)] == [11, 12]


def test_a_month_is_not_closed_without_end(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringlake.flows.finance.months.MOST", 2)
    close(ledger)
    close(ledger, again=True)
    with pytest.raises(InvalidRequest):
        close(ledger, again=True)
    assert close(ledger).version == 2


def test_the_tables_add_up_to_the_closing(ledger: Ledger) -> None:
    closed = close(ledger)
    rows = ledger.lake.read(CLOSINGS, "acme", "2026-03-01").rows.to_pylist()
    kept = ledger.lake.read(CLOSED_CHARGES, "acme", "2026-03-01").rows.to_pylist()

    for one in closed.sums:
        mine = [row for row in rows if (row["part"], row["currency"]) == (one.table, one.currency)]
        assert sum(row["row_count"] for row in mine) == one.rows
        assert sum(row["seconds"] for row in mine) == one.seconds
        assert sum(row["amount"] for row in mine) == one.amount
    assert len(kept) == 11
    assert sum(row["cost_amount"] for row in kept) == Decimal("1.2300")


def test_a_month_that_is_not_over_cannot_be_closed(ledger: Ledger) -> None:
    ends = datetime(2026, 3, 31, 22, tzinfo=UTC)  # Warsaw's summer time began on the 29th
    fresh = Ledger()
    fresh.records = ledger.records
    fresh.write()
    for watermark, fits in ((ends - timedelta(seconds=1), False), (ends, True)):
        fresh.directory = Ledger().directory
        fresh.directory._watermarks["acme"] = watermark
        if fits:
            assert close(fresh).version == 1
        else:
            with pytest.raises(InvalidRequest):
                close(fresh)


def test_a_month_without_anything_can_be_closed(ledger: Ledger) -> None:
    view, made = ledger.finance.months.close(ledger.viewer, "2025-02", {}, NOW)

    assert made
    assert (view.sums, view.drifted, view.intact) == ((), False, True)


@pytest.mark.parametrize("month", ["2026-13", "2026-3", "202603", "march", "2026-03-01", "1999-12", ""])
def test_what_is_no_month_is_not_found(ledger: Ledger, month: str) -> None:
    for ask in (
        lambda: ledger.finance.months.show(ledger.viewer, month, None, NOW),
        lambda: ledger.finance.months.close(ledger.viewer, month, {}, NOW),
    ):
        with pytest.raises(NotFound):
            ask()


def test_a_month_that_nobody_closed_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        look(ledger)
    close(ledger)
    with pytest.raises(NotFound):
        look(ledger, 2)


def test_only_who_sees_the_whole_workspace_closes_it(ledger: Ledger) -> None:
    manager = msgspec.structs.replace(ledger.viewer.user, role=Role.MANAGER)
    with pytest.raises(Forbidden):
        ledger.finance.months.close(Principal(workspace="acme", user=manager), ID, {}, NOW)


def test_who_closed_it_and_why_is_on_record(ledger: Ledger) -> None:
    closed = close(ledger, reason="first look")

    assert (closed.closed_by, closed.reason, closed.closed_at) == ("u-olga", "first look", NOW)
    (line,) = [one for one in ledger.directory.audit_lines("acme", "2026-04") if one.action == "month.close"]
    assert (line.user_id, line.target, line.detail["sha256"]) == ("u-olga", ID, closed.sha256)


def test_of_two_who_close_at_once_one_wins_and_both_see_it(ledger: Ledger) -> None:
    add = ledger.kept.add_closing
    theirs: list[ClosingView] = []

    def late(workspace: str, closing: Any) -> None:
        if not theirs:
            ledger.kept.add_closing = add  # type: ignore[method-assign]
            ledger.put(charged_call("late", MARCH + timedelta(days=3, hours=15), "0.5000"))
            theirs.append(close(ledger))
        add(workspace, closing)

    ledger.kept.add_closing = late  # type: ignore[method-assign]
    mine, made = ledger.finance.months.close(ledger.viewer, ID, {}, NOW)

    assert not made
    assert mine.sha256 == theirs[0].sha256
    assert ledger.lake.read(CLOSED_CHARGES, "acme", "2026-03-01").rows.num_rows == 12


def test_a_closing_that_breaks_off_anywhere_is_finished_by_the_next(ledger: Ledger) -> None:
    wanted = close(of_march()).sha256
    put, add = ledger.objects.put, ledger.kept.add_closing
    for broken in range(4):
        writes = iter(range(4))

        def fails(work: Any, at: int = broken, writes: Any = writes) -> Any:
            def called(*given: Any, **named: Any) -> Any:
                if next(writes) == at:
                    raise Unavailable("gone")
                return work(*given, **named)

            return called

        ledger.objects.put, ledger.kept.add_closing = fails(put), fails(add)  # type: ignore[method-assign]
        with pytest.raises(Unavailable):
            close(ledger)
        ledger.objects.put, ledger.kept.add_closing = put, add  # type: ignore[method-assign]
        if len(ledger.kept.kept) == 0:
            continue
        # It is closed from here on; what was not written is written by whoever looks.
        assert look(ledger).sha256 == wanted
        assert ledger.lake.read(CLOSINGS, "acme", "2026-03-01").rows.num_rows > 0
        assert ledger.lake.read(CLOSED_CHARGES, "acme", "2026-03-01").rows.num_rows == 11
        ledger = of_march()
        put, add = ledger.objects.put, ledger.kept.add_closing


def test_frozen_charges_that_somebody_changed_are_noticed(ledger: Ledger) -> None:
    close(ledger)
    (key,) = [key for key in ledger.objects.bodies if key.startswith("frozen/")]
    other = of_march()
    other.put(charged_call("c1", ledger.records["line:c1"].started_at, "9.0000"))
    close(other)
    (foreign,) = [key for key in other.objects.bodies if key.startswith("frozen/")]
    assert key != foreign
    ledger.objects.bodies[key] = other.objects.bodies[foreign]

    assert not look(ledger).intact
    del ledger.objects.bodies[key]
    assert not look(ledger).intact


def test_nothing_of_a_closed_month_is_about_a_customer(ledger: Ledger) -> None:
    """Whoever is forgotten later leaves it as it was (demands.md D76)."""
    close(ledger)
    kept = [body for key, body in ledger.objects.bodies.items() if key.startswith(("frozen/", "closed_charges/"))]

    assert kept
    assert not any(b"600000001" in body for body in kept)
    personal = {"remote_number", "remote_name", "party_key", "contact_id", "number"}
    assert not personal & {name for part in COLUMNS.values() for name in part.columns}


# --- the digest


def test_the_digest_is_the_documented_one(ledger: Ledger) -> None:
    """By hand: lines of COPY's text form, sorted by key."""
    schema = [f for f in arrow_schema(CALLS) if f.name in ("record_id", "started_at", "cost_amount", "local_date")]
    rows: list[dict[str, Any]] = [
        {"record_id": "a\tb\\c\nd",
         "started_at": datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC).replace(tzinfo=None), "cost_amount": None,
         "local_date": date(1970, 1, 1)},
        {"record_id": "b", "started_at": None, "cost_amount": Decimal("1.5"), "local_date": None},
    ]  # fmt: skip
    columns = ["record_id", "started_at", "cost_amount", "local_date"]
    table = pa.Table.from_pylist(rows, schema=pa.schema(schema)).select(columns)
    text = "a\\tb\\\\c\\nd\t1000\t\\N\t1970-01-01\nb\t\\N\t1.5000\t\\N"

    assert digest(table) == hashlib.sha256(text.encode()).hexdigest()
    assert digest(table.slice(0, 0)) == hashlib.sha256(b"").hexdigest()


CELLS = st.text(alphabet="ab\t\n\\N\r", max_size=4)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=4), st.lists(st.tuples(CELLS, CELLS), max_size=4))
def test_different_rows_have_different_digests(one: list[tuple[str, str]], two: list[tuple[str, str]]) -> None:
    def told(rows: list[tuple[str, str]]) -> str:
        return digest(pa.table({"a": [a for a, _ in rows], "b": [b for _, b in rows]}, schema=SCHEMA))

    assert (told(one) == told(two)) == (one == two)


SCHEMA = pa.schema([("a", pa.string()), ("b", pa.string())])


def test_the_digest_of_a_month_does_not_depend_on_the_order_of_its_parts() -> None:
    rows = of_march().lake.read(CHARGES, "acme", "2026-03-04").rows
    part = frozen("charges", date(2026, 3, 4), of_month("charges", rows, date(2026, 3, 1)))
    other = msgspec.structs.replace(part, day=date(2026, 3, 5))

    assert digest_of([part, other]) == digest_of([other, part]) != digest_of([part])


def test_the_month_after_december_is_january() -> None:
    assert following_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert following_month(date(2026, 2, 1)) == date(2026, 3, 1)


def test_a_lost_race_for_a_table_is_run_again(ledger: Ledger) -> None:
    write, lost = ledger.lake.write, [2]

    def racing(*given: Any) -> str:
        if lost[0]:
            lost[0] -= 1
            raise Conflict("somebody else")
        return write(*given)

    ledger.lake.write = racing  # type: ignore[assignment,method-assign]
    close(ledger)
    assert ledger.lake.read(CLOSINGS, "acme", "2026-03-01").rows.num_rows > 0
