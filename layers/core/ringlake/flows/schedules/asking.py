"""A schedule's period as the request that its owner would send: the body of an export or of a report run."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from ringlake import reports
from ringlake.access import Principal
from ringlake.errors import InvalidRequest, NotFound
from ringlake.flows.directory.office import refuse
from ringlake.flows.exports.saved import request_of
from ringlake.model.directory import Workspace
from ringlake.model.schedules import ReportSchedule
from ringlake.stores.saved import SavedReports

# The period and its zone are the schedule's to say, and so is the form of the file.
_RANGE = ("preset", "from", "from_", "to", "zone")
_FORM = ("format", "dialect", "headers", "language")
_DATES = {"first_date": "from", "last_date": "to"}


class Span(NamedTuple):
    """Local dates, both inclusive."""

    first: date
    last: date


def export_body(
    schedule: ReportSchedule, owner: Principal, workspace: Workspace, span: Span, saved: SavedReports
) -> dict[str, Any]:
    """Raises `InvalidRequest` naming the fields of the schedule."""
    request: dict[str, Any] = dict(schedule.what.request)
    conditions = request.get("filter", {})
    refuse([(f"what.request.{name}", "stands beside `what`") for name in _FORM if name in request])
    refuse([("what.request.mail", "a schedule always mails")] if "mail" in request else [])
    if not isinstance(conditions, dict):
        raise InvalidRequest("what.request.filter", "is an object")
    refuse([(f"what.request.filter.{n}", "is the schedule's to say") for n in _RANGE if n in conditions])
    if request.get("saved"):
        request = _of_saved(request, owner, saved)
        conditions = {n: value for n, value in request["filter"].items() if n not in _RANGE}
    # Days are the workspace's unless another zone was asked for, which every answer then states (demands.md D6).
    zone = schedule.timing.zone
    shift = {"zone": zone} if zone not in ("", workspace.zone) else {}
    dates = {"from": span.first.isoformat(), "to": span.last.isoformat()}
    return {**request, "filter": {**conditions, **dates, **shift}, **_form(schedule)}


def run_body(schedule: ReportSchedule, workspace: Workspace, span: Span) -> dict[str, Any]:
    """Raises `InvalidRequest` naming the fields of the schedule."""
    try:
        report = reports.report(schedule.what.name)
    except NotFound:
        raise InvalidRequest("what.name", "there is no such report") from None
    parameters = schedule.what.request
    given = [(f"what.request.{name}", "is the schedule's to say") for name in _DATES if name in parameters]
    if schedule.timing.zone not in ("", workspace.zone):
        given.append(("timing.zone", "finance queries count the days of the workspace's zone"))
    refuse(given)
    takes = {parameter.name for parameter in report.parameters}
    dates = {"first_date": span.first.isoformat(), "last_date": span.last.isoformat()}
    return {
        "parameters": dict(parameters),
        **{_DATES[name]: value for name, value in dates.items() if name in takes},
        **_form(schedule),
    }


def place(field: str) -> str:
    """Where a schedule has what a request calls so. A range that is wrong is wrong by the cadence: too long."""
    first = field.partition(".")[0]
    if first in _FORM:
        return field
    if first in _RANGE or first in _DATES or field in {f"filter.{name}" for name in _RANGE}:
        return "timing.cadence"
    return f"what.request.{field.removeprefix('parameters.')}"


def _form(schedule: ReportSchedule) -> dict[str, str]:
    """The form of the file as a request has it."""
    found = {name: getattr(schedule, name) for name in _FORM}
    return {name: str(value) for name, value in found.items() if value is not None}


def _of_saved(request: dict[str, Any], owner: Principal, saved: SavedReports) -> dict[str, Any]:
    """The export that a saved report comes to (features.md N21); its own range does not matter."""
    given = {"report", "filter", "options", "columns"} & set(request)
    refuse([(f"what.request.{name}", "the saved report says it") for name in sorted(given)])
    kept = saved.get(owner.workspace, str(request["saved"]))
    if kept is None or kept.deleted_at is not None or not (kept.shared or kept.owner == owner.user.id):
        raise InvalidRequest("what.request.saved", "there is no such saved report")
    rest = {name: value for name, value in request.items() if name != "saved"}
    return {**request_of(kept.view, kept.parameters), **rest}
