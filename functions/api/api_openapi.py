"""The description of this API, for whoever is signed in (docs/adr/0091)."""

from __future__ import annotations

from http import HTTPStatus

from api_answers import OPERATIONS, answer, serves
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


@serves(router, "GET /v1/openapi.json", answers=dict, status=HTTPStatus.OK)
def openapi() -> Response[str]:
    """This document: every route with its parameters, bodies, answers and problems (OpenAPI 3.1)."""
    # Only who asks for it pays for the schemas.
    from api_description import describe

    return answer(describe(OPERATIONS))
