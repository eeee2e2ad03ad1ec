"""The rows of the lake that a question selects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ringlake.model.tables import LEGS, Table
from ringlake.query.resolve import ResolvedQuery
from ringlake.query.rows import LEGS_READ, Related, columns_read, needs_legs, related, select
from ringlake.stores.lake import Lake, empty

if TYPE_CHECKING:
    import pyarrow as pa


class Facts(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def rows(self, table: Table, query: ResolvedQuery, columns: Sequence[str]) -> pa.Table:
        """Rows of `calls` or `messages` that the query selects, these columns, oldest UTC day first.

        Text columns may be dictionaries; columns that the viewer may not see are masked or empty.
        """
        ...


class LakeFacts:
    """Straight from the lake, day by day."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def rows(self, table: Table, query: ResolvedQuery, columns: Sequence[str]) -> pa.Table:
        import pyarrow as pa

        wanted = list(dict.fromkeys(columns))
        found = []
        for day in query.days:
            about = Related()
            if needs_legs(table, query):
                about = related(self._lake.read(LEGS, query.workspace, day, LEGS_READ).rows, query)
            part = self._lake.read(table, query.workspace, day, sorted(columns_read(table, query).union(wanted)))
            found.append(select(table, part.rows, query, about, wanted))
        return pa.concat_tables(found) if found else empty(table).select(wanted)
