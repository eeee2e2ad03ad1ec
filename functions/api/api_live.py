"""Live calls: the board asked for once, the ticket for a screen, a file, and joining a call."""

from __future__ import annotations

from http import HTTPStatus

from api_answers import CSV, Asked, answer, record_id, serves, spreadsheet
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.answers.live import Joining, LiveBoard, LiveTicket, SuperviseBody
from ringlake.query.watching import LiveFilter

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "POST /v1/live/tickets", answers=LiveTicket, status=HTTPStatus.CREATED)
def issue_ticket() -> Response[str]:
    """A ticket by which one screen may watch the live board; good once, for 30 seconds."""
    return answer(asked.rooms.answers.watching.ticket(asked.viewer, asked.now), HTTPStatus.CREATED)


@serves(router, "GET /v1/live", query=LiveFilter, answers=LiveBoard)
def show_board() -> Response[str]:
    """The live board now: header counts, calls that have not ended, and people with their status.

    For screens that follow it there is the WebSocket (docs/live.md).
    """
    return answer(asked.rooms.answers.watching.board(asked.viewer, asked.query(LiveFilter), asked.now))


@serves(router, "GET /v1/live/export", query=LiveFilter, answers=CSV)
def export_board() -> Response[str]:
    """The calls of the live board now as a CSV file."""
    name, data = asked.rooms.answers.watching.file(asked.viewer, asked.query(LiveFilter), asked.now)
    return spreadsheet(data, name)


@serves(router, "POST /v1/live/calls/{id}/supervise", body=SuperviseBody, answers=Joining)
def supervise(id: str) -> Response[str]:
    """The address by which the viewer's telephony program joins a call that somebody is talking on."""
    return answer(asked.rooms.answers.watching.supervise(asked.viewer, record_id(id), asked.body(), asked.now))
