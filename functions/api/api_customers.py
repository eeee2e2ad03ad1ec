"""Customers: who calls and what became of it, quotes and orders."""

from __future__ import annotations

from http import HTTPStatus

from api_answers import Asked, answer, record_id, serves, versioned
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.answers.callers import CallersAnswer, CallersQuery
from ringlake.flows.answers.customers import Customer, CustomerList, CustomerQuery, CustomersQuery
from ringlake.flows.answers.deals import DealList, DealListQuery, Deals, DealsQuery
from ringlake.flows.dealing import DealBody, DealPatch, DealView

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/deals", query=DealListQuery, answers=DealList)
def list_deals() -> Response[str]:
    """Quotes and orders, newest first, page by page."""
    return answer(asked.rooms.answers.deals.page(asked.viewer, asked.query(DealListQuery), asked.now))


@serves(router, "POST /v1/deals", body=DealBody, answers=DealView, status=HTTPStatus.CREATED)
def create_deal() -> Response[str]:
    """Make a quote that came of a call; the customer is the call's."""
    return versioned(asked.rooms.answers.dealing.create(asked.viewer, asked.body(), asked.now), HTTPStatus.CREATED)


@serves(router, "GET /v1/deals/{id}", answers=DealView)
def show_deal(id: str) -> Response[str]:
    """One quote or order."""
    return versioned(asked.rooms.answers.dealing.show(asked.viewer, record_id(id)))


@serves(router, "PATCH /v1/deals/{id}", body=DealPatch, answers=DealView)
def change_deal(id: str) -> Response[str]:
    """Turn a quote into an order, lose it, take that back, or correct brand, amount and customer."""
    return versioned(
        asked.rooms.answers.dealing.change(asked.viewer, record_id(id), asked.body(), asked.version, asked.now)
    )


@serves(router, "GET /v1/analytics/deals", query=DealsQuery, answers=Deals)
def conversion() -> Response[str]:
    """Quotes of the period, how many became orders, by brand or by whom; and calls that ended in a sale."""
    return answer(asked.rooms.answers.deals.conversion(asked.viewer, asked.query(DealsQuery), asked.now))


@serves(router, "GET /v1/analytics/callers", query=CallersQuery, answers=CallersAnswer)
def callers() -> Response[str]:
    """Unique conversations, new and returning callers, how often they call, and whether they have to call again."""
    return answer(asked.rooms.answers.callers.callers(asked.viewer, asked.query(CallersQuery), asked.now))


@serves(router, "GET /v1/customers", query=CustomersQuery, answers=CustomerList)
def list_customers() -> Response[str]:
    """Customers of the selected calls and messages, those with most contacts first."""
    return answer(asked.rooms.answers.customers.page(asked.viewer, asked.query(CustomersQuery), asked.now))


@serves(router, "GET /v1/customers/{id}", query=CustomerQuery, answers=Customer)
def show_customer(id: str) -> Response[str]:
    """One customer by contact id or party key: history, habits, open cases and deals."""
    return answer(
        asked.rooms.answers.customers.show(asked.viewer, record_id(id), asked.query(CustomerQuery), asked.now)
    )
