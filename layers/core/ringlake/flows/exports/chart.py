"""The buckets of any chart, as the answer of its route has them (demands.md D54).

A row is a bucket; where lines or parts are told apart, a bucket of one of them. Totals are in no row, so that
a column may be added up wherever its metric adds up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from ringlake.errors import InvalidRequest
from ringlake.files.sheet import Batch, Field, Kind
from ringlake.flows.answers.breakdown import BreakdownAnswers, BreakdownQuery, Part, usual
from ringlake.flows.answers.concurrency import ConcurrencyAnswers, ConcurrencyQuery, LineBucket
from ringlake.flows.answers.heatmap import HeatmapAnswers, HeatmapQuery, counted
from ringlake.flows.answers.measures import check_sort, chosen
from ringlake.flows.answers.responses import ResponseAnswers, ResponsesQuery, TextResponseTimes
from ringlake.flows.answers.series import USUAL, Line, SeriesAnswers, SeriesQuery, Tick, check_size
from ringlake.flows.answers.service import ServiceAnswers, ServiceQuery, check_cells
from ringlake.flows.answers.summary import SummaryAnswers, SummaryQuery
from ringlake.flows.answers.waits import WaitAnswers, WaitsQuery
from ringlake.query.buckets import Axis, Granularity, axis
from ringlake.query.resolve import Kind as Range

from .cells import batches_of, metric_fields, metric_kind, value_cells
from .order import Asked, Options, Report, Work

type Row = Mapping[str, Any]


class SummaryChart(SummaryQuery):
    chart: Literal["summary"]


class SeriesChart(SeriesQuery):
    chart: Literal["series"]


class HeatmapChart(HeatmapQuery):
    chart: Literal["heatmap"]


class BreakdownChart(BreakdownQuery):
    chart: Literal["breakdown"]


class WaitsChart(WaitsQuery):
    chart: Literal["waits"]


class ServiceChart(ServiceQuery):
    chart: Literal["service"]


class ServiceRowsChart(ServiceQuery):
    chart: Literal["service_rows"]


class ResponsesChart(ResponsesQuery):
    chart: Literal["responses"]


class ConcurrencyChart(ConcurrencyQuery):
    chart: Literal["concurrency"]


class Chart(NamedTuple):
    """One kind: the query of its route with the option `chart`, its columns, and its rows."""

    query: type[BaseModel]
    fields: Callable[[Asked, Any], tuple[Field, ...]]
    rows: Callable[[Asked, Any, Work], Iterable[Row]]


def _integers(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name=name, kind=Kind.INTEGER) for name in names)


_KEY = (Field(name="key"), Field(name="name"), Field(name="deleted", kind=Kind.FLAG))


def _axis(asked: Asked, granularity: Granularity) -> Axis:
    """Raises `InvalidRequest` for too many buckets."""
    question = asked.question
    return axis(question.query, granularity, question.now, question.workspace.week_start)


def _now(asked: Asked) -> datetime:
    return asked.question.now


def _bucket_fields(granularity: Granularity) -> tuple[Field, ...]:
    """The label of a day is a date; those of other buckets are texts, such as `2026-W11`."""
    return (
        Field(name="bucket", kind=Kind.DATE if granularity is Granularity.DAY else Kind.TEXT),
        Field(name="bucket_start_at", kind=Kind.MOMENT),
        Field(name="bucket_end_at", kind=Kind.MOMENT),
        Field(name="bucket_start_local", kind=Kind.LOCAL),
        Field(name="partial", kind=Kind.FLAG),
    )


def _bucket(of: Tick | LineBucket, granularity: Granularity) -> dict[str, Any]:
    return {
        "bucket": date.fromisoformat(of.label) if granularity is Granularity.DAY else of.label,
        "bucket_start_at": of.start_utc,
        "bucket_end_at": of.end_utc,
        "bucket_start_local": of.start_utc,
        "partial": of.partial,
    }


# --- cards


_SUMMARY = (
    Field(name="metric"),
    Field(name="value", kind=Kind.NUMBER),
    Field(name="n", kind=Kind.INTEGER),
    Field(name="currency"),
    Field(name="previous", kind=Kind.NUMBER),
    Field(name="delta", kind=Kind.NUMBER),
    Field(name="delta_share", kind=Kind.SHARE),
)


def _summary_fields(asked: Asked, query: SummaryQuery) -> tuple[Field, ...]:
    chosen(asked.question, query.metrics)
    return _SUMMARY


def _summary(asked: Asked, query: SummaryQuery, work: Work) -> Iterator[Row]:
    answers = SummaryAnswers(work.sources.directory, work.facts, work.sources.records)
    for one in answers.summary(asked.question.viewer, query, _now(asked)).metrics:
        yield {
            "metric": one.value.metric,
            "value": _plain(one.value.value),
            "n": one.value.n,
            "currency": one.value.currency,
            "previous": _plain(one.previous.value) if one.previous else None,
            "delta": _plain(one.delta),
            "delta_share": one.delta_share,
        }


def _plain(value: Any) -> float | None:
    return None if value is None else float(value)


# --- series


def _series_fields(asked: Asked, query: SeriesQuery) -> tuple[Field, ...]:
    metrics = chosen(asked.question, query.metrics, USUAL)
    # Of more lines than one the job will find out: how many there are, only the rows tell.
    check_size(len(_axis(asked, query.granularity).buckets) * max(len(metrics), 1))
    before = tuple(Field(name=f"{metric.id}_previous", kind=metric_kind(metric)) for metric in metrics)
    return (
        *_bucket_fields(query.granularity),
        *(_KEY if query.by else ()),
        *metric_fields(metrics),
        *(before if query.compare else ()),
    )


def _series(asked: Asked, query: SeriesQuery, work: Work) -> Iterator[Row]:
    answers = SeriesAnswers(work.sources.directory, work.facts, work.sources.records)
    found = answers.series(asked.question.viewer, query, _now(asked))
    lines: dict[str, list[Line]] = {}
    for line in found.lines:
        lines.setdefault(line.key, []).append(line)
    for place, tick in enumerate(found.buckets):
        for key, own in lines.items():
            row = {**_bucket(tick, query.granularity), "key": key, "name": own[0].name, "deleted": own[0].deleted}
            for line in own:
                row |= _cells(line, place)
            yield row


def _cells(line: Line, place: int) -> dict[str, Any]:
    before = line.previous
    return {
        line.metric: line.values[place],
        f"{line.metric}_n": line.n[place],
        f"{line.metric}_median": line.medians[place] if line.medians else None,
        f"{line.metric}_p90": line.p90s[place] if line.p90s else None,
        f"{line.metric}_currency": line.total.value.currency,
        f"{line.metric}_coverage": line.coverages[place] if line.coverages else None,
        f"{line.metric}_converted": line.converted[place] if line.converted else None,
        f"{line.metric}_previous": before[place] if before and place < len(before) else None,
    }


# --- heat map


def _heatmap_fields(asked: Asked, query: HeatmapQuery) -> tuple[Field, ...]:
    metric = counted(asked.question, query)
    return (
        *_integers("weekday", "hour"),
        Field(name=metric.id, kind=metric_kind(metric)),
        Field(name="average", kind=Kind.NUMBER),
    )


def _heatmap(asked: Asked, query: HeatmapQuery, work: Work) -> Iterator[Row]:
    answers = HeatmapAnswers(work.sources.directory, work.facts, work.sources.records)
    for cell in answers.heatmap(asked.question.viewer, query, _now(asked)).cells:
        yield {"weekday": cell.weekday, "hour": cell.hour, query.metric: cell.value, "average": cell.average}


# --- parts


def part_row(part: Part) -> dict[str, Any]:
    row: dict[str, Any] = {"key": part.key, "name": part.name, "deleted": part.deleted, "share": part.share}
    for value in part.values:
        row |= value_cells(value)
    return row


def breakdown_fields(asked: Asked, query: BreakdownQuery) -> tuple[Field, ...]:
    metrics = chosen(asked.question, query.metrics, usual(query.by))
    check_sort(query.sort, metrics)
    return (*_KEY, Field(name="share", kind=Kind.SHARE), *metric_fields(metrics))


def breakdown_rows(asked: Asked, query: BreakdownQuery, work: Work) -> Iterator[Row]:
    """All parts, not only the first ones: a file has room for them (demands.md D51)."""
    answers = BreakdownAnswers(work.sources.directory, work.facts, work.sources.records)
    every = query.model_copy(update={"all": True})
    return map(part_row, answers.breakdown(asked.question.viewer, every, _now(asked)).parts)


# --- waits


_WAITS = (
    Field(name="from_s", kind=Kind.SECONDS),
    Field(name="below_s", kind=Kind.SECONDS),
    Field(name="answered", kind=Kind.INTEGER),
    Field(name="answered_cumulative", kind=Kind.SHARE),
    Field(name="abandoned", kind=Kind.INTEGER),
    Field(name="abandoned_cumulative", kind=Kind.SHARE),
)


def _waits(asked: Asked, query: WaitsQuery, work: Work) -> Iterator[Row]:
    answers = WaitAnswers(work.sources.directory, work.facts, work.sources.records)
    for bucket in answers.waits(asked.question.viewer, query, _now(asked)).buckets:
        yield {
            "from_s": bucket.from_s,
            "below_s": bucket.below_s,
            "answered": bucket.answered.count,
            "answered_cumulative": bucket.answered.cumulative,
            "abandoned": bucket.abandoned.count,
            "abandoned_cumulative": bucket.abandoned.cumulative,
        }


# --- service level


_LEVELS = (
    Field(name="offered", kind=Kind.INTEGER),
    Field(name="service_level", kind=Kind.SHARE),
    Field(name="missed_rate", kind=Kind.SHARE),
    Field(name="passed", kind=Kind.FLAG),
)
_SERVICE = (
    Field(name="date", kind=Kind.DATE),
    *_integers("weekday", "hour"),
    *_LEVELS,
    Field(name="few", kind=Kind.FLAG),
)
_SERVICE_ROWS = (Field(name="key"), Field(name="name"), *_LEVELS, *_integers("threshold_s", "target_pct"))


def _service_fields(asked: Asked, query: ServiceQuery) -> tuple[Field, ...]:
    check_cells(asked.question, query)
    return _SERVICE


def _service(asked: Asked, query: ServiceQuery, work: Work) -> Iterator[Row]:
    answers = ServiceAnswers(work.sources.directory, work.facts, work.sources.records)
    for cell in answers.service(asked.question.viewer, query, _now(asked)).cells:
        yield {
            "date": cell.date,
            "weekday": cell.weekday,
            "hour": cell.hour,
            "offered": cell.n,
            "service_level": cell.service_level,
            "missed_rate": cell.missed_rate,
            "passed": cell.passed,
            "few": cell.few,
        }


def _service_rows(asked: Asked, query: ServiceQuery, work: Work) -> Iterator[Row]:
    answers = ServiceAnswers(work.sources.directory, work.facts, work.sources.records)
    for row in answers.service(asked.question.viewer, query, _now(asked)).rows:
        of = row.attained
        yield {
            "key": row.id,
            "name": row.name,
            "offered": of.offered,
            "service_level": of.service_level.value,
            "missed_rate": of.missed_rate.value,
            "passed": of.passed,
            "threshold_s": of.threshold_s,
            "target_pct": of.target_pct,
        }


# --- response times of texts


_PARTS = ("first", "next")
_COUNTS = ("blocks", "replied", "by_call", "late", "unanswered")


def _response_fields(part: str) -> Iterator[Field]:
    yield from _integers(*(f"{part}_{name}" for name in _COUNTS))
    for clock in ("response", "response_open"):
        yield from (Field(name=f"{part}_{clock}_s{end}", kind=Kind.NUMBER) for end in ("", "_median", "_p90"))
    yield Field(name=f"{part}_in_time", kind=Kind.SHARE)
    yield Field(name=f"{part}_in_time_open", kind=Kind.SHARE)


_RESPONSES = (Field(name="key"), Field(name="name"), *(field for part in _PARTS for field in _response_fields(part)))


def _responses(asked: Asked, query: ResponsesQuery, work: Work) -> Iterator[Row]:
    answers = ResponseAnswers(work.sources.directory, work.facts, work.sources.records)
    for row in answers.responses(asked.question.viewer, query, _now(asked)).rows:
        yield {"key": row.id, "name": row.name, **_times("first", row.first), **_times("next", row.next)}


def _times(part: str, of: TextResponseTimes) -> dict[str, Any]:
    cells: dict[str, Any] = {f"{part}_{name}": getattr(of, name) for name in _COUNTS}
    for clock, value in (("response", of.clock), ("response_open", of.open_hours)):
        cells |= {f"{part}_{clock}_s": value.value}
        cells |= {f"{part}_{clock}_s_median": value.median, f"{part}_{clock}_s_p90": value.p90}
    return cells | {f"{part}_in_time": of.in_time.value, f"{part}_in_time_open": of.in_time_open.value}


# --- lines in use


_PEAKS = (
    Field(name="answered_peak", kind=Kind.INTEGER),
    Field(name="answered_peak_at", kind=Kind.MOMENT),
    Field(name="waiting_peak", kind=Kind.INTEGER),
    Field(name="waiting_peak_at", kind=Kind.MOMENT),
)


def _concurrency_fields(asked: Asked, query: ConcurrencyQuery) -> tuple[Field, ...]:
    _axis(asked, query.granularity)
    return (*_bucket_fields(query.granularity), *_PEAKS)


def _concurrency(asked: Asked, query: ConcurrencyQuery, work: Work) -> Iterator[Row]:
    answers = ConcurrencyAnswers(work.sources.directory, work.facts, work.sources.records)
    for bucket in answers.concurrency(asked.question.viewer, query, _now(asked)).buckets:
        yield {
            **_bucket(bucket, query.granularity),
            "answered_peak": bucket.answered.calls,
            "answered_peak_at": bucket.answered.at,
            "waiting_peak": bucket.waiting.calls,
            "waiting_peak_at": bucket.waiting.at,
        }


CHARTS: Mapping[str, Chart] = MappingProxyType(
    {
        "summary": Chart(SummaryChart, _summary_fields, _summary),
        "series": Chart(SeriesChart, _series_fields, _series),
        "heatmap": Chart(HeatmapChart, _heatmap_fields, _heatmap),
        "breakdown": Chart(BreakdownChart, breakdown_fields, breakdown_rows),
        "waits": Chart(WaitsChart, lambda *_: _WAITS, _waits),
        "service": Chart(ServiceChart, _service_fields, _service),
        "service_rows": Chart(ServiceRowsChart, lambda *_: _SERVICE_ROWS, _service_rows),
        "responses": Chart(ResponsesChart, lambda *_: _RESPONSES, _responses),
        "concurrency": Chart(ConcurrencyChart, _concurrency_fields, _concurrency),
    }
)


def _model(options: Options) -> type[BaseModel]:
    chart = options.get("chart")
    if not isinstance(chart, str) or chart not in CHARTS:
        raise InvalidRequest("chart", f"is one of {', '.join(CHARTS)}")
    return CHARTS[chart].query


def _fields(asked: Asked) -> tuple[Field, ...]:
    given: Any = asked.given
    return CHARTS[given.chart].fields(asked, given)


def _batches(asked: Asked, work: Work) -> Iterator[Batch]:
    given: Any = asked.given
    return batches_of(_fields(asked), CHARTS[given.chart].rows(asked, given, work), asked.zone)


def _notes(asked: Asked) -> tuple[str, ...]:
    given: Any = asked.given
    if given.chart == "series" and given.by is not None:
        return (f"At most {given.top} lines by {given.by.value} are in this file, the largest by the first metric.",)
    return ()


REPORT = Report(
    name="chart",
    title="Chart",
    kind=Range.AGGREGATES,
    model=_model,
    fields=_fields,
    batches=_batches,
    notes=_notes,
)
