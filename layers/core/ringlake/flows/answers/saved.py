"""Reports that people keep, use again and share (features.md N21).

What is kept is a question, never an answer: whoever runs a report asks it anew with the rights of that moment.
Which routes can be kept, and what their parameters may be, the entry says: it knows the models of their queries.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ringlake.access import Principal, permit
from ringlake.access.hiding import masked
from ringlake.access.scope import scope
from ringlake.errors import Conflict, Forbidden, InvalidRequest, NotFound, Outdated
from ringlake.flows.directory.bodies import Name
from ringlake.flows.directory.office import View, check_version, line, may, new_id
from ringlake.model.base import Answer, to_json
from ringlake.model.directory import Ability, Workspace
from ringlake.model.saved import SavedReport
from ringlake.query.filters import Filter, parse
from ringlake.query.resolve import Kind
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.records import Records
from ringlake.stores.saved import SavedReports

from .facts import Facts
from .interactions import ListQuery
from .question import Answers

MOST = 200
# Bytes of one report's parameters.
MAX_PARAMETERS = 20_000
# Where a page begins is of one moment and one person.
_OF_THE_MOMENT = frozenset({"cursor"})
_NUMBERS = ("remote", "source_number", "destination_number")
# What the numbers of a report depend on.
_SETTINGS = (
    "zone", "currency", "week_start", "fiscal_month", "short_abandon_s", "service_threshold_s", "service_target_pct",
    "missed_ring_s", "target_talk_s", "repeat_days", "recovery_window_days", "recovery_strict", "recover_voicemail",
    "recover_short", "case_burst_s", "callback_sla_s", "text_sla_s",
)  # fmt: skip

# What a query parameter says.
type Scalar = str | int | float | bool
# Query models by the path of the routes that can be kept.
type Views = Mapping[str, type[BaseModel]]


class SavedBody(BaseModel):
    """`view` is the path of a list or analytics route, `parameters` are its query parameters by name: filter,
    columns, grouping; lists as lists.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name
    view: Annotated[str, StringConstraints(max_length=120)]
    parameters: Annotated[dict[str, Scalar | Annotated[list[Scalar], Field(max_length=500)]], Field(max_length=80)] = {}
    shared: bool = False


class SavedView(Answer, frozen=True, kw_only=True):
    """A saved report. `mine` may be changed; `version` is its ETag."""

    id: str
    name: str
    owner: str
    mine: bool
    shared: bool
    view: str
    parameters: dict[str, object]
    settings: dict[str, object]
    created_at: datetime
    updated_at: datetime
    version: int


class SavedList(Answer, frozen=True, kw_only=True):
    """One's own reports and those that others share, by name."""

    reports: tuple[SavedView, ...]


class SavedRun(Answer, frozen=True, kw_only=True):
    """The question that a report asks now: GET `path`.

    `settings_changed` are the settings whose value was another when the report was saved: its numbers are computed
    with the present ones.
    """

    report: SavedView
    path: str
    settings_changed: tuple[str, ...]


class Saved(Answers):
    def __init__(self, directory: DirectoryStore, facts: Facts, records: Records, saved: SavedReports) -> None:
        super().__init__(directory, facts, records)
        self._saved = saved

    def all(self, viewer: Principal) -> SavedList:
        self.paid(viewer)
        found = [report for report in self._saved.all(viewer.workspace) if _sees(viewer, report)]
        found.sort(key=lambda report: (report.name.casefold(), report.id))
        return SavedList(reports=tuple(_view(viewer, report) for report in found))

    def show(self, viewer: Principal, report_id: str) -> View[SavedView]:
        """Raises `NotFound` for what is not there and for what somebody else keeps to himself."""
        self.paid(viewer)
        return _versioned(viewer, self._seen(viewer, report_id))

    def create(self, viewer: Principal, body: Any, views: Views, now: datetime) -> View[SavedView]:
        """Raises `InvalidRequest` naming the field, as the route itself would."""
        workspace, asked = self.paid(viewer), parse(SavedBody, body)
        own = [one for one in self._saved.all(viewer.workspace) if one.owner == viewer.user.id and not one.deleted_at]
        if len(own) >= MOST:
            raise InvalidRequest("name", f"you have {MOST} reports already: delete one first")
        report = SavedReport(
            id=new_id("report"),
            owner=viewer.user.id,
            created_at=now,
            updated_at=now,
            **self._fields(viewer, asked, views, workspace, now),
        )
        self._put(viewer, report, None, "saved_report.create", now)
        return _versioned(viewer, report)

    def change(
        self, viewer: Principal, report_id: str, body: Any, version: str | None, views: Views, now: datetime
    ) -> View[SavedView]:
        """All of it anew; its settings are those of now."""
        workspace, before = self.paid(viewer), self._own(viewer, report_id)
        check_version(str(before.version), version)
        fields = self._fields(viewer, parse(SavedBody, body), views, workspace, now)
        after = msgspec.structs.replace(before, **fields, updated_at=now, version=before.version + 1)
        self._put(viewer, after, before, "saved_report.change", now)
        return _versioned(viewer, after)

    def delete(self, viewer: Principal, report_id: str, now: datetime) -> View[SavedView]:
        self.paid(viewer)
        before = self._own(viewer, report_id)
        after = msgspec.structs.replace(before, deleted_at=now, version=before.version + 1)
        self._put(viewer, after, before, "saved_report.delete", now)
        return _versioned(viewer, after)

    def run(self, viewer: Principal, report_id: str, views: Views, now: datetime) -> SavedRun:
        """What to ask now. Raises `Forbidden` for what the viewer may not ask, `InvalidRequest` for what the route
        does not take any more.
        """
        workspace = self.paid(viewer)
        report = self._seen(viewer, report_id)
        self._checked(viewer, report.view, report.parameters, views, now)
        settings = _settings(workspace)
        different = [name for name in _SETTINGS if report.settings.get(name, settings[name]) != settings[name]]
        pairs = [(name, value) for name, values in report.parameters.items() for value in _texts(values)]
        return SavedRun(
            report=_view(viewer, report),
            path=report.view + (f"?{urlencode(pairs)}" if pairs else ""),
            settings_changed=tuple(different),
        )

    def _fields(
        self, viewer: Principal, asked: SavedBody, views: Views, workspace: Workspace, now: datetime
    ) -> dict[str, Any]:
        query = self._checked(viewer, asked.view, asked.parameters, views, now)
        parameters = query.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        parameters = {name: value for name, value in sorted(parameters.items()) if name not in _OF_THE_MOMENT}
        if len(to_json(parameters)) > MAX_PARAMETERS:
            raise InvalidRequest("parameters", f"longer than {MAX_PARAMETERS} bytes")
        return {
            "name": asked.name,
            "view": asked.view,
            "parameters": parameters,
            "settings": _settings(workspace),
            "shared": asked.shared,
        }

    def _checked(
        self, viewer: Principal, view: str, parameters: Mapping[str, object], views: Views, now: datetime
    ) -> BaseModel:
        """The question as the route would read it; raises what the route would raise."""
        if view not in views:
            raise InvalidRequest("view", "no list or analytics route with parameters has this path")
        permit(viewer.user, f"GET {view}")
        asked = parse(views[view], dict(parameters), "parameters")
        chosen = asked if isinstance(asked, Filter) else getattr(asked, "filter", None)
        if isinstance(chosen, Filter):
            kind = Kind.ROWS if isinstance(asked, ListQuery) else Kind.AGGREGATES
            self.question(viewer, chosen, now, kind)
        return asked

    def _seen(self, viewer: Principal, report_id: str) -> SavedReport:
        report = self._saved.get(viewer.workspace, report_id)
        if report is None or not _sees(viewer, report):
            raise NotFound(report_id)
        return report

    def _own(self, viewer: Principal, report_id: str) -> SavedReport:
        report = self._seen(viewer, report_id)
        if report.owner != viewer.user.id and not may(viewer, Ability.ADMINISTER):
            raise Forbidden("only who saved a report changes it; save one of your own")
        return report

    def _put(
        self, viewer: Principal, report: SavedReport, previous: SavedReport | None, action: str, now: datetime
    ) -> None:
        # A name may hold anything, and a filter a customer's number: neither goes on record.
        told = {"view": report.view, "shared": report.shared, "parameters": sorted(report.parameters)}
        self._directory.audit(line(viewer, now, action, report.id, **told))
        try:
            self._saved.put(viewer.workspace, report, previous)
        except Conflict:
            raise Outdated("somebody else changed it meanwhile: read it again") from None


def _sees(viewer: Principal, report: SavedReport) -> bool:
    return report.deleted_at is None and (report.shared or report.owner == viewer.user.id)


def _settings(workspace: Workspace) -> dict[str, object]:
    return {"settings_version": workspace.settings_version, **{name: getattr(workspace, name) for name in _SETTINGS}}


def _view(viewer: Principal, report: SavedReport) -> SavedView:
    parameters = dict(report.parameters)
    if Ability.SEE_NUMBERS in scope(viewer.user).hides:
        parameters |= {name: masked(str(parameters[name])) for name in _NUMBERS if name in parameters}
    return SavedView(
        mine=report.owner == viewer.user.id,
        parameters=parameters,
        **{
            name: getattr(report, name)
            for name in ("id", "name", "owner", "shared", "view", "settings", "created_at", "updated_at", "version")
        },
    )


def _versioned(viewer: Principal, report: SavedReport) -> View[SavedView]:
    return View(_view(viewer, report), str(report.version))


def _texts(value: object) -> list[str]:
    """Values of a query parameter as a URL writes them; a list repeats the name."""
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [str(value).lower() if isinstance(value, bool) else str(value)]
