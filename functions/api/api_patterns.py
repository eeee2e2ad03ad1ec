"""Waits, service level, response times of texts, and how many calls there are at once."""

from __future__ import annotations

from api_answers import Asked, answer, serves
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.answers.concurrency import Concurrency, ConcurrencyQuery
from ringlake.flows.answers.responses import BlocksQuery, ResponsesQuery, TextBlocks, TextResponses
from ringlake.flows.answers.service import ServiceLevels, ServiceQuery
from ringlake.flows.answers.waits import Waits, WaitsQuery

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/analytics/waits", query=WaitsQuery, answers=Waits)
def waits() -> Response[str]:
    """How long callers wait: a histogram of answered and abandoned calls, with means."""
    return answer(asked.rooms.answers.waits.waits(asked.viewer, asked.query(WaitsQuery), asked.now))


@serves(router, "GET /v1/analytics/service", query=ServiceQuery, answers=ServiceLevels)
def service() -> Response[str]:
    """Service level overall, by team, queue or user against their targets, and by day and hour."""
    return answer(asked.rooms.answers.service.service(asked.viewer, asked.query(ServiceQuery), asked.now))


@serves(router, "GET /v1/analytics/responses", query=ResponsesQuery, answers=TextResponses)
def responses() -> Response[str]:
    """How fast texts are answered: first and next responses, by the clock and by open hours."""
    return answer(asked.rooms.answers.responses.responses(asked.viewer, asked.query(ResponsesQuery), asked.now))


@serves(router, "GET /v1/analytics/responses/blocks", query=BlocksQuery, answers=TextBlocks)
def response_blocks() -> Response[str]:
    """The blocks of customer messages that response times are made of, slowest first."""
    return answer(asked.rooms.answers.responses.blocks(asked.viewer, asked.query(BlocksQuery), asked.now))


@serves(router, "GET /v1/analytics/concurrency", query=ConcurrencyQuery, answers=Concurrency)
def concurrency() -> Response[str]:
    """Calls at once, with and without those waiting, and the lines and agents that they need."""
    return answer(asked.rooms.answers.concurrency.concurrency(asked.viewer, asked.query(ConcurrencyQuery), asked.now))
