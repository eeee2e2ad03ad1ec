"""What filters can offer beside the directory: words that providers sent with what happened.

Queues, campaigns, tags and the like are in no directory: they are what calls and messages carry (features.md F7,
F29). They are offered as far as they occur in rows that the viewer may see, so that no name of a queue tells of
somebody else's calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from ringlake.access import Principal
from ringlake.model.base import Answer
from ringlake.model.tables import CALLS, MESSAGES
from ringlake.query.filters import CALL, MESSAGE, ranged
from ringlake.query.presets import Preset

from .patterns import Patterned
from .question import Answers, Meta, Question

if TYPE_CHECKING:
    import pyarrow as pa

# Of each list; a workspace with more has free text where names should be.
MOST = 500
_TABLES = ((CALL, CALLS), (MESSAGE, MESSAGES))
_COLUMNS = ("queue", "campaign", "source", "classifier", "tags", "remote_country", "connection")


class OccurringQuery(Patterned):
    """The filter whose calls and messages are looked through. Without a range the last three months."""

    @model_validator(mode="before")
    @classmethod
    def _lately(cls, given: Any) -> Any:
        return ranged(given, Preset.LAST_3_MONTHS)


class Named(Answer, frozen=True, kw_only=True):
    id: str
    name: str


class Occurring(Answer, frozen=True, kw_only=True):
    """Values in alphabetical order, at most 500 of each; of nothing that has none."""

    meta: Meta
    queues: tuple[str, ...]
    campaigns: tuple[str, ...]
    sources: tuple[str, ...]
    classifiers: tuple[str, ...]
    tags: tuple[str, ...]
    countries: tuple[str, ...]
    connections: tuple[Named, ...]


class OccurringAnswers(Answers):
    def occurring(self, viewer: Principal, asked: OccurringQuery, now: datetime) -> Occurring:
        """Raises `PlanTooLow`, `InvalidRequest` naming the field, `Forbidden`."""
        question = self.question(viewer, asked.filter, now)
        found: dict[str, set[str]] = {name: set() for name in _COLUMNS}
        for name, value in self._values(question):
            found[name].add(value)
        names = {connection.id: connection.name or connection.id for connection in self.names(viewer).connections}
        connections = [Named(id=one, name=names.get(one, one)) for one in found["connection"]]
        return Occurring(
            meta=question.meta,
            queues=_offered(found["queue"]),
            campaigns=_offered(found["campaign"]),
            sources=_offered(found["source"]),
            classifiers=_offered(found["classifier"]),
            tags=_offered({tag for tags in found["tags"] for tag in tags.split(";")}),
            countries=_offered(found["remote_country"]),
            connections=tuple(sorted(connections, key=lambda one: (one.name.casefold(), one.id))),
        )

    def _values(self, question: Question) -> Iterator[tuple[str, str]]:
        for channel, table in _TABLES:
            if channel in question.query.predicates.channels:
                own = [name for name in _COLUMNS if name in table.names]
                rows = self._facts.rows(table, question.query, own)
                for name in own:
                    yield from ((name, value) for value in _unique(rows[name]) if value)


def _unique(column: pa.ChunkedArray[Any]) -> Iterator[str | None]:
    """Chunk by chunk: chunks may have dictionaries of their own."""
    for chunk in column.chunks:
        yield from chunk.unique().to_pylist()


def _offered(values: set[str]) -> tuple[str, ...]:
    return tuple(sorted(filter(None, values), key=lambda value: (value.casefold(), value))[:MOST])
