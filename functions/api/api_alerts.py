"""Alerts: rules that tell people, by mail or webhook, when something is wrong."""

from __future__ import annotations

from http import HTTPStatus

import api_queries as queries
from api_answers import Asked, answer, serves, versioned
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.alerts.bodies import AlertBody, MuteBody
from ringlake.flows.alerts.views import AlertEventView, AlertHistory, AlertList, AlertView

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/alerts", answers=AlertList)
def list_alerts() -> Response[str]:
    """One's own alerts and where they stand; administrators see everybody's."""
    return answer(asked.rooms.alerts.all(asked.viewer))


@serves(router, "POST /v1/alerts", body=AlertBody, answers=AlertView, status=HTTPStatus.CREATED)
def create_alert() -> Response[str]:
    """Have somebody told when customers wait too long, calls are missed, nobody is there, or too much is spent.

    The rule sees what its owner may see. A webhook needs the ability administer; its secret is in this answer only.
    People outside are asked first.
    """
    return versioned(asked.rooms.alerts.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@serves(router, "GET /v1/alerts/{id}", answers=AlertView)
def show_alert(id: str) -> Response[str]:
    """One alert and where it stands."""
    return versioned(asked.rooms.alerts.show(asked.viewer, id), moving=True)


@serves(router, "PUT /v1/alerts/{id}", body=AlertBody, answers=AlertView)
def change_alert(id: str) -> Response[str]:
    """All of an alert anew. What it watches differently, it watches from now on; another address has another secret."""
    return versioned(asked.rooms.alerts.change(asked.viewer, id, asked.body(), asked.version, asked.now))


@serves(router, "DELETE /v1/alerts/{id}", answers=AlertView)
def delete_alert(id: str) -> Response[str]:
    """Nobody is told any more."""
    return versioned(asked.rooms.alerts.delete(asked.viewer, id, asked.now))


@serves(router, "POST /v1/alerts/{id}/mute", body=MuteBody, answers=AlertView)
def mute_alert(id: str) -> Response[str]:
    """Nobody is told for a while; what still fires afterwards is told then."""
    return versioned(asked.rooms.alerts.mute(asked.viewer, id, asked.body(), asked.now))


@serves(router, "POST /v1/alerts/{id}/secret", answers=AlertView, also=(HTTPStatus.CONFLICT,))
def rotate_alert_secret(id: str) -> Response[str]:
    """A new secret for the webhook, in this answer only; the old one signs beside it for a day."""
    return versioned(asked.rooms.alerts.rotate(asked.viewer, id, asked.now))


@serves(
    router,
    "POST /v1/alerts/{id}/test",
    answers=AlertEventView,
    status=HTTPStatus.ACCEPTED,
    also=(HTTPStatus.CONFLICT,),
)
def test_alert(id: str) -> Response[str]:
    """Tell everybody once, as a trial, within a minute; at most ten times a day."""
    return answer(asked.rooms.alerts.test(asked.viewer, id, asked.now), HTTPStatus.ACCEPTED)


@serves(router, "GET /v1/alerts/{id}/history", query=queries.Jobs, answers=AlertHistory)
def show_alert_history(id: str) -> Response[str]:
    """What happened, who was told, and what became of each notice. The latest first."""
    return answer(asked.rooms.alerts.history(asked.viewer, id, asked.query(queries.Jobs).before))
