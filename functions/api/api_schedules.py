"""Reports that are mailed at local times."""

from __future__ import annotations

from http import HTTPStatus

import api_queries as queries
from api_answers import Asked, answer, serves, versioned
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.schedules.bodies import RunNowBody, ScheduleBody
from ringlake.flows.schedules.views import RunPage, RunView, ScheduleList, ScheduleView

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/schedules", answers=ScheduleList)
def list_schedules() -> Response[str]:
    """One's own scheduled reports; administrators see everybody's."""
    return answer(asked.rooms.scheduling.all(asked.viewer))


@serves(router, "POST /v1/schedules", body=ScheduleBody, answers=ScheduleView, status=HTTPStatus.CREATED)
def create_schedule() -> Response[str]:
    """Mail a report every day, week, month, quarter or year, at a local time. People outside are asked first."""
    return versioned(asked.rooms.scheduling.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@serves(router, "GET /v1/schedules/{id}", answers=ScheduleView)
def show_schedule(id: str) -> Response[str]:
    """One scheduled report, with when it runs next."""
    return versioned(asked.rooms.scheduling.show(asked.viewer, id), moving=True)


@serves(router, "PUT /v1/schedules/{id}", body=ScheduleBody, answers=ScheduleView)
def change_schedule(id: str) -> Response[str]:
    """All of a schedule anew; one that had stopped itself goes on."""
    return versioned(asked.rooms.scheduling.change(asked.viewer, id, asked.body(), asked.version, asked.now))


@serves(router, "DELETE /v1/schedules/{id}", answers=ScheduleView)
def delete_schedule(id: str) -> Response[str]:
    """Nothing is sent any more."""
    return versioned(asked.rooms.scheduling.delete(asked.viewer, id, asked.now))


@serves(router, "POST /v1/schedules/{id}/pause", answers=ScheduleView)
def pause_schedule(id: str) -> Response[str]:
    """Nothing is sent until it is resumed, and what falls into the pause is not sent later."""
    return versioned(asked.rooms.scheduling.pause(asked.viewer, id, asked.now))


@serves(router, "POST /v1/schedules/{id}/resume", answers=ScheduleView)
def resume_schedule(id: str) -> Response[str]:
    """Goes on with the next period, also after it had stopped itself."""
    return versioned(asked.rooms.scheduling.resume(asked.viewer, id, asked.now))


@serves(router, "GET /v1/schedules/{id}/runs", query=queries.Jobs, answers=RunPage)
def list_runs(id: str) -> Response[str]:
    """What became of each period: its file, its mails, who was left out and why. The latest first."""
    return answer(asked.rooms.scheduling.runs(asked.viewer, id, asked.query(queries.Jobs).before))


@serves(router, "POST /v1/schedules/{id}/run", body=RunNowBody, answers=RunView, status=HTTPStatus.ACCEPTED)
def run_schedule(id: str) -> Response[str]:
    """The last full period now, only to who asks unless `everyone` says otherwise."""
    return answer(asked.rooms.scheduling.run(asked.viewer, id, asked.body(), asked.now), HTTPStatus.ACCEPTED)
