"""People: presence, rings, load, a person's profile, targets."""

from __future__ import annotations

from http import HTTPStatus

from api_answers import CSV, MAX_TABLE, Asked, answer, serves, spreadsheet
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.answers.load import Load
from ringlake.flows.answers.presence import AvailabilityAnswer, Presence, PresenceTimeline, TimelineQuery
from ringlake.flows.answers.profile import Profile, ProfileQuery
from ringlake.flows.answers.rings import RingsAnswer, RingsQuery
from ringlake.flows.answers.targets import ProgressAnswer, ProgressQuery, Targets, TargetsBody
from ringlake.query.filters import Filter
from ringlake.query.people import PeopleFilter

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/analytics/presence", query=PeopleFilter, answers=Presence)
def presence() -> Response[str]:
    """Status time by person and local day, shifts unsplit across midnight, occupancy and utilisation."""
    return answer(asked.answers.presence.by_day(asked.viewer, asked.query(PeopleFilter), asked.now))


@serves(router, "GET /v1/analytics/presence/export", query=PeopleFilter, answers=CSV)
def export_presence() -> Response[str]:
    """Status time by person and local day as a CSV file."""
    name, data = asked.answers.presence.file(asked.viewer, asked.query(PeopleFilter), asked.now)
    return spreadsheet(data, name)


@serves(
    router,
    "GET /v1/analytics/presence/timeline",
    query=TimelineQuery,
    answers=PresenceTimeline,
    also=(HTTPStatus.NOT_FOUND,),
)
def timeline() -> Response[str]:
    """The statuses of one person on one local day, from 00:00 to 24:00 or now, without a gap."""
    return answer(asked.answers.presence.timeline(asked.viewer, asked.query(TimelineQuery), asked.now))


@serves(router, "GET /v1/analytics/availability", query=PeopleFilter, answers=AvailabilityAnswer)
def availability() -> Response[str]:
    """The share of open hours with somebody online or talking, of the workspace and of each team, and the gaps."""
    return answer(asked.answers.presence.availability(asked.viewer, asked.query(PeopleFilter), asked.now))


@serves(router, "GET /v1/analytics/rings", query=RingsQuery, answers=RingsAnswer)
def rings() -> Response[str]:
    """Rings of incoming calls by person: answered, missed, declined, taken by a colleague, too short to count."""
    return answer(asked.answers.rings.rings(asked.viewer, asked.query(RingsQuery), asked.now))


@serves(router, "GET /v1/analytics/load", query=Filter, answers=Load)
def load() -> Response[str]:
    """Calls, talk, handle time and occupancy by person, with each one's share."""
    return answer(asked.answers.load.load(asked.viewer, asked.query(Filter), asked.now))


@serves(router, "GET /v1/people/{id}/profile", query=ProfileQuery, answers=Profile)
def profile(id: str) -> Response[str]:
    """One person today or over the last 3 or 7 days: identity, calls, talk, statuses, bars by day, a day's strip."""
    return answer(asked.answers.profile.profile(asked.viewer, id, asked.query(ProfileQuery), asked.now))


@serves(router, "GET /v1/targets", answers=Targets)
def show_targets() -> Response[str]:
    """Targets of metrics by team, with their version, and the promises of the service level."""
    targets, version = asked.answers.targets.show(asked.viewer)
    return answer(targets, etag=version)


@serves(router, "PUT /v1/targets", body=TargetsBody, answers=Targets)
def change_targets() -> Response[str]:
    """Replace all targets; If-Match names the version that they were made from."""
    body = asked.body(MAX_TABLE)
    targets, version = asked.answers.targets.change(asked.viewer, body, asked.version, asked.now)
    return answer(targets, etag=version)


@serves(router, "GET /v1/targets/progress", query=ProgressQuery, answers=ProgressAnswer)
def progress() -> Response[str]:
    """Value against target and against the period before, leaders and coaching candidates, promises kept."""
    return answer(asked.answers.targets.progress(asked.viewer, asked.query(ProgressQuery), asked.now))
