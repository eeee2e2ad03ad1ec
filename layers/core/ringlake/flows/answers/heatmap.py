"""Activity by weekday and hour, and its peaks (features.md O15, O16)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ringlake.access import Principal
from ringlake.errors import InvalidRequest
from ringlake.metrics.catalog.metric import Metric
from ringlake.model.base import Answer

from .dimensions import DAYS_OF_WEEK, HOURS_OF_DAY, WEEKDAYS, hours_of_week
from .drills import narrowed
from .measures import Measures, MetricId, addable, chosen
from .patterns import Drill, Patterned
from .question import Answers, Meta, Question
from .values import Value

PEAKS = 3


class HeatmapQuery(Patterned):
    """`metric` is what is counted: calls and messages together, or any other count or sum of seconds."""

    metric: MetricId = "interactions"


class Cell(Answer, frozen=True, kw_only=True):
    """`value` is the sum over the range, `average` the sum for each day of that weekday in the range, null
    where there is none. On the night on which an hour comes twice both count here.
    """

    weekday: int
    hour: int
    value: int
    average: float | None
    drill: Drill | None


class Peak(Answer, frozen=True, kw_only=True):
    """`name` like `Tue 10:00`."""

    name: str
    weekday: int
    hour: int
    value: int
    average: float


class Heatmap(Answer, frozen=True, kw_only=True):
    """168 cells from Monday 00:00 on, which add up to `total`; `days` is how often each weekday lies in the range
    up to today, Monday first. Peaks are the three busiest cells by average, of equals the earlier one.
    """

    meta: Meta
    metric: str
    total: Value
    days: tuple[int, ...]
    cells: tuple[Cell, ...]
    peaks: tuple[Peak, ...]


class HeatmapAnswers(Answers):
    def heatmap(self, viewer: Principal, asked: HeatmapQuery, now: datetime) -> Heatmap:
        """Raises `PlanTooLow`, `InvalidRequest` naming the field, `Forbidden`."""
        question = self.question(viewer, asked.filter, now)
        metrics = [counted(question, asked)]
        week = hours_of_week(asked, question.query.zone)
        measures = Measures(self._facts, question, metrics, [week])
        sums = {key: values[0].value for (key,), values in measures.by(week).items()}
        days = occurrences(question)
        cells = []
        for position in range(DAYS_OF_WEEK * HOURS_OF_DAY):
            weekday, hour = divmod(position, HOURS_OF_DAY)
            value = int(sums.get(position) or 0)
            average = value / days[weekday] if days[weekday] else None
            cells.append(
                Cell(
                    weekday=weekday + 1,
                    hour=hour,
                    value=value,
                    average=average,
                    drill=narrowed(question, week.drill(position)),
                )
            )
        return Heatmap(
            meta=question.meta,
            metric=asked.metric,
            total=measures.total()[0],
            days=days,
            cells=tuple(cells),
            peaks=peaks(cells),
        )


def counted(question: Question, asked: HeatmapQuery) -> Metric:
    """What is counted. Raises `InvalidRequest` for what cannot be added up or may not be seen."""
    metrics = chosen(question, [asked.metric], field="metric")
    if not metrics or not addable(metrics[0]):
        raise InvalidRequest("metric", "is a count or a sum of seconds")
    return metrics[0]


def peaks(cells: list[Cell]) -> tuple[Peak, ...]:
    """Cells without anything are no peaks."""
    busy = sorted((cell for cell in cells if cell.value > 0), key=lambda c: (-(c.average or 0), c.weekday, c.hour))
    return tuple(
        Peak(
            name=f"{WEEKDAYS[cell.weekday - 1]} {cell.hour:02}:00",
            weekday=cell.weekday,
            hour=cell.hour,
            value=cell.value,
            average=cell.average or 0.0,
        )
        for cell in busy[:PEAKS]
    )


def occurrences(question: Question) -> tuple[int, ...]:
    """How often each weekday lies in the range, Monday first; days that have not begun do not count."""
    query = question.query
    today = question.now.astimezone(ZoneInfo(query.zone)).date()
    count = (min(query.to_date, today) - query.from_date).days + 1
    found = Counter((query.from_date + timedelta(days=n)).weekday() for n in range(max(count, 0)))
    return tuple(found[weekday] for weekday in range(DAYS_OF_WEEK))
