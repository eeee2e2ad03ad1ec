"""What invoices and closed months share: the stores, who may, and the days of a month in the lake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ringlake.access import Principal, abilities, scope
from ringlake.errors import Conflict, Forbidden, PlanTooLow
from ringlake.flows.plans import PLANS
from ringlake.model.arrow import kernels
from ringlake.model.directory import Ability, Workspace
from ringlake.model.tables import Table
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.finance import FinanceStore
from ringlake.stores.lake import Lake, in_order
from ringlake.stores.objects import Objects

if TYPE_CHECKING:
    import pyarrow as pa

# Races for one object of the lake that are run before giving up.
ATTEMPTS = 8
# Days that are read at once: each is a request of its own.
AT_ONCE = 8


@dataclass(frozen=True)
class FinanceStores:
    """`files` is the lake's bucket, where files of invoices and frozen rows lie beside the tables."""

    directory: DirectoryStore
    lake: Lake
    files: Objects
    kept: FinanceStore


class FinanceOffice:
    """Base of the use cases."""

    def __init__(self, stores: FinanceStores) -> None:
        self._stores = stores

    def _open(self, viewer: Principal) -> Workspace:
        """The workspace; raises `PlanTooLow` or `Forbidden`. What finance reads is of the whole workspace."""
        workspace = self._stores.directory.settings(viewer.workspace)
        if workspace.plan not in PLANS:
            raise PlanTooLow("analytics need the plan business or scale; your history is being kept")
        if Ability.REPORTS not in abilities(viewer.user) or not scope(viewer.user).everything:
            raise Forbidden("invoices and closed months show the whole workspace")
        return workspace

    def _days(
        self, workspace: str, table: Table, first: date, last: date, columns: Sequence[str]
    ) -> Iterator[tuple[date, pa.Table]]:
        """The rows of these local dates and of the days next to them, by UTC day; days without an object are left out.

        A local date lies on two UTC days. A few days are in memory at the same time.
        """
        lake = self._stores.lake
        days = sorted(lake.etags(table, workspace, str(first - timedelta(days=1)), str(last + timedelta(days=1))))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for start in range(0, len(days), AT_ONCE):
                some = days[start : start + AT_ONCE]
                read = pool.map(lambda day: lake.read(table, workspace, day, columns).rows, some)
                for day, rows in zip(some, read, strict=True):
                    yield date.fromisoformat(day), rows

    def _replace(self, workspace: str, table: Table, day: date, rows: pa.Table, column: str, value: Any) -> None:
        """Put rows in place of those that have the value in a column, in one object; the others stay.

        Raises `Conflict` when the races were lost.
        """
        import pyarrow as pa

        pc, lake = kernels(), self._stores.lake
        for _ in range(ATTEMPTS):
            before = lake.read(table, workspace, str(day))
            if before.etag is None and not rows.num_rows:
                return
            others = before.rows.filter(pc.not_equal(before.rows[column], pa.scalar(value)))
            after = in_order(table, pa.concat_tables([others, rows.select(list(table.names)).cast(others.schema)]))
            try:
                lake.write(table, workspace, str(day), after, before.etag)
            except Conflict:
                continue
            return
        raise Conflict(f"{table.name} {day}")
