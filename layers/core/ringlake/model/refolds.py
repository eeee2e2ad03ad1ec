"""Requests to fold history again after the directory has changed (demands.md D24)."""

from __future__ import annotations

from datetime import date, datetime

from .base import Model


class Refold(Model, frozen=True, kw_only=True):
    """Which calls and messages to fold again, and how far that has come.

    A row matches when it lies on `connection` ("" is every one) and names one of `accounts` as owner or on
    a leg (rows of people nobody has mapped match too: a provider may give a person several names), or has
    one of `numbers` (E.164) at either end, or is on a business number with one of `number_ids` ("" is a
    number that the directory did not know). With `everything` every row of the connection matches,
    whatever else is named, and rows are written again even if their record stays as it is (a zone, a
    threshold). `since` and `until` are UTC days of the start, both included; None is without bound.

    The newest day comes first: `next_day` is the day to be worked on, None before the first, and
    `after_key` the last subject of that day that is done. `rung` counts what was rung so far. `id` is
    chosen by whoever asks; the same id again replaces the request.
    """

    id: str
    requested_at: datetime
    requested_by: str = ""
    connection: str = ""
    accounts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    number_ids: tuple[str, ...] = ()
    everything: bool = False
    since: date | None = None
    until: date | None = None
    next_day: date | None = None
    after_key: str = ""
    rung: int = 0
