"""What one call or message was charged, unit by unit, with every rating (features.md N5)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ringlake.access import Principal
from ringlake.access.hiding import concealed
from ringlake.flows.answers.detail import DetailQuery, RecordMeta, meta
from ringlake.flows.answers.found import Finder
from ringlake.metrics.rows import charge_rows
from ringlake.model.base import Answer
from ringlake.model.exchange import Exchange, YearRates, no_rates
from ringlake.stores.directory import DirectoryStore


class RatedView(Answer, frozen=True, kw_only=True):
    """One rating of a unit: 0 the first, then by the number of the order. Without a tariff the amount is that of the
    provider, or there is none and `unpriced` says why.
    """

    rating: int
    current: bool
    cost_source: str
    unpriced: str
    tariff_id: str
    tariff_name: str
    tariff_version: int | None
    prefix: str
    destination: str
    connect_fee: Decimal | None
    per_minute: Decimal | None
    increment_s: int | None
    charged_s: int | None
    cost_amount: Decimal | None
    cost_currency: str
    home_amount: Decimal | None
    home_currency: str
    exchange_rate: Decimal | None
    exchange_date: date | None


class UnitView(Answer, frozen=True, kw_only=True):
    """A leg or part of a call, or a receiver of a message; `number` is what was dialled or sent to."""

    unit: str
    number: str
    destination_country: str
    charged_at: datetime
    billable_s: int | None
    segments: int | None
    ratings: tuple[RatedView, ...]


class ChargesOf(Answer, frozen=True, kw_only=True):
    meta: RecordMeta
    record_id: str
    units: tuple[UnitView, ...]


class UnitAnswers:
    def __init__(self, finder: Finder, directory: DirectoryStore) -> None:
        self._finder = finder
        self._directory = directory

    def show(self, viewer: Principal, record_id: str, asked: DetailQuery, now: datetime) -> ChargesOf:
        """As the lake has them, with the exchange rates of now. Raises `NotFound`, `PlanTooLow`."""
        found = self._finder.find(viewer, record_id, asked.channel)

        def stored(year: int) -> YearRates:
            return self._directory.find(viewer.workspace, YearRates, str(year)) or no_rates(year)

        exchange = Exchange(found.workspace.currency, stored)
        rows = charge_rows(found.record, found.workspace, found.loaded.consequences, exchange)
        shown = [concealed(row, found.seen.hides) for row in rows]
        units: dict[str, list[dict[str, Any]]] = {}
        for row in shown:
            units.setdefault(row["unit"], []).append(row)
        return ChargesOf(meta=meta(found, now), record_id=record_id, units=tuple(_unit(of) for of in units.values()))


def _unit(rows: list[dict[str, Any]]) -> UnitView:
    first = rows[0]
    return UnitView(
        unit=first["unit"],
        number=first["number"],
        destination_country=first["destination_country"],
        charged_at=first["charged_at"].replace(tzinfo=UTC),
        billable_s=first["billable_s"],
        segments=first["segments"],
        ratings=tuple(_rated(row) for row in rows),
    )


def _rated(row: dict[str, Any]) -> RatedView:
    same = {name: row[name] for name in RatedView.__struct_fields__ if name != "current"}
    return RatedView(**same, current=bool(row["is_current"]))
