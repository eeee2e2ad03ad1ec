"""Invoices as CSV files: what each mapping makes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ringlake.errors import InvalidRequest
from ringlake.flows.directory.sheets import Wrong
from ringlake.flows.finance.invoice_file import moment_reader, read_invoice
from ringlake.model.invoices import DurationForm, InvoiceLine, InvoiceMapping

COLUMNS = {
    "id": "Ref", "number": "From", "remote": "To", "started_at": "Start", "duration": "Len", "amount": "Net",
    "text": "What",
}  # fmt: skip


def mapping(**fields: Any) -> InvoiceMapping:
    usual: dict[str, Any] = {"connection": "line", "columns": COLUMNS, "country": "PL", "currency": "EUR"}
    return InvoiceMapping(**{**usual, **fields})


def read(text: str, **fields: Any) -> Any:
    return read_invoice(text.encode(), mapping(**fields))


def test_a_line_is_read_by_its_columns() -> None:
    found = read(
        "Ref,From,To,Start,Len,Net,What\nx1,22 100 00 01,0048600000001,2026-03-04 12:00:05,65,0.1234567,Call\n"
    )

    assert found.lines == [
        InvoiceLine(
            line=2,
            id="x1",
            number="+48221000001",
            remote="+48600000001",
            started_at=datetime(2026, 3, 4, 12, 0, 5, tzinfo=UTC),
            duration_s=65,
            amount=Decimal("0.1234567"),
            currency="EUR",
            text="Call",
        )
    ]
    assert (found.left_out, found.wrong) == (0, [])


def test_a_german_file_with_a_title_semicolons_and_commas() -> None:
    text = (
        "Rechnung 4711\r\n\r\n"
        "Datum;Uhrzeit;Rufnummer;Ziel;Dauer;Betrag;Waehrung\r\n"
        "04.03.2026;13:00;+48221000001;+48600000001;1:05;-1.234,50 €;eur\r\n"
        "Summe;;;;;-1.234,50;EUR\r\n"
    )
    found = read(
        text,
        columns={
            "date": "Datum", "time": "Uhrzeit", "number": "Rufnummer", "remote": "Ziel", "duration": "Dauer",
            "amount": "Betrag", "currency": "Waehrung",
        },
        zone="Europe/Warsaw", moment_form="DD.MM.YYYY hh:mm", duration_form=DurationForm.CLOCK, decimal_mark=",",
        skip_lines=2, currency="", leave_out={"Datum": ("Summe",)},
    )  # fmt: skip

    (line,) = found.lines
    assert line.started_at == datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert (line.duration_s, line.amount, line.currency) == (65, Decimal("-1234.50"), "EUR")
    assert (line.line, found.left_out) == (4, 1)


def test_a_comma_that_is_not_in_quotes_shifts_no_amount() -> None:
    """Of `0,05` in the last column the 0 would be left."""
    columns = {name: header for name, header in COLUMNS.items() if name != "text"}
    text = "Ref,From,To,Start,Len,Net\nA,+48221000001,,2026-03-04 12:00,,0,05\nB,,,2026-03-04 12:00,,1,\n"
    found = read(text, columns=columns)

    assert [(line.id, line.amount) for line in found.lines] == [("B", Decimal(1))]
    assert [(wrong.line, wrong.column) for wrong in found.wrong] == [(2, "Net")]


@pytest.mark.parametrize("cell", ['"Rent', '"Rent" of March'])
def test_a_quote_that_nothing_closes_swallows_no_lines(cell: str) -> None:
    line = ",+48221000001,,2026-03-04 12:00,,1,"
    with pytest.raises(InvalidRequest, match="line 2"):
        read(f"Ref,From,To,Start,Len,Net,What\n{line}{cell}\n{line}\n{line}\n")


def test_a_line_without_a_start_is_a_fee_whoever_it_names() -> None:
    (line,) = read("Ref,From,To,Start,Len,Net,What\n,+48221000001,,,,12.00,Rent March\n").lines

    assert line.started_at is None
    assert (line.number, line.remote, line.text) == ("+48221000001", "", "Rent March")


def test_a_call_without_a_customer_is_of_a_withheld_number() -> None:
    (line,) = read("Ref,From,To,Start,Len,Net,What\n,,,2026-03-04T12:00:00Z,,0,\n").lines

    assert (line.remote, line.duration_s, line.amount) == ("anonymous", None, Decimal(0))


def test_what_has_the_guard_of_a_spreadsheet_is_read_without_it() -> None:
    (line,) = read("Ref,From,To,Start,Len,Net,What\n'=x,'+48221000001,,2026-03-04 12:00,,0,\n").lines

    assert (line.id, line.number) == ("=x", "+48221000001")


@pytest.mark.parametrize(
    ("cell", "mark", "said"),
    [
        ("1.5", ".", "1.5"),
        ("1,5", ",", "1.5"),
        ("1,234.50", ".", "1234.50"),
        ("1.234,50", ",", "1234.50"),
        ("1 234,50 €", ",", "1234.50"),
        ("1'234.50", ".", "1234.50"),
        ("€0.01", ".", "0.01"),
        ("US$5.00", ".", "5.00"),
        ("5.00 eur", ".", "5.00"),
        ("5.00 usd", ".", None),
        ("5.00 zł", ".", None),
        # Credits in other spellings, which would be charges without what stands around the number.
        ("\u22125.00", ".", None),
        ("\u20135.00", ".", None),
        ("5.00\u2212", ".", None),
        ("5.00 CR", ".", None),
        ("CR 5.00", ".", None),
        ("5.00 H", ".", None),
        ("5.00%", ".", None),
        ("\uff115.00", ".", None),
        ("50.0O", ".", None),
        ("+3", ".", "3"),
        ("-.5", ".", None),
        (".5", ".", "0.5"),
        ("12,34", ".", None),
        ("1.5", ",", None),
        ("(1.50)", ".", None),
        ("1.50-", ".", None),
        ("1e3", ".", None),
        ("", ".", None),
        ("free", ".", None),
        ("1.2.3", ".", None),
        ("99999999.9999999999", ".", "99999999.9999999999"),
        ("100000000", ".", None),
        ("0.12345678901", ".", None),
        ("٣", ".", None),
    ],
)
def test_amounts_are_exact_and_never_guessed(cell: str, mark: str, said: str | None) -> None:
    found = read(f'Ref,From,To,Start,Len,Net,What\n,,,2026-03-04 12:00,,"{cell}",\n', decimal_mark=mark)

    assert [str(line.amount) for line in found.lines] == ([said] if said else [])
    assert found.wrong == ([] if said else [Wrong(2, "Net", "is not an amount as the mapping says")])


@pytest.mark.parametrize(
    ("cell", "currency"), [("5 zł", "PLN"), ("PLN 5", "PLN"), ("5 kr", "SEK"), ("US$5", "USD"), ("$5", "USD")]
)
def test_an_amount_may_say_the_currency_of_the_line(cell: str, currency: str) -> None:
    (line,) = read(f"Ref,From,To,Start,Len,Net,What\n,,,2026-03-04 12:00,,{cell},\n", currency=currency).lines

    assert (line.amount, line.currency) == (Decimal(5), currency)


@pytest.mark.parametrize(
    ("cell", "form", "said"),
    [
        ("65", DurationForm.SECONDS, 65),
        ("65.5", DurationForm.SECONDS, 66),
        ("65 sec", DurationForm.SECONDS, 65),
        ("1.5 min", DurationForm.MINUTES, 90),
        ("1.5 min", DurationForm.SECONDS, None),
        ("65 EUR", DurationForm.SECONDS, None),
        ("1.5", DurationForm.MINUTES, 90),
        ("1:05", DurationForm.CLOCK, 65),
        ("90:00", DurationForm.CLOCK, 5400),
        ("1:00:05", DurationForm.CLOCK, 3605),
        ("1:61", DurationForm.CLOCK, None),
        ("65", DurationForm.CLOCK, None),
        ("-1", DurationForm.SECONDS, None),
        ("10000001", DurationForm.SECONDS, None),
        ("1:05", DurationForm.SECONDS, None),
    ],
)
def test_durations_in_every_form(cell: str, form: DurationForm, said: int | None) -> None:
    found = read(f"Ref,From,To,Start,Len,Net,What\n,,,2026-03-04 12:00,{cell},1,\n", duration_form=form)

    assert [line.duration_s for line in found.lines] == ([said] if said is not None else [])
    assert [wrong.column for wrong in found.wrong] == ([] if said is not None else ["Len"])


@pytest.mark.parametrize(
    ("form", "cell", "said"),
    [
        ("", "2026-03-04 12:00", "2026-03-04T11:00:00Z"),
        ("", "2026-03-04T12:00:00.250Z", "2026-03-04T12:00:00.250Z"),
        ("", "2026-03-04 12:00:00 +05:30", "2026-03-04T06:30:00Z"),
        ("", "2026-03-04", None),
        ("", "9999-12-31 23:30", None),
        ("", "0001-01-01 00:00", None),
        ("", "04.03.2026 12:00", None),
        ("DD.MM.YYYY hh:mm:ss", "4.3.2026 12:00:07", "2026-03-04T11:00:07Z"),
        ("MM/DD/YYYY hh:mm AM", "03/04/2026 12:30 am", "2026-03-03T23:30:00Z"),
        ("MM/DD/YYYY hh:mm AM", "03/04/2026 12:30 PM", "2026-03-04T11:30:00Z"),
        ("MM/DD/YYYY hh:mm AM", "03/04/2026 13:30 PM", None),
        ("DD.MM.YYYY", "30.02.2026", None),
        ("YYYYMMDDhhmmss", "20260304120000", "2026-03-04T11:00:00Z"),
        # Clocks go back on 25 October: 02:30 comes twice, and is read as the first.
        ("", "2026-10-25 02:30", "2026-10-25T00:30:00Z"),
        # They go forward on 29 March: 02:30 is skipped, and is the instant of the change.
        ("", "2026-03-29 02:30", "2026-03-29T01:00:00Z"),
    ],
)
def test_moments_in_the_form_and_zone_of_the_mapping(form: str, cell: str, said: str | None) -> None:
    at = moment_reader(form, ZoneInfo("Europe/Warsaw"))
    if said is None:
        with pytest.raises(ValueError):  # noqa: PT011 - any is a wrong cell
            at(cell)
    else:
        assert at(cell) == datetime.fromisoformat(said)


@pytest.mark.parametrize("form", ["hh:mm", "DD.MM", "YYYY-MM-DD DD", "YYYY-MM-DD AM", "YYYY-MM-DD uhr", "%Y-%m-%d"])
def test_a_form_that_tells_no_moment_is_refused(form: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        moment_reader(form, ZoneInfo("UTC"))


def test_every_wrong_line_is_named_and_the_others_are_read() -> None:
    found = read("Ref,From,To,Start,Len,Net,What\n,,,soon,,1,\n,,,2026-03-04 12:00,,1,\n,,,2026-03-04 12:00,x,1,\n")

    assert len(found.lines) == 1
    assert [(wrong.line, wrong.column) for wrong in found.wrong] == [(2, "Start"), (4, "Len")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"Ref,From,To,Start,Len,Net\n", "no column 'What'"),
        (b"Ref,From,To,Start,Len,Net,What,Net\n", "there twice"),
        (b"Ref,From,To,Start,Len,Net,What\n\xff\n", "not utf-8 (line 2)"),
        (b"Ref,From,To,Start,Len,Net,What\n\0\n", "NUL"),
    ],
)
def test_what_is_no_such_file_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason.replace("(", r"\(").replace(")", r"\)")):
        read_invoice(data, mapping())


def test_other_encodings_are_read_as_the_mapping_says() -> None:
    text = "Ref,From,To,Start,Len,Net,What\n,,,2026-03-04 12:00,,1,Opłata\n"
    for encoding in ("cp1250", "iso-8859-2", "utf-16", "utf-8"):
        (line,) = read_invoice(text.encode(encoding), mapping(encoding=encoding)).lines
        assert line.text == "Opłata"
