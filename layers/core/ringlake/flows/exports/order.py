"""What an export is asked for and made of; every report of this package is a `Report`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from ringlake.files.sheet import Batch, Field
from ringlake.flows.answers.question import Question
from ringlake.flows.delivery import Steps
from ringlake.model.directory import Ability
from ringlake.query.resolve import Kind
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.journal import Journal
from ringlake.stores.lake import Lake
from ringlake.stores.marks import MarksStore
from ringlake.stores.objects import Objects
from ringlake.stores.records import Records

if TYPE_CHECKING:
    from ringlake.flows.answers.facts import Facts

# Every condition and option that a report knows, as the route of the same answer reads it.
type Given = BaseModel

OWN_PROFILE = "ringlake"


@dataclass(frozen=True)
class Sources:
    """The stores that rows come from; `raw` is the archive of events."""

    directory: DirectoryStore
    lake: Lake
    records: Records
    marks: MarksStore
    journal: Journal
    raw: Objects | None = None


@dataclass(frozen=True)
class Asked:
    """An export as understood: whose question, and what stands beside the filter in the report's own model."""

    question: Question
    given: Given
    profile: str = OWN_PROFILE
    columns: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.question.query.zone)


@dataclass(frozen=True)
class Work:
    """What a report makes its rows with. `facts` are the rows of the lake as the screens read them; who goes day by
    day takes the `days` from here, so that the job's progress is known.
    """

    sources: Sources
    facts: Facts
    days: Steps[str]


type Options = Mapping[str, object]


@dataclass(frozen=True)
class Report:
    """One kind of file.

    `model` reads filter and options together and may depend on an option (a chart's kind). `kind` decides how long
    the range may be. `fields` are all columns that the asker may have, in their order, and raises `InvalidRequest`
    for options that make no answer; `batches` are the rows, and `notes` say what a reader has to know of them.
    `needs` are abilities beside `export`; `profiles` are the columns of other systems that it can be given in.
    """

    name: str
    title: str
    kind: Kind
    model: Callable[[Options], type[BaseModel]]
    fields: Callable[[Asked], tuple[Field, ...]]
    batches: Callable[[Asked, Work], Iterator[Batch]]
    notes: Callable[[Asked], tuple[str, ...]] = lambda _: ()
    needs: frozenset[Ability] = frozenset()
    profiles: tuple[str, ...] = (OWN_PROFILE,)
