"""Money: exchange rates, rating again, budgets, abuse."""

from __future__ import annotations

from http import HTTPStatus

import api_queries as queries
from api_answers import CSV, MAX_TABLE, Asked, answer, serves
from api_files import imported
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.directory.sheets import Imported
from ringlake.flows.money.exchange import RatesBody, RatesKept, RatesQuery, StoredRates
from ringlake.flows.money.ratings import DifferencesQuery, RatingBody, RatingList, RatingResult, RatingView

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/exchange-rates", query=RatesQuery, answers=StoredRates)
def exchange_rates() -> Response[str]:
    """Stored exchange rates by day."""
    return answer(asked.answers.exchange.show(asked.viewer, asked.query(RatesQuery), asked.now))


@serves(router, "POST /v1/exchange-rates", body=RatesBody, answers=RatesKept)
def put_exchange_rates() -> Response[str]:
    """Store exchange rates of some days, which replaces what was known of them. Their charges are converted anew."""
    return answer(asked.answers.exchange.put(asked.viewer, asked.body(MAX_TABLE), asked.now))


@serves(router, "POST /v1/exchange-rates/import", query=queries.Import, body=CSV, answers=Imported)
def import_exchange_rates() -> Response[str]:
    """Store exchange rates from a CSV file of the European Central Bank, of one day or of all."""
    return imported(asked, asked.answers.exchange.import_csv)


@serves(router, "GET /v1/charges/ratings", answers=RatingList)
def list_ratings() -> Response[str]:
    """Orders to rate past calls and texts again, the latest first."""
    return answer(asked.answers.ratings.all(asked.viewer))


@serves(router, "POST /v1/charges/ratings", body=RatingBody, answers=RatingView, status=HTTPStatus.ACCEPTED)
def order_rating() -> Response[str]:
    """Rate a period again with the tariffs as they are now. The earlier amounts stay visible beside the new ones."""
    return answer(asked.answers.ratings.order(asked.viewer, asked.body(), asked.now), HTTPStatus.ACCEPTED)


@serves(router, "GET /v1/charges/ratings/{id}", query=DifferencesQuery, answers=RatingResult)
def show_rating(id: str) -> Response[str]:
    """What a rating changed, the largest changes first."""
    return answer(asked.answers.ratings.show(asked.viewer, id, asked.query(DifferencesQuery)))
