"""Live calls: the board asked for once, the ticket for a screen, a file, joining a call, and walls."""

from __future__ import annotations

from http import HTTPStatus

from api_answers import CSV, Asked, answer, content, record_id, serves, spreadsheet
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.answers.live import Joining, LiveBoard, LiveTicket, SuperviseBody
from ringlake.flows.answers.walls import NewWall, WallBody, WallList, WallView
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


@serves(router, "POST /v1/live/walls", body=WallBody, answers=NewWall, status=HTTPStatus.CREATED)
def put_up_wall() -> Response[str]:
    """An address that shows the live board on a screen without a sign-in, without customers; its secret is told once.

    It shows what its owner may see at that moment, and ends when it is withdrawn or its owner may not look at the calls
    of others any more (docs/live.md).
    """
    return content(asked.rooms.answers.walls.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@serves(router, "GET /v1/live/walls", answers=WallList)
def list_walls() -> Response[str]:
    """One's own walls, and how many screens show each now; everybody's for who administers the workspace."""
    return content(asked.rooms.answers.walls.all(asked.viewer, asked.now))


@serves(router, "DELETE /v1/live/walls/{id}", answers=WallView)
def withdraw_wall(id: str) -> Response[str]:
    """End a wall: its address opens nothing any more, and screens that show it are told nothing more."""
    return answer(asked.rooms.answers.walls.withdraw(asked.viewer, id, asked.now))
