"""What may be asked for in an export, and what a request comes to before a job is queued."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, Field, GetJsonSchemaHandler, StringConstraints
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from ringlake.access import Principal, abilities
from ringlake.errors import Forbidden, InvalidRequest
from ringlake.flows.answers.facts import Facts
from ringlake.flows.answers.question import Answers
from ringlake.model.base import Model
from ringlake.model.directory import Ability
from ringlake.model.jobs import Headers, Job
from ringlake.model.language import Language
from ringlake.model.saved import SavedReport
from ringlake.query.filters import Filter, parse
from ringlake.query.resolve import pinned
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.records import Records
from ringlake.stores.saved import SavedReports

from .form import FileForm, form_errors
from .order import OWN_PROFILE, Asked, Report
from .registry import REPORTS
from .saved import CONDITIONS, OF_PAGES, RANGE, request_of

# What jobs were called that were ordered before there was more than one report.
_NAMELESS = frozenset({"", "activity"})
_MOST_COLUMNS = 300

ReportName = StrEnum("ReportName", {name.upper(): name for name in REPORTS})  # type: ignore[misc]
ProfileName = StrEnum(  # type: ignore[misc]
    "ProfileName", {name.upper(): name for name in dict.fromkeys(p for r in REPORTS.values() for p in r.profiles)}
)


class _AsFilter:
    """Tells the API's description what the filter looks like: each report reads it with its own model."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        Filter.model_rebuild()
        return handler(Filter.__pydantic_core_schema__)


class ExportRequest(FileForm):
    """A file of a report: the rows that `filter` selects, exactly as on screen.

    `options` are what the report takes beside the filter, named as the query parameters of the same answer: `chart`
    (summary, series, heatmap, breakdown, waits, service, service_rows, responses, concurrency) with `metrics`, `by`,
    `granularity`, ...; `states`, `sort`, `group` of cases; `band`, `incoming`, `new` of contacts; `deal_states`,
    `brands` of deals; `ratings` of charges; `paths` of the detailed report. `columns` chooses columns and their
    order; without it all are there. `saved` is the id of a saved report, which stands for report, filter, options
    and columns.

    `dialect` is of CSV: `data` puts nothing in front of text and needs the ability `raw_export`. `profile` gives
    calls and texts the columns of another system. `headers` and `language` are of CSV and XLSX: CSV has codes and
    XLSX has labels unless it is given, and the language is the user's, else the workspace's. Without `mail` the file
    waits among the exports and nobody is mailed.
    """

    report: ReportName | None = None
    filter: Annotated[dict[str, Any], _AsFilter()] = {}
    options: Annotated[dict[str, Any], Field(max_length=80)] = {}
    columns: Annotated[list[Annotated[str, StringConstraints(max_length=80)]], Field(max_length=_MOST_COLUMNS)] = []
    saved: Annotated[str, StringConstraints(max_length=64)] = ""
    profile: ProfileName | None = None
    mail: bool = True


class Settled(Model, frozen=True, kw_only=True):
    """A request that can be done: fields of a job, the dates that a preset meant among them (features.md O27)."""

    name: str
    filter: dict[str, object]
    options: dict[str, object]
    chosen: tuple[str, ...]
    format: str
    dialect: str
    profile: str
    headers: Headers
    language: Language

    def onto(self, job: Job) -> Job:
        """The job with what was asked for."""
        return msgspec.structs.replace(job, **msgspec.structs.asdict(self))


def settled(
    viewer: Principal, request: ExportRequest, directory: DirectoryStore, now: datetime, saved: SavedReports
) -> Settled:
    """Check a request as its report will read it. Raises `InvalidRequest` naming the fields (`saved` for a saved
    report that the viewer does not see), `Forbidden`, `PlanTooLow`.
    """
    if request.saved:
        request = _of_saved(viewer, request, saved)
    report = REPORTS[request.report or next(iter(REPORTS))]
    profile = request.profile.value if request.profile else report.profiles[0]
    _check_form(viewer, report, request, profile)
    found = understood(
        viewer, report, request.filter, request.options, directory, now, profile=profile, columns=request.columns
    )
    workspace = found.question.workspace
    conditions, options = stored(found)
    return Settled(
        name=report.name,
        filter=conditions,
        options=options,
        chosen=found.columns,
        format=request.format.value,
        dialect=request.dialect.value,
        profile=profile,
        headers=request.headers,
        language=request.language or viewer.user.language or workspace.language,
    )


def understood(
    viewer: Principal,
    report: Report,
    filter: Mapping[str, object],
    options: Mapping[str, object],
    directory: DirectoryStore,
    now: datetime,
    *,
    profile: str = OWN_PROFILE,
    columns: list[str] | tuple[str, ...] = (),
) -> Asked:
    """Filter and options in the report's own model, resolved for this viewer. Raises what `settled` raises."""
    may_have(viewer, report)
    _check_places(filter, options)
    try:
        given = parse(report.model(options), {**filter, **options})
        question = _Questions(directory).question(viewer, filter_of(given), now, report.kind)
        asked = Asked(question=question, given=given, profile=profile, columns=tuple(columns))
        known = {field.name for field in report.fields(asked)}
    except InvalidRequest as error:
        named = [(_place(field), reason) for field, reason in error.errors]
        raise InvalidRequest(*named[0], *named[1:]) from None
    wrong = [(f"columns.{n}", f"{name!r} is no column") for n, name in enumerate(columns) if name not in known]
    wrong += [(f"columns.{n}", "is there twice") for n, name in enumerate(columns) if name in list(columns)[:n]]
    if wrong:
        raise InvalidRequest(*wrong[0], *wrong[1:])
    return asked


def report_of(name: str) -> Report:
    """The report of a job's name."""
    return REPORTS["interactions" if name in _NAMELESS else name]


def may_have(viewer: Principal, report: Report) -> None:
    """Raises `Forbidden` unless the viewer may have such files."""
    missing = sorted(ability.value for ability in {Ability.EXPORT, *report.needs} - abilities(viewer.user))
    if missing:
        raise Forbidden(f"this file needs the ability {' and '.join(missing)}")


def stored(asked: Asked) -> tuple[dict[str, object], dict[str, object]]:
    """Filter and options as a job keeps them: plain JSON values without what was not asked for, presets as dates."""
    given = asked.given.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    options = {name: value for name, value in given.items() if name not in CONDITIONS}
    conditions = {name: value for name, value in given.items() if name in CONDITIONS}
    if conditions.keys() & RANGE:
        dates = pinned(filter_of(asked.given), asked.question.query).stored()
        conditions = {n: v for n, v in conditions.items() if n not in RANGE} | {n: dates[n] for n in ("from", "to")}
    return conditions, options


def filter_of(given: BaseModel) -> Filter:
    """The conditions that every list shares, of the model of any report."""
    if type(given) is Filter:
        return given
    found = getattr(given, "filter", None) or getattr(given, "asked", None)
    if not isinstance(found, Filter):
        raise TypeError(type(given).__name__)
    return found


class _Questions(Answers):
    """Resolves filters; nobody asks it for rows."""

    def __init__(self, directory: DirectoryStore) -> None:
        nothing: Any = None
        facts: Facts = nothing
        records: Records = nothing
        super().__init__(directory, facts, records)


def _check_places(filter: Mapping[str, object], options: Mapping[str, object]) -> None:
    """Raises `InvalidRequest` for what stands in the wrong one of both."""
    wrong = [(f"filter.{name}", "is no condition of the filter") for name in filter if name not in CONDITIONS]
    wrong += [(f"options.{name}", "stands in the filter") for name in options if name in CONDITIONS]
    wrong += [(f"options.{name}", "a file has no pages") for name in options if name in OF_PAGES | {"columns"}]
    if wrong:
        raise InvalidRequest(*wrong[0], *wrong[1:])


def _place(field: str) -> str:
    """Where the request has a field of the report's own model: `filter.from`, `options.metrics.0`."""
    return f"{'filter' if field.partition('.')[0] in CONDITIONS else 'options'}.{field}"


def _check_form(viewer: Principal, report: Report, request: ExportRequest, profile: str) -> None:
    """Combinations that make no file."""
    wrong = form_errors(viewer, request.format, request.dialect, request.headers)
    if profile not in report.profiles:
        wrong.append(("profile", f"of this report there is only {', '.join(report.profiles)}"))
    if wrong:
        raise InvalidRequest(*wrong[0], *wrong[1:])


def _of_saved(viewer: Principal, request: ExportRequest, saved: SavedReports) -> ExportRequest:
    given = {"report", "filter", "options", "columns"} & request.model_fields_set
    if given:
        raise InvalidRequest("saved", f"stands for {', '.join(sorted(given))}: give one or the other")
    kept = saved.get(viewer.workspace, request.saved)
    if kept is None or not _sees(viewer, kept):
        raise InvalidRequest("saved", "there is no such saved report")
    own = request.model_dump(exclude={"saved"}, exclude_unset=True)
    return parse(ExportRequest, {**request_of(kept.view, kept.parameters), **own}, "saved")


def _sees(viewer: Principal, kept: SavedReport) -> bool:
    return kept.deleted_at is None and (kept.shared or kept.owner == viewer.user.id)
