"""What can be exported: for a dialog that asks for a file, and for the page of documents about columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Parameter

from ringlake.access import Principal, abilities
from ringlake.errors import InvalidRequest
from ringlake.files.csv import Dialect
from ringlake.files.sheet import Field, Kind
from ringlake.files.words import Words
from ringlake.model.base import Answer
from ringlake.model.directory import Ability
from ringlake.model.jobs import Format, Headers
from ringlake.model.language import Language
from ringlake.query.resolve import most_months
from ringlake.stores.directory import DirectoryStore

from .chart import CHARTS
from .form import OF_PROGRAMS
from .order import Report
from .registry import REPORTS
from .request import understood
from .saved import CONDITIONS, OF_PAGES

_RANGE = {"preset": "today"}
# What a chart needs beside its name.
_NEEDED: Mapping[str, Mapping[str, object]] = {"breakdown": {"by": "user"}}
_Word = Annotated[str, StringConstraints(max_length=80)]


class OfferQuery(BaseModel):
    """One report as it would be with these options, those that decide what its columns are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    report: Annotated[_Word, Parameter(description="only this report; all when left out")] = ""
    chart: Annotated[_Word, Parameter(description="which chart, of the report chart")] = ""
    metrics: Annotated[list[_Word], Parameter(max_length=100, description="metrics of the file")] = []
    by: Annotated[_Word, Parameter(description="what lines or parts stand for")] = ""
    compare: Annotated[bool, Parameter(description="with the period before")] = False
    language: Annotated[Language | None, Parameter(description="of the words; the viewer's own when left out")] = None


class OfferedColumn(Answer, frozen=True, kw_only=True):
    """A column: its code, its words in the viewer's language, and whether it is there unless columns are chosen."""

    code: str
    words: str
    kind: Kind
    usual: bool


class OfferedProfile(Answer, frozen=True, kw_only=True):
    """Columns under the names of one system."""

    profile: str
    columns: list[OfferedColumn]


class OfferedOption(Answer, frozen=True, kw_only=True):
    """What a report takes beside the filter; `choices` are its words, none where it is free; `many` may be given."""

    name: str
    choices: list[str]
    many: bool


class OfferedReport(Answer, frozen=True, kw_only=True):
    """A file that the viewer may ask for. `chart` is which chart it is of; a range may span `most_months`."""

    report: str
    chart: str
    title: str
    most_months: int
    options: list[OfferedOption]
    profiles: list[OfferedProfile]


class OfferedFormat(Answer, frozen=True, kw_only=True):
    format: Format
    dialects: list[Dialect]
    headers: list[Headers]


class Offers(Answer, frozen=True, kw_only=True):
    formats: list[OfferedFormat]
    reports: list[OfferedReport]


def offers(viewer: Principal, query: OfferQuery, directory: DirectoryStore, now: datetime) -> Offers:
    """All reports that the viewer may have, or the one that is asked for. Raises `InvalidRequest` for what there is
    not, and `Forbidden` for a report that is named and that he may not have.
    """
    if query.report and query.report not in REPORTS:
        raise InvalidRequest("report", f"is one of {', '.join(REPORTS)}")
    may = abilities(viewer.user)
    options = query.model_dump(exclude={"report", "language"}, exclude_defaults=True)
    words = Words(query.language or viewer.user.language or directory.settings(viewer.workspace).language)
    reports: list[OfferedReport] = []
    for report in REPORTS.values():
        if query.report != report.name and (query.report or not report.needs <= may):
            continue
        shapes = variants(report, options if query.report else {})
        reports += [_offered(viewer, report, given, directory, now, words) for given in shapes]
    return Offers(formats=[_format(viewer, one) for one in Format], reports=reports)


def variants(report: Report, options: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """The report with these options; a report of charts once for each chart unless one is named."""
    if report.name != "chart" or "chart" in options:
        yield {**_NEEDED.get(str(options.get("chart", "")), {}), **options}
        return
    for chart in CHARTS:
        yield {"chart": chart, **_NEEDED.get(chart, {}), **options}


def columns(
    viewer: Principal, report: Report, options: Mapping[str, object], profile: str, directory: DirectoryStore,
    now: datetime,
) -> tuple[tuple[Field, ...], tuple[Field, ...]]:  # fmt: skip
    """Columns that are there unless some are chosen, and all that may be chosen."""
    usual = report.fields(understood(viewer, report, _RANGE, options, directory, now, profile=profile))
    first = (usual[0].name,)
    asked = understood(viewer, report, _RANGE, options, directory, now, profile=profile, columns=first)
    return usual, report.fields(asked)


def _offered(
    viewer: Principal,
    report: Report,
    options: Mapping[str, object],
    directory: DirectoryStore,
    now: datetime,
    words: Words,
) -> OfferedReport:
    profiles = []
    for profile in report.profiles:
        usual, every = columns(viewer, report, options, profile, directory, now)
        names = {field.name for field in usual}
        profiles.append(
            OfferedProfile(
                profile=profile,
                columns=[
                    OfferedColumn(code=field.name, words=words.field(field), kind=field.kind, usual=field.name in names)
                    for field in every
                ],
            )
        )
    return OfferedReport(
        report=report.name,
        chart=str(options.get("chart", "")),
        title=words.sheet(report.name),
        most_months=most_months(report.kind),
        options=list(_options(report.model(options))),
        profiles=profiles,
    )


@cache
def _options(model: type[BaseModel]) -> tuple[OfferedOption, ...]:
    """What stands beside the filter in the model of a report."""
    found = []
    for name, field in model.model_fields.items():
        if (field.alias or name) in CONDITIONS | OF_PAGES | {"columns", "chart"}:
            continue
        choices, many = _choices(field.annotation)
        found.append(OfferedOption(name=field.alias or name, choices=choices, many=many))
    return tuple(found)


def _choices(annotation: Any) -> tuple[list[str], bool]:
    """The words that an annotation allows (none: any), and whether it is a list of them."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(one.value) for one in annotation], False
    many = get_origin(annotation) is list
    found: list[str] = []
    for inside in get_args(annotation):
        if isinstance(inside, str):
            found.append(inside)
        else:
            found += _choices(inside)[0]
    return list(dict.fromkeys(found)), many


def _format(viewer: Principal, format: Format) -> OfferedFormat:
    """The forms of a format that the viewer may have, the usual one first."""
    headers = [Headers.CODES] if format in OF_PROGRAMS else list(Headers)
    if format is Format.XLSX:
        headers.sort(key=lambda one: one is not Headers.LABELS)
    dialects = [Dialect.SPREADSHEET]
    if format is Format.CSV and Ability.RAW_EXPORT in abilities(viewer.user):
        dialects.append(Dialect.DATA)
    return OfferedFormat(format=format, dialects=dialects, headers=headers)
