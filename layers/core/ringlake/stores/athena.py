"""SQL over the lake through Athena. Only the report function has the libraries for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from ringlake.errors import Rejected

from .clients import translated

if TYPE_CHECKING:
    import pyarrow as pa


class QueryFailed(Rejected):
    """Athena ran the query and gave up: it is wrong, or reads more than the workgroup allows."""


class Athena(Protocol):
    def run(self, sql: str, params: Mapping[str, object]) -> pa.Table:
        """The result of one query. Placeholders are `:name`; values are never put into the text by callers.

        Raises `QueryFailed` or `Unavailable`.
        """
        ...


class WranglerAthena:
    """Athena through awswrangler, inside the workgroup that limits and encrypts.

    Plain SELECTs read the result file: neither CTAS nor UNLOAD leaves tables or files behind, and
    types come back as Athena states them.
    """

    def __init__(self, workgroup: str, database: str) -> None:
        self._workgroup = workgroup
        self._database = database

    def run(self, sql: str, params: Mapping[str, object]) -> pa.Table:
        import awswrangler as wr
        import pyarrow as pa

        try:
            with translated():
                frame = wr.athena.read_sql_query(
                    sql,
                    database=self._database,
                    workgroup=self._workgroup,
                    ctas_approach=False,
                    unload_approach=False,
                    params=dict(params),
                    paramstyle="named",
                    dtype_backend="pyarrow",
                )
        except (wr.exceptions.QueryFailed, wr.exceptions.QueryCancelled) as error:
            raise QueryFailed(type(error).__name__) from error
        return pa.Table.from_pandas(frame, preserve_index=False)


class MemoryAthena:
    """The twin: answers by a function, keeps what was asked."""

    def __init__(self, answer: Callable[[str, Mapping[str, object]], pa.Table]) -> None:
        self._answer = answer
        self.asked: list[tuple[str, dict[str, object]]] = []

    def run(self, sql: str, params: Mapping[str, object]) -> pa.Table:
        self.asked.append((sql, dict(params)))
        return self._answer(sql, params)
