"""What people say about calls and cases."""

from __future__ import annotations

from api_answers import Asked, decoded, record_id, versioned
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@router.get("/v1/calls/<id>/marks")
@decoded
def show_marks(id: str) -> Response[str]:
    return versioned(asked.offices.marking.call(asked.viewer, record_id(id)))


@router.put("/v1/calls/<id>/marks")
@decoded
def mark_call(id: str) -> Response[str]:
    return versioned(
        asked.offices.marking.mark_call(asked.viewer, record_id(id), asked.body(), asked.version, asked.now)
    )


@router.get("/v1/cases/<id>")
@decoded
def show_case(id: str) -> Response[str]:
    return versioned(asked.offices.marking.case(asked.viewer, record_id(id)))


@router.put("/v1/cases/<id>")
@decoded
def mark_case(id: str) -> Response[str]:
    return versioned(
        asked.offices.marking.mark_case(asked.viewer, record_id(id), asked.body(), asked.version, asked.now)
    )
