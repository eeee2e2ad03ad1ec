"""What people say about calls and cases."""

from __future__ import annotations

from api_answers import Asked, record_id, serves, versioned
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.directory import bodies, views

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/calls/{id}/marks", answers=views.CallMarks)
def show_marks(id: str) -> Response[str]:
    """What people said about a call."""
    return versioned(asked.offices.marking.call(asked.viewer, record_id(id)))


@serves(router, "PUT /v1/calls/{id}/marks", body=bodies.CallMarksBody, answers=views.CallMarks)
def mark_call(id: str) -> Response[str]:
    """Say all of it anew: success, labels, tags, note, legal hold."""
    return versioned(
        asked.offices.marking.mark_call(asked.viewer, record_id(id), asked.body(), asked.version, asked.now)
    )


@serves(router, "GET /v1/cases/{id}", answers=views.CaseMarks)
def show_case(id: str) -> Response[str]:
    """Where a missed-contact case stands, and what people set about it."""
    return versioned(asked.offices.marking.case(asked.viewer, record_id(id)))


@serves(router, "PUT /v1/cases/{id}", body=bodies.CaseMarksBody, answers=views.CaseMarks)
def mark_case(id: str) -> Response[str]:
    """Assign, dismiss or close a case as reached, or give it back to the records."""
    return versioned(
        asked.offices.marking.mark_case(asked.viewer, record_id(id), asked.body(), asked.version, asked.now)
    )
