"""A workspace with charges in its lake, made by hand: what an invoice is compared with and a month is closed on."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ringlake.access import Principal
from ringlake.flows.finance import Finance, FinanceStores
from ringlake.metrics.rows import call_row, charge_rows, message_row
from ringlake.model.calls import CallRecord
from ringlake.model.charges import Charge, CostSource, Rated
from ringlake.model.directory import Connection, Role, User, Workspace
from ringlake.model.messages import MessageRecord
from ringlake.model.money import Money
from ringlake.model.tables import CALLS, CHARGES, MESSAGES, Table
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.finance import MemoryFinance
from ringlake.stores.lake import ObjectLake, as_rows
from ringlake.stores.objects import MemoryObjects
from tests.unit.lake.making import call, message

# Local days are one hour ahead of UTC in March, so that a month begins and ends inside a UTC day.
HERE = Workspace(id="acme", name="Acme", zone="Europe/Warsaw", country="PL", currency="EUR")
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 4, 3, 8, tzinfo=UTC)


def euro(amount: str | None) -> Money | None:
    return None if amount is None else Money(amount=Decimal(amount), currency="EUR")


def charged_call(id: str, at: datetime, amount: str | None = "0.1200", **fields: Any) -> CallRecord:
    """A call of a minute with one charged unit; None is an amount that nobody knows."""
    rated = Rated(amount=euro(amount), charged_s=60)
    unit = Charge(unit=id, at=at, number="+48600000001", source=CostSource.TARIFF, billable_ms=42_000, ratings=(rated,))
    return call(id, at, charges=(unit,), cost=euro(amount), **fields)


class Ledger:
    """`put` writes records as the roll-up would."""

    def __init__(self) -> None:
        self.objects, self.kept = MemoryObjects(), MemoryFinance()
        self.lake = ObjectLake(self.objects)
        self.directory = MemoryDirectory()
        self.directory.put_workspace(HERE)
        self.directory.put_connection(Connection(id="line", workspace="acme", provider="openphone"))
        owner = User(id="u-olga", email="olga@acme.example", name="Olga", role=Role.OWNER, sub="s")
        self.directory.put_user("acme", owner)
        self.directory.set_watermark("acme", NOW)
        self.viewer = Principal(workspace="acme", user=owner)
        self.records: dict[str, CallRecord | MessageRecord] = {}

    @property
    def finance(self) -> Finance:
        return Finance(FinanceStores(directory=self.directory, lake=self.lake, files=self.objects, kept=self.kept))

    def put(self, *records: CallRecord | MessageRecord) -> None:
        self.records |= {record.record_id: record for record in records}
        self.write()

    def write(self) -> None:
        rows: dict[tuple[Table, str], list[Any]] = defaultdict(list)
        for record in self.records.values():
            day = f"{record.started_at:%Y-%m-%d}"
            is_call = isinstance(record, CallRecord)
            rows[CALLS if is_call else MESSAGES, day].append(
                call_row(record, HERE) if isinstance(record, CallRecord) else message_row(record, HERE)
            )
            rows[CHARGES, day] += charge_rows(record, HERE)
        for (table, day), mine in rows.items():
            self.lake.write(table, "acme", day, as_rows(table, mine), self.lake.etag(table, "acme", day))


def of_march() -> Ledger:
    """Ten calls of March, one on each side of it, and two texts."""
    ledger = Ledger()
    ledger.put(
        charged_call("before", MARCH - timedelta(hours=1, seconds=1)),
        *(charged_call(f"c{n}", MARCH + timedelta(days=3 * n, hours=9)) for n in range(10)),
        charged_call("after", datetime(2026, 3, 31, 22, tzinfo=UTC)),
        message("m1", MARCH + timedelta(days=5), cost=euro("0.0300")),
        message("m2", MARCH + timedelta(days=6)),
    )
    return ledger
