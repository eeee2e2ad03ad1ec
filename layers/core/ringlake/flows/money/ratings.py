"""Rating past calls and messages again when a tariff was wrong; every rating stays visible (features.md N5).

Nothing is overwritten: an order to rate again is kept beside the versions of the tariffs, the fold makes all ratings
of a unit from them, and table `charges` has a row for each. So history that is folded again comes out the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from ringlake.access import Principal
from ringlake.errors import Conflict, InvalidRequest, NotFound, Taken
from ringlake.flows.directory.bodies import Text
from ringlake.flows.directory.office import Office, line
from ringlake.model.arrow import kernels
from ringlake.model.base import Answer
from ringlake.model.directory import Rating
from ringlake.model.tables import CHARGES
from ringlake.query.filters import WrongError, parse
from ringlake.stores.directory import Change

# Two years at once: finance does not look further back.
MOST_DAYS = 732
MOST_RATINGS = 200
SHOWN = 500
_DAY = timedelta(days=1)
# Text order of the ids is the order of the numbers.
_DIGITS = 6


def _written(value: Any) -> Any:
    if isinstance(value, int | float):
        raise ValueError("write it as ISO 8601 text with an offset")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written)]


class RatingBody(BaseModel):
    """Rate again what began from `since` to `until` (exclusive), on one connection and channel or on all."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True)

    reason: Annotated[Text, StringConstraints(min_length=3, max_length=500)]
    since: Moment
    until: Moment
    connection: Annotated[str, StringConstraints(max_length=63)] = ""
    channel: Annotated[str, StringConstraints(pattern="^(call|message)?$")] = ""

    @model_validator(mode="after")
    def _makes_sense(self) -> RatingBody:
        if self.until <= self.since:
            raise WrongError("until", "must be after since")
        if self.until - self.since > timedelta(days=MOST_DAYS):
            raise WrongError("until", f"at most {MOST_DAYS} days at a time")
        return self


class DifferencesQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    limit: Annotated[int, Field(ge=1, le=SHOWN)] = 100


class RatingView(Answer, frozen=True, kw_only=True):
    """An order to rate again. `working` while history is still being folded: the differences are not all there."""

    number: int
    at: datetime
    by: str
    reason: str
    since: datetime
    until: datetime
    connection: str
    channel: str
    working: bool


class RatingList(Answer, frozen=True, kw_only=True):
    """The latest first."""

    ratings: list[RatingView]


class Difference(Answer, frozen=True, kw_only=True):
    """One unit whose charge came out otherwise: amounts and versions of the tariffs before and after. `change` is null
    when one of the amounts is unknown or they differ in currency.
    """

    record_id: str
    unit: str
    charged_at: datetime
    destination: str
    before: Decimal | None
    before_currency: str
    before_tariff: str
    before_version: int | None
    after: Decimal | None
    after_currency: str
    after_tariff: str
    after_version: int | None
    change: Decimal | None


class DifferenceSum(Answer, frozen=True, kw_only=True):
    """Of all units that changed, the sums of the amounts in one currency."""

    currency: str
    before: Decimal
    after: Decimal
    change: Decimal


class RatingResult(RatingView, frozen=True, kw_only=True):
    """What a rating changed, the largest changes first. `units` counts all of them, `differences` may be fewer."""

    units: int
    sums: list[DifferenceSum]
    differences: list[Difference]


class Ratings(Office):
    def all(self, viewer: Principal) -> RatingList:
        found = sorted(self._directory(viewer).ratings, key=lambda rating: -rating.number)
        working = self._working(viewer)
        return RatingList(ratings=[_view(rating, working) for rating in found])

    def order(self, viewer: Principal, body: object, now: datetime) -> RatingView:
        """Rate again with the tariffs of now. Raises `InvalidRequest`, `Taken` when somebody else orders one too."""
        asked = parse(RatingBody, body)
        directory = self._directory(viewer)
        if asked.until > now:
            raise InvalidRequest("until", "what has not begun yet is rated by the tariffs as they are now")
        if asked.connection and directory.connection(asked.connection) is None:
            raise InvalidRequest("connection", "there is no such connection")
        if not directory.tariffs:
            raise InvalidRequest("reason", "there is no tariff to rate by")
        if len(directory.ratings) >= MOST_RATINGS:
            raise Taken(f"a workspace has at most {MOST_RATINGS} ratings")
        number = max((rating.number for rating in directory.ratings), default=0) + 1
        rating = Rating(
            id=f"{number:0{_DIGITS}}",
            number=number,
            at=now,
            by=viewer.user.id,
            reason=asked.reason,
            since=asked.since.astimezone(UTC),
            until=asked.until.astimezone(UTC),
            connection=asked.connection,
            channel=asked.channel,
        )
        said = line(
            viewer, now, "rating.order", rating.id, reason=rating.reason, since=rating.since, until=rating.until,
            connection=rating.connection, channel=rating.channel,
        )  # fmt: skip
        try:
            self._write(viewer, said, Change(document=rating))
        except Conflict:
            raise Taken("somebody else ordered a rating in this moment: look at it first") from None
        # A part of a call may begin on the day after the call.
        self._refold(
            viewer, now, _refold_id(rating), everything=True, connection=rating.connection,
            since=rating.since.date() - _DAY, until=rating.until.date(),
        )  # fmt: skip
        return _view(rating, self._working(viewer))

    def show(self, viewer: Principal, number: str, asked: DifferencesQuery) -> RatingResult:
        """Raises `NotFound`."""
        rating = next((one for one in self._directory(viewer).ratings if str(one.number) == number), None)
        if rating is None:
            raise NotFound(number)
        found = sorted(self._differences(viewer, rating), key=_weight)
        sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for one in found:
            for place, (amount, currency) in enumerate(
                ((one.before, one.before_currency), (one.after, one.after_currency))
            ):
                if amount is not None:
                    sums[currency][place] += amount
        view = _view(rating, self._working(viewer))
        return RatingResult(
            **{name: getattr(view, name) for name in view.__struct_fields__},
            units=len(found),
            sums=[
                DifferenceSum(currency=currency, before=before, after=after, change=after - before)
                for currency, (before, after) in sorted(sums.items())
            ],
            differences=found[: asked.limit],
        )

    def _differences(self, viewer: Principal, rating: Rating) -> Iterator[Difference]:
        """Units that have a result of this rating of their own, beside the result before."""
        first, last = rating.since.date() - _DAY, rating.until.date()
        for day in self._stores.lake.days(CHARGES, viewer.workspace):
            if first <= date.fromisoformat(day) <= last:
                yield from self._on(viewer.workspace, day, rating.number)

    def _on(self, workspace: str, day: str, number: int) -> Iterator[Difference]:
        pc = kernels()
        rows = self._stores.lake.read(CHARGES, workspace, day, _READ).rows
        rated = rows.filter(pc.equal(rows["rating"], number))["interaction"]
        if not len(rated):
            return
        concerned = rows.filter(pc.is_in(rows["interaction"], value_set=rated)).to_pylist()
        before: dict[tuple[str, str], dict[str, Any]] = {}
        for row in sorted(concerned, key=lambda row: int(row["rating"])):
            unit = row["interaction"], row["unit"]
            if row["rating"] < number:
                before[unit] = row
            elif row["rating"] == number and unit in before:
                yield _difference(before[unit], row)

    def _working(self, viewer: Principal) -> frozenset[str]:
        return frozenset(request.id for request in self._stores.refolds.open(viewer.workspace))


_READ = (
    "interaction", "record_id", "unit", "rating", "charged_at", "destination", "cost_amount", "cost_currency",
    "tariff_id", "tariff_version",
)  # fmt: skip


def _difference(before: dict[str, Any], after: dict[str, Any]) -> Difference:
    same = before["cost_currency"] == after["cost_currency"] and None not in (
        before["cost_amount"],
        after["cost_amount"],
    )
    return Difference(
        record_id=after["record_id"],
        unit=after["unit"],
        charged_at=after["charged_at"].replace(tzinfo=UTC),
        destination=after["destination"] or before["destination"],
        before=before["cost_amount"],
        before_currency=before["cost_currency"],
        before_tariff=before["tariff_id"],
        before_version=before["tariff_version"],
        after=after["cost_amount"],
        after_currency=after["cost_currency"],
        after_tariff=after["tariff_id"],
        after_version=after["tariff_version"],
        change=after["cost_amount"] - before["cost_amount"] if same else None,
    )


def _weight(one: Difference) -> tuple[bool, Decimal, datetime, str, str]:
    return one.change is not None, -abs(one.change or Decimal(0)), one.charged_at, one.record_id, one.unit


def _refold_id(rating: Rating) -> str:
    return f"rating-{rating.id}"


def _view(rating: Rating, working: frozenset[str]) -> RatingView:
    return RatingView(
        number=rating.number,
        at=rating.at,
        by=rating.by,
        reason=rating.reason,
        since=rating.since,
        until=rating.until,
        connection=rating.connection,
        channel=rating.channel,
        working=_refold_id(rating) in working,
    )
