"""Money: exchange rates, rating again, budgets, abuse."""

from __future__ import annotations

from http import HTTPStatus

import api_queries as queries
from api_answers import CSV, MAX_TABLE, Asked, answer, serves
from api_files import imported
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.answers.detail import DetailQuery
from ringlake.flows.directory.sheets import Imported
from ringlake.flows.money.abuse import Abuse, AbuseQuery, AbuseRulesBody, AbuseRulesView
from ringlake.flows.money.budgets import BudgetList, BudgetProgressList, BudgetsBody, ProgressOn
from ringlake.flows.money.exchange import RatesBody, RatesKept, RatesQuery, StoredRates
from ringlake.flows.money.ratings import DifferencesQuery, RatingBody, RatingList, RatingResult, RatingView
from ringlake.flows.money.units import ChargesOf

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/exchange-rates", query=RatesQuery, answers=StoredRates)
def exchange_rates() -> Response[str]:
    """Stored exchange rates by day."""
    return answer(asked.rooms.money.exchange.show(asked.viewer, asked.query(RatesQuery), asked.now))


@serves(router, "POST /v1/exchange-rates", body=RatesBody, answers=RatesKept)
def put_exchange_rates() -> Response[str]:
    """Store exchange rates of some days, which replaces what was known of them. Their charges are converted anew."""
    return answer(asked.rooms.money.exchange.put(asked.viewer, asked.body(MAX_TABLE), asked.now))


@serves(router, "POST /v1/exchange-rates/import", query=queries.Import, body=CSV, answers=Imported)
def import_exchange_rates() -> Response[str]:
    """Store exchange rates from a CSV file of the European Central Bank, of one day or of all."""
    return imported(asked, asked.rooms.money.exchange.import_csv)


@serves(router, "GET /v1/interactions/{id}/charges", query=DetailQuery, answers=ChargesOf)
def charges_of(id: str) -> Response[str]:
    """What a call or text was charged, leg by leg, with the rate that was found and every rating."""
    return answer(asked.rooms.money.units.show(asked.viewer, id, asked.query(DetailQuery), asked.now))


@serves(router, "GET /v1/charges/ratings", answers=RatingList)
def list_ratings() -> Response[str]:
    """Orders to rate past calls and texts again, the latest first."""
    return answer(asked.rooms.money.ratings.all(asked.viewer))


@serves(router, "POST /v1/charges/ratings", body=RatingBody, answers=RatingView, status=HTTPStatus.ACCEPTED)
def order_rating() -> Response[str]:
    """Rate a period again with the tariffs as they are now. The earlier amounts stay visible beside the new ones."""
    return answer(asked.rooms.money.ratings.order(asked.viewer, asked.body(), asked.now), HTTPStatus.ACCEPTED)


@serves(router, "GET /v1/charges/ratings/{id}", query=DifferencesQuery, answers=RatingResult)
def show_rating(id: str) -> Response[str]:
    """What a rating changed, the largest changes first."""
    return answer(asked.rooms.money.ratings.show(asked.viewer, id, asked.query(DifferencesQuery)))


@serves(router, "GET /v1/budgets", answers=BudgetList)
def show_budgets() -> Response[str]:
    """What may be spent by month, quarter or year, of users, teams, numbers or altogether."""
    budgets, version = asked.rooms.money.budgets.show(asked.viewer)
    return answer(budgets, etag=version)


@serves(router, "PUT /v1/budgets", body=BudgetsBody, answers=BudgetList)
def change_budgets() -> Response[str]:
    """Replace all budgets."""
    budgets, version = asked.rooms.money.budgets.change(asked.viewer, asked.body(), asked.version, asked.now)
    return answer(budgets, etag=version)


@serves(router, "GET /v1/budgets/progress", query=ProgressOn, answers=BudgetProgressList)
def budget_progress() -> Response[str]:
    """What was spent of each budget, and what its period will come to."""
    return answer(asked.rooms.money.budgets.progress(asked.viewer, asked.query(ProgressOn), asked.now))


@serves(router, "GET /v1/analytics/abuse", query=AbuseQuery, answers=Abuse)
def abuse() -> Response[str]:
    """Calls to premium and foreign numbers, at night and very long ones, the most expensive first."""
    return answer(asked.rooms.money.abuse.listed(asked.viewer, asked.query(AbuseQuery), asked.now))


@serves(router, "GET /v1/abuse-rules", answers=AbuseRulesView)
def show_abuse_rules() -> Response[str]:
    """Which calls are listed as possible abuse."""
    rules, version = asked.rooms.money.abuse.rules(asked.viewer)
    return answer(rules, etag=version)


@serves(router, "PUT /v1/abuse-rules", body=AbuseRulesBody, answers=AbuseRulesView)
def change_abuse_rules() -> Response[str]:
    """Replace the rules."""
    rules, version = asked.rooms.money.abuse.change(asked.viewer, asked.body(), asked.version, asked.now)
    return answer(rules, etag=version)
