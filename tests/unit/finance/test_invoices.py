"""Invoices: import, what is found, the same file again."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ringlake.access import Principal
from ringlake.errors import Forbidden, InvalidRequest, NotFound, Outdated, PlanTooLow, Unavailable, Unversioned
from ringlake.flows.finance.invoices import Asked
from ringlake.flows.finance.views import InvoiceEntry, InvoiceView
from ringlake.model.directory import Ability, Role
from ringlake.model.invoices import LineState
from ringlake.model.tables import RECONCILIATIONS
from tests.unit.finance.ledger import HERE, MARCH, NOW, Ledger, charged_call, of_march

MAPPING = {
    "columns": {
        "id": "Ref", "number": "From", "remote": "To", "started_at": "Start", "duration": "Len", "amount": "Net",
    },
    "channel": "call",
    "country": "PL",
    "currency": "EUR",
}  # fmt: skip
HEAD = "Ref,From,To,Start,Len,Net\n"
WHOLE_MARCH = Asked(connection="line", first=date(2026, 3, 1), last=date(2026, 3, 31))


@pytest.fixture
def ledger() -> Ledger:
    made = of_march()
    made.finance.invoices.put_mapping(made.viewer, "line", MAPPING, None, NOW)
    return made


def lines(*calls: int, amount: str = "0.12", by_id: bool = False) -> str:
    """Lines of these calls as the provider has them: a few seconds off, and without our ids unless it knows them."""
    return "".join(
        f"{f'c{n}' if by_id else ''},+48220000001,600 000 001,"
        f"{MARCH + timedelta(days=3 * n, hours=9, seconds=4):%Y-%m-%d %H:%M:%S},60,{amount}\n"
        for n in calls
    )


def take(ledger: Ledger, text: str, asked: Asked = WHOLE_MARCH) -> InvoiceEntry:
    report = ledger.finance.invoices.take(ledger.viewer, (HEAD + text).encode(), asked, NOW)
    assert report.invoice is not None, report.errors
    return report.invoice


def show(ledger: Ledger, invoice: InvoiceEntry) -> InvoiceView:
    return ledger.finance.invoices.show(ledger.viewer, invoice.id).document


def tally(invoice: InvoiceEntry) -> dict[str, int]:
    return {name: count for name, count in msgspec.structs.asdict(invoice.tally).items() if count}


def test_an_invoice_of_the_whole_month_matches_whole(ledger: Ledger) -> None:
    """The call before midnight of the first and the one after midnight of the last are of other months."""
    invoice = take(ledger, lines(*range(10)))

    assert tally(invoice) == {"matched": 10}
    assert (invoice.lines, invoice.free, invoice.unpriced) == (10, 0, 0)


def test_three_planted_differences_are_found_and_nothing_else(ledger: Ledger) -> None:
    stray = ",+48220000001,+48600000777,2026-03-15 10:00:00,60,0.12\n"
    invoice = take(ledger, lines(*range(8)) + lines(8, amount="0.21") + stray)

    assert tally(invoice) == {"matched": 8, "different": 1, "missing": 1, "extra": 1}
    found = ledger.finance.invoices.entries(
        ledger.viewer, invoice.id, [LineState.DIFFERENT, LineState.MISSING, LineState.EXTRA], "", 0, 10
    ).entries
    assert [(e.state, e.record_id, e.differs, e.difference) for e in found] == [
        (LineState.DIFFERENT, "line:c8", ("amount",), Decimal("0.0900")),
        (LineState.EXTRA, "", (), Decimal("0.12")),
        (LineState.MISSING, "line:c9", (), Decimal("-0.1200")),
    ]


def test_totals_are_of_each_number_month_and_state(ledger: Ledger) -> None:
    stray = ",+48220000001,+48600000777,2026-03-15 10:00:00,60,0.12\n"
    invoice = take(ledger, lines(*range(8)) + lines(8, amount="0.21") + stray + ",,,,,9.99\n")

    said = [
        (one.number, one.month, one.state.value, one.entries, one.invoiced, one.charged, one.difference, one.unknown)
        for one in show(ledger, invoice).totals
    ]
    ours, march = "+48220000001", date(2026, 3, 1)
    assert said == [
        ("", march, "fee", 1, Decimal("9.99"), Decimal(0), Decimal("9.99"), 0),
        (ours, march, "different", 1, Decimal("0.21"), Decimal("0.1200"), Decimal("0.09"), 0),
        (ours, march, "extra", 1, Decimal("0.12"), Decimal(0), Decimal("0.12"), 0),
        (ours, march, "matched", 8, Decimal("0.96"), Decimal("0.9600"), Decimal(0), 0),
        (ours, march, "missing", 1, Decimal(0), Decimal("0.1200"), Decimal("-0.12"), 0),
    ]
    assert sum(one.difference for one in show(ledger, invoice).totals) == Decimal("10.08")


def test_the_same_file_is_the_same_invoice(ledger: Ledger) -> None:
    first = take(ledger, lines(*range(10)))
    before = dict(ledger.objects.bodies)
    report = ledger.finance.invoices.take(ledger.viewer, (HEAD + lines(*range(10))).encode(), WHOLE_MARCH, NOW)

    assert report.known
    assert report.invoice is not None
    assert report.invoice.id == first.id
    assert len(ledger.finance.invoices.all(ledger.viewer).invoices) == 1
    assert ledger.objects.bodies == before


def test_the_same_file_by_another_mapping_is_read_again(ledger: Ledger) -> None:
    text = lines(*range(10), amount="0.1")
    assert tally(take(ledger, text)) == {"different": 10}

    looser = MAPPING | {"amount_tolerance": "0.05"}
    ledger.finance.invoices.put_mapping(ledger.viewer, "line", looser, "1", NOW)
    after = take(ledger, text)
    assert tally(after) == {"matched": 10}
    assert after.version == 2
    assert len(ledger.finance.invoices.all(ledger.viewer).invoices) == 1


def test_charges_that_came_late_are_found_when_it_is_compared_again(ledger: Ledger) -> None:
    stray = ",+48220000001,+48600000777,2026-03-15 10:00:00,60,0.12\n"
    invoice = take(ledger, lines(*range(10)) + stray)
    assert tally(invoice) == {"matched": 10, "extra": 1}

    late = charged_call("late", MARCH + timedelta(days=14, hours=10), remote_number="+48600000777")
    (unit,) = late.charges
    late = msgspec.structs.replace(late, charges=(msgspec.structs.replace(unit, number="+48600000777"),))
    ledger.put(late)
    ledger.directory.set_watermark("acme", NOW + timedelta(hours=1))
    assert show(ledger, invoice).stale
    after = ledger.finance.invoices.again(ledger.viewer, invoice.id, NOW).document
    assert tally(after) == {"matched": 11}
    assert not after.stale


def test_two_invoices_of_a_month_stand_beside_each_other(ledger: Ledger) -> None:
    one, two = take(ledger, lines(*range(10))), take(ledger, lines(*range(5)))

    assert tally(show(ledger, one)) == {"matched": 10}
    assert tally(show(ledger, two)) == {"matched": 5, "missing": 5}
    rows = ledger.lake.read(RECONCILIATIONS, "acme", "2026-03-01").rows.to_pylist()
    assert {row["invoice_id"]: 0 for row in rows}.keys() == {one.id, two.id}
    assert len(rows) == 20


def test_a_deleted_invoice_is_out_of_the_tables_and_comes_back_with_its_file(ledger: Ledger) -> None:
    invoice = take(ledger, lines(*range(10)))
    ledger.finance.invoices.delete(ledger.viewer, invoice.id, NOW)

    assert ledger.finance.invoices.all(ledger.viewer).invoices == ()
    assert ledger.lake.read(RECONCILIATIONS, "acme", "2026-03-01").rows.num_rows == 0
    with pytest.raises(NotFound):
        ledger.finance.invoices.show(ledger.viewer, invoice.id)
    assert take(ledger, lines(*range(10))).id == invoice.id
    assert tally(show(ledger, invoice)) == {"matched": 10}


def test_a_dry_run_says_everything_and_keeps_nothing(ledger: Ledger) -> None:
    before = dict(ledger.objects.bodies)
    invoice = take(ledger, lines(*range(9)), msgspec.structs.replace(WHOLE_MARCH, dry_run=True))

    assert tally(invoice) == {"matched": 9, "missing": 1}
    assert ledger.objects.bodies == before
    assert ledger.finance.invoices.all(ledger.viewer).invoices == ()


def test_a_wrong_line_keeps_the_whole_file_out(ledger: Ledger) -> None:
    data = (HEAD + lines(*range(9)) + ",,,soon,,1\n").encode()
    report = ledger.finance.invoices.take(ledger.viewer, data, WHOLE_MARCH, NOW)

    assert (report.applied, report.error_count) == (False, 1)
    assert report.errors[0]["line"] == 11
    assert ledger.finance.invoices.all(ledger.viewer).invoices == ()


def test_without_a_period_it_is_that_of_the_lines(ledger: Ledger) -> None:
    """So what the invoice lacks before its first and after its last line cannot be seen; a period says more."""
    invoice = take(ledger, lines(1, 2, 4), Asked(connection="line"))

    assert (invoice.period_from, invoice.period_to) == (date(2026, 3, 4), date(2026, 3, 13))
    assert tally(invoice) == {"matched": 3, "missing": 1}


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (date(2026, 3, 31), date(2026, 3, 1), "to"),
        (date(2025, 1, 1), date(2026, 3, 1), "to"),
        (date(9999, 12, 31), date(9999, 12, 31), "from"),
        (date(1, 1, 1), date(1, 1, 1), "from"),
    ],
)
def test_a_period_that_is_none_is_refused(ledger: Ledger, first: date, last: date, field: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        take(ledger, lines(1), Asked(connection="line", first=first, last=last))
    assert error.value.field == field


def test_the_largest_amounts_reach_the_tables(ledger: Ledger) -> None:
    invoice = take(ledger, lines(1, amount="99999999.9999999999") + lines(2, amount="-99999999.9999999999"))

    assert tally(invoice) == {"different": 2, "missing": 8}
    assert show(ledger, invoice).totals[0].invoiced == 0


def test_lines_of_one_day_have_an_end(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringlake.flows.finance.invoices.MOST_LINES_OF_DAY", 12)
    first = take(ledger, lines(*range(8)))
    with pytest.raises(InvalidRequest, match="8 lines already"):
        take(ledger, lines(*range(5)))
    assert take(ledger, lines(*range(8))).id == first.id  # the same file needs no more room
    ledger.finance.invoices.delete(ledger.viewer, first.id, NOW)
    take(ledger, lines(*range(5)))


def test_the_ids_of_the_provider_find_calls_whose_moments_are_wrong(ledger: Ledger) -> None:
    ledger.finance.invoices.put_mapping(ledger.viewer, "line", MAPPING | {"zone": "America/New_York"}, "1", NOW)
    found = take(ledger, lines(*range(10), by_id=True))

    assert tally(found) == {"different": 10}
    entries = ledger.finance.invoices.entries(ledger.viewer, found.id, [], "", 0, 3)
    assert {entry.differs for entry in entries.entries} == {("started_at",)}


def test_a_wrong_zone_of_the_mapping_is_suspected(ledger: Ledger) -> None:
    ledger.finance.invoices.put_mapping(ledger.viewer, "line", MAPPING | {"zone": "Europe/London"}, "1", NOW)
    assert take(ledger, lines(*range(9))).offset_s == 0  # London is UTC until the 29th
    ledger.finance.invoices.put_mapping(ledger.viewer, "line", MAPPING | {"zone": "Asia/Dubai"}, "2", NOW)
    found = take(ledger, lines(*range(9)))

    assert tally(found) == {"missing": 10, "extra": 9}
    assert found.offset_s == -4 * 3600


def test_an_invoice_of_both_channels_lacks_the_text_that_cost_something(ledger: Ledger) -> None:
    ledger.finance.invoices.put_mapping(ledger.viewer, "line", MAPPING | {"channel": ""}, "1", NOW)
    invoice = take(ledger, lines(*range(10)))

    assert tally(invoice) == {"matched": 10, "missing": 1}
    (entry,) = ledger.finance.invoices.entries(ledger.viewer, invoice.id, [LineState.MISSING], "", 0, 9).entries
    assert (entry.record_id, entry.difference) == ("line:m1", Decimal("-0.0300"))


def test_pages_are_in_the_order_of_the_file_and_lose_nothing(ledger: Ledger) -> None:
    invoice = take(ledger, lines(*range(9)))
    seen, after = [], 0
    while True:
        page = ledger.finance.invoices.entries(ledger.viewer, invoice.id, [], "", after, 4)
        seen += [entry.entry for entry in page.entries]
        after = page.next
        if not after:
            break
    assert seen == list(range(1, 11))
    by_number = ledger.finance.invoices.entries(ledger.viewer, invoice.id, [], "+48220000009", 0, 4)
    assert by_number.entries == ()


def test_who_may_not_see_numbers_sees_them_masked(ledger: Ledger) -> None:
    """Also where a line says them in its text."""
    columns: Any = MAPPING["columns"]
    mapping = MAPPING | {"columns": {**columns, "text": "What"}}
    ledger.finance.invoices.put_mapping(ledger.viewer, "line", mapping, "1", NOW)
    text = HEAD.replace("Net", "Net,What") + lines(1).replace("0.12", "0.12,Call to +48600000001")
    invoice = ledger.finance.invoices.take(ledger.viewer, text.encode(), WHOLE_MARCH, NOW).invoice
    assert invoice is not None
    user = msgspec.structs.replace(ledger.viewer.user, role=Role.ADMIN, without=(Ability.SEE_NUMBERS,))
    admin = Principal(workspace="acme", user=user)
    (entry,) = ledger.finance.invoices.entries(admin, invoice.id, [], "", 0, 1).entries
    file, _ = ledger.finance.invoices.file(admin, invoice.id, [], NOW)

    assert (entry.remote, entry.line_text) == ("+48•••••••01", "Call to +48•••••••01")
    assert "600000001" not in file.decode()


@pytest.mark.parametrize(
    ("change", "error"),
    [({"role": Role.MANAGER}, Forbidden), ({"role": Role.ADMIN, "without": (Ability.REPORTS,)}, Forbidden)],
)
def test_who_does_not_see_the_whole_workspace_sees_no_invoice(
    ledger: Ledger, change: dict[str, Any], error: type[Exception]
) -> None:
    viewer = Principal(workspace="acme", user=msgspec.structs.replace(ledger.viewer.user, **change))
    with pytest.raises(error):
        ledger.finance.invoices.all(viewer)


def test_a_plan_without_analytics_has_no_invoices(ledger: Ledger) -> None:
    ledger.directory.put_workspace(msgspec.structs.replace(HERE, plan="starter"))
    with pytest.raises(PlanTooLow):
        ledger.finance.invoices.all(ledger.viewer)


def test_an_import_needs_a_mapping(ledger: Ledger) -> None:
    with pytest.raises(InvalidRequest) as error:
        take(ledger, lines(1), Asked(connection="other"))
    assert error.value.field == "connection"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"columns": {"started_at": "Start", "number": "From"}}, "columns"),
        ({"columns": {"amount": "Net", "number": "From"}}, "columns"),
        ({"columns": {"amount": "Net", "started_at": "Start"}}, "columns"),
        ({"columns": {"amount": "Net", "started_at": "Net", "number": "From"}}, "columns"),
        ({"columns": {"amount": "Net", "time": "Start", "number": "From"}}, "columns"),
        ({"columns": {"price": "Net"}}, "columns.price"),
        ({"currency": ""}, "currency"),
        ({"currency": "EURO"}, "currency"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"moment_form": "hh:mm"}, "moment_form"),
        ({"amount_tolerance": 0.01}, "amount_tolerance"),
        ({"encoding": "ebcdic"}, "encoding"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(ledger: Ledger, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        ledger.finance.invoices.put_mapping(ledger.viewer, "line", MAPPING | change, "1", NOW)
    assert error.value.field.startswith(field)


def test_a_mapping_is_changed_from_the_version_that_was_read(ledger: Ledger) -> None:
    with pytest.raises(Unversioned):
        ledger.finance.invoices.put_mapping(ledger.viewer, "line", MAPPING, None, NOW)
    ledger.finance.invoices.put_mapping(ledger.viewer, "line", MAPPING, "1", NOW)
    with pytest.raises(Outdated):
        ledger.finance.invoices.put_mapping(ledger.viewer, "line", MAPPING, "1", NOW)
    with pytest.raises(NotFound):
        ledger.finance.invoices.put_mapping(ledger.viewer, "nobody", MAPPING, None, NOW)


def test_an_import_that_breaks_off_anywhere_is_finished_by_the_next(ledger: Ledger) -> None:
    """A fault at each write in turn: the file, the rows, the invoice."""
    data = (HEAD + lines(*range(9))).encode()
    put, keep = ledger.objects.put, ledger.kept.put_invoice
    for broken in range(3):
        writes = iter(range(3))

        def fails(work: Any, at: int = broken, writes: Any = writes) -> Any:
            def call(*given: Any, **named: Any) -> Any:
                if next(writes) == at:
                    raise Unavailable("gone")
                return work(*given, **named)

            return call

        ledger.objects.put, ledger.kept.put_invoice = fails(put), fails(keep)  # type: ignore[method-assign]
        with pytest.raises(Unavailable):
            ledger.finance.invoices.take(ledger.viewer, data, WHOLE_MARCH, NOW)
        ledger.objects.put, ledger.kept.put_invoice = put, keep  # type: ignore[method-assign]
        assert ledger.finance.invoices.all(ledger.viewer).invoices == ()
    report = ledger.finance.invoices.take(ledger.viewer, data, WHOLE_MARCH, NOW)

    assert report.invoice is not None
    assert tally(show(ledger, report.invoice)) == {"matched": 9, "missing": 1}
    assert ledger.lake.read(RECONCILIATIONS, "acme", "2026-03-01").rows.num_rows == 10


def test_a_deletion_that_breaks_off_is_finished_by_the_next(ledger: Ledger) -> None:
    invoice = take(ledger, lines(*range(9)))
    keep = ledger.kept.put_invoice

    def gone(*given: Any) -> None:
        raise Unavailable("gone")

    ledger.kept.put_invoice = gone  # type: ignore[assignment,method-assign]
    with pytest.raises(Unavailable):
        ledger.finance.invoices.delete(ledger.viewer, invoice.id, NOW)
    ledger.kept.put_invoice = keep  # type: ignore[method-assign]
    ledger.finance.invoices.delete(ledger.viewer, invoice.id, NOW)

    assert ledger.finance.invoices.all(ledger.viewer).invoices == ()
    assert ledger.lake.read(RECONCILIATIONS, "acme", "2026-03-01").rows.num_rows == 0


def test_what_was_done_is_on_record(ledger: Ledger) -> None:
    take(ledger, lines(1))
    said = {line.action for line in ledger.directory.audit_lines("acme", "2026-04")}

    assert {"invoice_mapping.change", "invoice.import"} <= said
