"""The dictionary of metrics, and metrics over a filter: cards, series, heat map, breakdowns, team table."""

from __future__ import annotations

from api_answers import Asked, answer, serves
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.answers.breakdown import Breakdown, BreakdownQuery
from ringlake.flows.answers.heatmap import Heatmap, HeatmapQuery
from ringlake.flows.answers.series import Series, SeriesQuery
from ringlake.flows.answers.summary import Metrics, Summary, SummaryQuery
from ringlake.flows.answers.team import TeamQuery, TeamTable

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/metrics", answers=Metrics)
def metrics() -> Response[str]:
    """Every metric with its formula in words, its SQL and the settings that it depends on."""
    return answer(asked.answers.summary.metrics(asked.viewer))


@serves(router, "GET /v1/analytics/summary", query=SummaryQuery, answers=Summary)
def summary() -> Response[str]:
    """Metrics over the period, beside the period of equal length before."""
    return answer(asked.answers.summary.summary(asked.viewer, asked.query(SummaryQuery), asked.now))


@serves(router, "GET /v1/analytics/series", query=SeriesQuery, answers=Series)
def series() -> Response[str]:
    """Metrics by month, week, day, hour or quarter of an hour, one line for each key, with the period before."""
    return answer(asked.answers.series.series(asked.viewer, asked.query(SeriesQuery), asked.now))


@serves(router, "GET /v1/analytics/heatmap", query=HeatmapQuery, answers=Heatmap)
def heatmap() -> Response[str]:
    """A metric by weekday and hour, with the three busiest hours by name."""
    return answer(asked.answers.heatmap.heatmap(asked.viewer, asked.query(HeatmapQuery), asked.now))


@serves(router, "GET /v1/analytics/breakdown", query=BreakdownQuery, answers=Breakdown)
def breakdown() -> Response[str]:
    """Metrics by user, team, number, source, destination, outcome, reason and other dimensions."""
    return answer(asked.answers.breakdown.breakdown(asked.viewer, asked.query(BreakdownQuery), asked.now))


@serves(router, "GET /v1/analytics/team", query=TeamQuery, answers=TeamTable)
def team() -> Response[str]:
    """One row per person, one for what belongs to nobody, and the total."""
    return answer(asked.answers.team.table(asked.viewer, asked.query(TeamQuery), asked.now))
