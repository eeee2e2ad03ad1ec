"""Lists of what happened, one thing in detail, the work list of cases, and saved reports."""

from __future__ import annotations

from api_answers import Asked, answer, serves
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.answers.interactions import Interactions, ListQuery

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/interactions", query=ListQuery, answers=Interactions)
def list_interactions() -> Response[str]:
    """Calls and messages, newest first, page by page."""
    return answer(asked.rooms.answers.interactions.page(asked.viewer, asked.query(ListQuery), asked.now))
