"""A provider's invoice as a CSV file: lines by a mapping of its columns.

Every line is read, left out because the mapping says so, or wrong: nothing is dropped in silence. A line without a
start is a fee. Moments without an offset are in the mapping's zone; in the hour that comes twice they are of the
first.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ringlake.errors import InvalidRequest
from ringlake.files.csv import BOM, unguarded
from ringlake.flows.directory.bodies import CURRENCIES
from ringlake.flows.directory.sheets import MAX_BYTES, Wrong, delimiter
from ringlake.model.base import utc
from ringlake.model.invoices import DurationForm, InvoiceLine, InvoiceMapping
from ringlake.model.localtime import instant
from ringlake.model.numbers import e164

# A request must be answered within half a minute.
MOST_LINES = 60_000
_PARTS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "MM": r"(?P<month>[0-9]{1,2})",
    "DD": r"(?P<day>[0-9]{1,2})",
    "hh": r"(?P<hour>[0-9]{1,2})",
    "mm": r"(?P<minute>[0-9]{2})",
    "ss": r"(?P<second>[0-9]{2})",
    "AM": r"(?P<half>[AaPp])\.?[Mm]\.?",
}
_PART = re.compile("|".join(_PARTS))
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?( ?(Z|[+-][0-9:]{2,6}))?"
)
_CLOCK = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,4}):([0-9]{2})")
# As much as an amount of the tables holds.
_PLAIN = re.compile(r"-?[0-9]{1,8}(\.[0-9]{1,10})?")
_MOST_SECONDS = 10_000_000
YEARS = range(1970, 9990)
# What people put between thousands, and what stands around an amount.
_SPACES = re.compile(r"[\s\u00a0\u202f'\u2019]")
# What stands before and behind the number of an amount. Brackets and a minus behind would mean less than nothing: they
# are no currency, and refused.
_AROUND = re.compile(r"(?P<before>[^0-9,.+()-]{0,4})(?P<number>[^\s]*?)(?P<behind>[^0-9,.+()-]{0,4})", re.DOTALL)
# Signs of currencies that are written with letters. Other letters may say whose money it is (CR, H), so that nobody
# could tell a credit from a charge.
_SIGNS = frozenset(
    {"zł", "kr", "kč", "ft", "lei", "fr", "sfr", "лв", "ден", "дин", "din", "km", "руб", "грн", "rs", "r"}  # noqa: RUF001
)
# Signs that only one currency has.
_OF_ONE = {"€": "EUR", "zł": "PLN"}
_UNITS = {
    DurationForm.SECONDS: re.compile(r"(?i:(?<=[0-9])\s*(?:s|sec|sek)\.?)$"),
    DurationForm.MINUTES: re.compile(r"(?i:(?<=[0-9])\s*(?:m|min)\.?)$"),
}
_LAST_SECOND = 59
_NOON = 12


class InvoiceFile(NamedTuple):
    """Lines in the order of the file, how many the mapping left out, and what is wrong."""

    lines: list[InvoiceLine]
    left_out: int
    wrong: list[Wrong]


def read_invoice(data: bytes, mapping: InvoiceMapping) -> InvoiceFile:
    """Raises `InvalidRequest` for what is no such file at all."""
    if len(data) > MAX_BYTES:
        raise InvalidRequest("body", f"larger than {MAX_BYTES} bytes: import the invoice in parts")
    text = _text(data, mapping.encoding)
    # Strict: behind a quote that nothing closes, the rest of the file would be one cell.
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter(_after(text, mapping.skip_lines)), strict=True
    )
    found = InvoiceFile([], 0, [])
    header: list[str] | None = None
    began, left_out = 1, 0
    read = _reader(mapping)
    try:
        for cells in reader:
            line, began = began, reader.line_num + 1
            if line <= mapping.skip_lines or not any(cell.strip() for cell in cells):
                continue
            clean = [unguarded(cell.strip()).strip() for cell in cells]
            if header is None:
                header = _header(clean, mapping)
                continue
            if len(found.lines) + len(found.wrong) >= MOST_LINES:
                raise InvalidRequest("body", f"more than {MOST_LINES} lines: import the invoice in parts")
            # Sums at the end of a file often have fewer cells.
            row = dict(zip(header, [*clean, *[""] * (len(header) - len(clean))], strict=False))
            if any(row.get(column, "") in values for column, values in mapping.leave_out.items()):
                left_out += 1
                continue
            if any(clean[len(header) :]):
                # A comma inside a number that is not in quotes: what stands where is not known.
                found.wrong.append(Wrong(line, header[-1], "is not the last cell: the line has more than the header"))
                continue
            try:
                found.lines.append(read(line, row))
            except _WrongCell as error:
                found.wrong.append(Wrong(line, error.column, error.reason))
    except csv.Error as error:
        raise InvalidRequest("body", f"line {began}: {error}") from None
    if header is None:
        raise InvalidRequest("body", "is empty: there is no line with the names of the columns")
    return found._replace(left_out=left_out)


def moment_reader(form: str, zone: ZoneInfo) -> Callable[[str], datetime]:
    """Reads moments of one form ("" is ISO 8601) as UTC; raises `ValueError`. So does a form that is none."""
    if not form:
        return lambda text: _iso(text, zone)
    pattern = _pattern(form)

    def read(text: str) -> datetime:
        match = pattern.fullmatch(text)
        if match is None:
            raise ValueError(text)
        parts = {name: int(value) for name, value in match.groupdict().items() if value and name != "half"}
        half = (match.groupdict().get("half") or "").lower()
        hour = parts.get("hour", 0)
        if half:
            if not 1 <= hour <= _NOON:
                raise ValueError(text)
            hour = hour % _NOON + (_NOON if half == "p" else 0)
        naive = datetime(  # noqa: DTZ001 - the zone is put on below
            parts["year"], parts["month"], parts["day"], hour, parts.get("minute", 0), parts.get("second", 0)
        )
        return _in_zone(naive, zone)

    return read


class _WrongCell(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column = column
        self.reason = reason


def _text(data: bytes, encoding: str) -> str:
    try:
        text = data.removeprefix(BOM).decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidRequest("body", f"is not {encoding} (line {line})") from None
    if "\0" in text:
        raise InvalidRequest("body", "holds a NUL character")
    return text


def _after(text: str, lines: int) -> str:
    return "\n".join(text.splitlines()[lines : lines + 2])


def _header(cells: list[str], mapping: InvoiceMapping) -> list[str]:
    """Column names as they stand; raises `InvalidRequest` for each that the mapping needs and that is missing."""
    wanted = [*mapping.columns.values(), *mapping.leave_out]
    errors = [
        ("body", f"the header has no column {name!r}") for name in dict.fromkeys(wanted) if cells.count(name) == 0
    ]
    errors += [("body", f"the column {name!r} is there twice") for name in set(wanted) if cells.count(name) > 1]
    if errors:
        raise InvalidRequest(*errors[0], *errors[1:])
    return cells


def _reader(mapping: InvoiceMapping) -> Callable[[int, Mapping[str, str]], InvoiceLine]:
    at = moment_reader(mapping.moment_form, ZoneInfo(mapping.zone))

    def read(line: int, row: Mapping[str, str]) -> InvoiceLine:
        cells = {what: row[column] for what, column in mapping.columns.items()}
        currency = _currency(mapping, cells.get("currency", ""))
        started = cells.get("started_at") or " ".join(filter(None, (cells.get("date", ""), cells.get("time", ""))))
        return InvoiceLine(
            line=line,
            id=cells.get("id", ""),
            number=_number(cells.get("number", ""), mapping.country),
            # Without a column nobody is said; an empty cell is a withheld number.
            remote=e164(cells["remote"], mapping.country) if "remote" in cells and started else "",
            started_at=_cell(mapping, "started_at" if "started_at" in mapping.columns else "date", started, at)
            if started
            else None,
            duration_s=_duration(mapping, cells.get("duration", "")),
            amount=_cell(
                mapping, "amount", cells["amount"], lambda text: _amount(text, mapping.decimal_mark, currency)
            ),
            currency=currency,
            text=cells.get("text", "")[:200],
        )

    return read


def _cell[T](mapping: InvoiceMapping, what: str, text: str, read: Callable[[str], T]) -> T:
    try:
        return read(text)
    except (ValueError, OverflowError, InvalidOperation):
        names = {"amount": "an amount", "duration": "a duration"}
        raise _WrongCell(mapping.columns[what], f"is not {names.get(what, 'a moment')} as the mapping says") from None


def _iso(text: str, zone: ZoneInfo) -> datetime:
    if not _ISO.fullmatch(text):
        raise ValueError(text)
    return _in_zone(datetime.fromisoformat(text.replace(" +", "+").replace(" Z", "Z").replace(",", ".")), zone)


def _in_zone(at: datetime, zone: ZoneInfo) -> datetime:
    if at.year not in YEARS:
        raise ValueError(at.year)
    return utc(at) if at.tzinfo else instant(at.date(), at.time(), zone)


def _pattern(form: str) -> re.Pattern[str]:
    """The expression of a form such as `DD.MM.YYYY hh:mm`; raises `ValueError`."""
    seen = _PART.findall(form)
    if len(set(seen)) < len(seen) or not {"YYYY", "MM", "DD"} <= set(seen) or ("AM" in seen and "hh" not in seen):
        raise ValueError("needs YYYY, MM and DD, each once")
    between = _PART.split(form)
    if any(re.search(r"[A-Za-z0-9]", text.replace("T", "")) for text in between):
        raise ValueError("holds something else than YYYY, MM, DD, hh, mm, ss and AM")
    return re.compile("".join(re.escape(b) + _PARTS.get(p, "") for b, p in zip(between, [*seen, ""], strict=True)))


def _number(text: str, country: str) -> str:
    return e164(text, country) if text else ""


def _duration(mapping: InvoiceMapping, text: str) -> int | None:
    """Whole seconds, half up; None for an empty cell."""
    if not text:
        return None

    def read(text: str) -> int:
        if mapping.duration_form is DurationForm.CLOCK:
            match = _CLOCK.fullmatch(text)
            if match is None or int(match[3]) > _LAST_SECOND:
                raise ValueError(text)
            return int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3])
        per = 60 if mapping.duration_form is DurationForm.MINUTES else 1
        value = _amount(_UNITS[mapping.duration_form].sub("", text), mapping.decimal_mark) * per
        if not 0 <= value <= _MOST_SECONDS:
            raise ValueError(text)
        return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))

    return _cell(mapping, "duration", text, read)


def _amount(text: str, mark: str, currency: str = "") -> Decimal:
    """An exact decimal; raises `ValueError` for what could be read in two ways, or is of another currency."""
    bare = _bare(_SPACES.sub("", text), currency)
    whole, _, places = bare.rpartition(mark) if mark in bare else (bare, "", "")
    thousands = "," if mark == "." else "."
    if thousands in whole and not re.fullmatch(rf"-?[0-9]{{1,3}}({re.escape(thousands)}[0-9]{{3}})+", whole):
        raise ValueError(text)
    plain = whole.replace(thousands, "").removeprefix("+")
    number = f"{plain or '0'}.{places}" if places else plain
    if not _PLAIN.fullmatch(number):
        raise ValueError(text)
    return Decimal(number)


def _bare(text: str, currency: str) -> str:
    """The number without this currency around it; raises `ValueError` for anything else around it."""
    match = _AROUND.fullmatch(text)
    if match is None or not all(_is_currency(match[part], currency) for part in ("before", "behind")):
        raise ValueError(text)
    return match["number"]


def _is_currency(text: str, currency: str) -> bool:
    """Its code or its sign, which may have letters of the country before it (`US$`). A number of no currency has
    nothing around it.
    """
    if not text or not currency:
        return not text
    if (said := _OF_ONE.get(text.casefold(), text.upper())) in CURRENCIES:
        return said == currency
    country = text[:-1]
    is_sign = unicodedata.category(text[-1]) == "Sc" and (not country or (country.isascii() and country.isalpha()))
    return is_sign or text.casefold() in _SIGNS


def _currency(mapping: InvoiceMapping, text: str) -> str:
    found = text.upper() or mapping.currency
    if found not in CURRENCIES:
        raise _WrongCell(mapping.columns.get("currency", "currency"), "is no currency (ISO 4217)")
    return found
