"""Daily exchange rates: what charges in other currencies are worth in the workspace's (features.md N8)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from ringlake.access import Principal
from ringlake.errors import Conflict, InvalidRequest, Taken
from ringlake.flows.directory.bodies import Currency, Day
from ringlake.flows.directory.office import Office, line, refuse
from ringlake.flows.directory.sheets import Imported, Wrong, result
from ringlake.model.base import Answer
from ringlake.model.exchange import OLDEST_DAYS, DayRates, YearRates, no_rates
from ringlake.model.refolds import EVERY
from ringlake.query.filters import parse
from ringlake.stores.directory import Change

# What the European Central Bank publishes: units of each currency for one euro.
ECB_BASE = "EUR"
MOST_DAYS = 400
# Since 1999, on working days.
MOST_LINES = 12_000
MOST_CURRENCIES = 60
FIRST_DAY, LAST_DAY = date(1999, 1, 1), date(2100, 1, 1)
_MOST = Decimal(1_000_000_000)
_DECIMALS = 10
_CODE = re.compile("[A-Z]{3}")
_ABSENT = frozenset({"", "N/A", "-"})
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


def _rate(value: Any) -> Decimal:
    if isinstance(value, float | bool):
        raise ValueError('write rates as text, for example "1.0842"')
    try:
        rate = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError("is no number") from None
    if not rate.is_finite() or not 0 < rate < _MOST:
        raise ValueError("must be above 0 and below 1,000,000,000")
    if -int(rate.as_tuple().exponent) > _DECIMALS:
        raise ValueError(f"has at most {_DECIMALS} decimals")
    return rate


def _possible(day: date) -> date:
    if not FIRST_DAY <= day < LAST_DAY:
        raise ValueError(f"is a day from {FIRST_DAY} to {LAST_DAY}")
    return day


Value = Annotated[Decimal, BeforeValidator(_rate)]
RateDay = Annotated[Day, AfterValidator(_possible)]


class DayBody(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    day: RateDay
    rates: Annotated[dict[Currency, Value], Field(min_length=1, max_length=MOST_CURRENCIES)]


class RatesBody(BaseModel):
    """How much of each currency one unit of `base` is worth, by day. A day that is named is replaced as a whole."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    base: Currency = ECB_BASE
    days: Annotated[list[DayBody], Field(min_length=1, max_length=MOST_DAYS)]


class RatesQuery(BaseModel):
    """Local dates, both inclusive; without them the last 30 days. `currency` shows that one alone."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)

    from_: Annotated[RateDay | None, Field(alias="from")] = None
    to: RateDay | None = None
    currency: Annotated[str, StringConstraints(pattern="^([A-Z]{3})?$")] = ""


class DayOfRates(Answer, frozen=True, kw_only=True):
    day: date
    base: str
    rates: dict[str, Decimal]


class StoredRates(Answer, frozen=True, kw_only=True):
    """Days that have rates, oldest first. Where a day has none the last of the seven days before counts, then none."""

    home: str
    days: list[DayOfRates]


class RatesKept(Answer, frozen=True, kw_only=True):
    """How many days were named, and how many say something else than before: their charges are converted anew."""

    days: int
    changed: int


class ExchangeRates(Office):
    def show(self, viewer: Principal, asked: RatesQuery, now: datetime) -> StoredRates:
        workspace = self._workspace(viewer)
        last = asked.to or now.astimezone(workspace.tz).date()
        first = asked.from_ or last - timedelta(days=30)
        if first > last or (last - first).days >= MOST_DAYS:
            raise InvalidRequest("from", f"name at most {MOST_DAYS} days, the first one first")
        years = [self._year(viewer, year) or no_rates(year) for year in range(first.year, last.year + 1)]
        return StoredRates(
            home=workspace.currency,
            days=[
                DayOfRates(day=one.day, base=one.base, rates=_shown(one, asked.currency))
                for year in years
                for one in year.days
                if first <= one.day <= last
            ],
        )

    def put(self, viewer: Principal, body: object, now: datetime) -> RatesKept:
        """Raises `InvalidRequest`, `Taken` when somebody else changed the same year in this moment."""
        asked = parse(RatesBody, body)
        twice = len({one.day for one in asked.days}) < len(asked.days)
        refuse([("days", "names a day twice")] if twice else [])
        fresh = {
            one.day: DayRates(
                day=one.day, base=asked.base, rates={c: r for c, r in one.rates.items() if c != asked.base}
            )
            for one in asked.days
        }
        return RatesKept(days=len(fresh), changed=self._keep(viewer, fresh, now))

    def import_csv(self, viewer: Principal, data: bytes, now: datetime, *, dry_run: bool) -> Imported:
        """A file as the European Central Bank publishes it: a line a day, a column for each currency, against the euro.

        Raises `InvalidRequest` for what is no such file; mistakes of single lines are told, and nothing is kept then.
        """
        fresh, mistakes, count = _of_ecb(data)
        known = self._known(viewer, fresh)
        added = [day for day in fresh if day not in known]
        changed = [day for day, one in fresh.items() if day in known and known[day] != one]
        if not mistakes and not dry_run:
            self._keep(viewer, fresh, now)
        same = len(fresh) - len(added) - len(changed)
        return result(mistakes, dry_run=dry_run, lines=count, created=len(added), changed=len(changed), unchanged=same)

    def _year(self, viewer: Principal, year: int) -> YearRates | None:
        return self._stores.directory.find(viewer.workspace, YearRates, str(year))

    def _known(self, viewer: Principal, days: Iterable[date]) -> dict[date, DayRates]:
        years = {day.year for day in days}
        return {one.day: one for year in sorted(years) if (kept := self._year(viewer, year)) for one in kept.days}

    def _keep(self, viewer: Principal, fresh: Mapping[date, DayRates], now: datetime) -> int:
        """Write the years that change, then ask for the charges of the days to be converted anew; how many changed."""
        changed: dict[date, frozenset[str]] = {}
        home = self._workspace(viewer).currency
        for year in sorted({day.year for day in fresh}):
            before = self._year(viewer, year)
            known = {one.day: one for one in (before or no_rates(year)).days}
            of_year = {
                day: touched
                for day, one in fresh.items()
                if day.year == year and (touched := _different(known.get(day), one, home))
            }
            if of_year:
                after = (before or no_rates(year)).put({day: fresh[day] for day in of_year})
                said = line(
                    viewer, now, "exchange.change", str(year), days=len(of_year), first=min(of_year), last=max(of_year)
                )
                try:
                    self._write(viewer, said, Change(document=after, previous=before))
                except Conflict:
                    raise Taken("somebody else changed the rates of this year: try again") from None
                changed |= of_year
        if changed:
            # The last rates before a day without any count on that day too. Local days reach into the UTC days beside.
            self._refold(
                viewer, now, "exchange", currencies=tuple(sorted(frozenset[str]().union(*changed.values()))),
                since=min(changed) - timedelta(days=1), until=max(changed) + timedelta(days=OLDEST_DAYS + 1),
            )  # fmt: skip
        return len(changed)


def _shown(one: DayRates, currency: str) -> dict[str, Decimal]:
    return {name: rate for name, rate in sorted(one.rates.items()) if currency in ("", name)}


def _different(before: DayRates | None, after: DayRates, home: str) -> frozenset[str]:
    """Currencies that are worth something else now."""
    if before is None or before.base != after.base or before.value(home) != after.value(home):
        return frozenset({EVERY}) if before != after else frozenset()
    named = {*before.rates, *after.rates}
    return frozenset(name for name in named if before.rates.get(name) != after.rates.get(name))


def _of_ecb(data: bytes) -> tuple[dict[date, DayRates], list[Wrong], int]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequest("file", "is no text in UTF-8") from None
    try:
        lines = list(csv.reader(io.StringIO(text), skipinitialspace=True))
    except csv.Error as error:
        raise InvalidRequest("file", f"is no CSV: {error}") from None
    lines = [row for row in lines if any(cell.strip() for cell in row)]
    head = [cell.strip().upper() for cell in lines[0]] if lines else []
    # The Bank ends each line with a comma; a column without a name anywhere else would shift the others.
    currencies = head[1:]
    while currencies and not currencies[-1]:
        currencies.pop()
    if not head or head[0] != "DATE" or not currencies:
        raise InvalidRequest(
            "file", "the first line is Date and the currencies, as the European Central Bank writes it"
        )
    # Currencies that are no more (DEM, HRK) have columns of their own in the files of the past.
    if any(not _CODE.fullmatch(name) for name in currencies) or len(currencies) > MOST_CURRENCIES:
        raise InvalidRequest("file", f"columns are at most {MOST_CURRENCIES} currencies by their three letters")
    if len(set(currencies)) < len(currencies):
        raise InvalidRequest("file", "a currency has two columns")
    if len(lines) - 1 > MOST_LINES:
        raise InvalidRequest("file", f"has more than {MOST_LINES} lines: split it")
    found: dict[date, DayRates] = {}
    mistakes: list[Wrong] = []
    for number, row in enumerate(lines[1:], start=2):
        try:
            one = _line(row, currencies)
            if one.day in found:
                raise ValueError("the day is there twice")
            found[one.day] = one
        except ValueError as error:
            mistakes.append(Wrong(number, "", str(error)))
    return found, mistakes, len(lines) - 1


def _line(row: Sequence[str], currencies: Sequence[str]) -> DayRates:
    day = _possible(_date(row[0].strip()))
    cells = [cell.strip() for cell in row[1:]]
    rates = {name: _rate(cell) for name, cell in _cells(currencies, cells)}
    if not rates:
        raise ValueError("has no rate")
    return DayRates(day=day, base=ECB_BASE, rates=rates)


def _cells(currencies: Sequence[str], cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    if len([cell for cell in cells if cell]) > len(currencies):
        raise ValueError("has more cells than the first line")
    for name, cell in zip(currencies, cells, strict=False):
        if cell.upper() not in _ABSENT:
            yield name, cell


def _date(text: str) -> date:
    """`2026-11-20`, and `20 November 2026` of the file of one day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    day, _, rest = text.partition(" ")
    month, _, year = rest.strip().partition(" ")
    if not (day.isdecimal() and year.isdecimal() and month.lower() in _MONTHS):
        raise ValueError(f"{text[:20]!r} is no date")
    return date(int(year), _MONTHS.index(month.lower()) + 1, int(day))
