"""Requests to fold history again after the directory has changed (demands.md D24)."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from .base import Model

# In place of the name of a currency.
EVERY = "*"


class Refold(Model, frozen=True, kw_only=True):
    """Which calls, messages and deals to fold again, and how far that has come.

    A row matches when it lies on `connection` ("" is every one) and names one of `accounts` as owner or on
    a leg (rows of people nobody has mapped match too: a provider may give a person several names), or has
    one of `numbers` (E.164) at either end, or is on a business number with one of `number_ids` ("" is a
    number that the directory did not know). With `everything` every row of the connection matches,
    whatever else is named, and rows are written again even if their record stays as it is (a zone, a
    threshold). With `currencies` (`EVERY` is all) rows that were charged in one of them are only written again.
    `since` and `until` are UTC days of the start, both included; None is without bound.

    The newest day comes first: `next_day` is the day to be worked on, None before the first, and
    `after_key` the last subject of that day that is done. `rung` counts what was rung so far. `id` is
    chosen by whoever asks; asked again under the same id it begins anew, for both.
    """

    id: str
    requested_at: datetime
    requested_by: str = ""
    connection: str = ""
    accounts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    number_ids: tuple[str, ...] = ()
    everything: bool = False
    currencies: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    next_day: date | None = None
    after_key: str = ""
    rung: int = 0

    def after(self, earlier: Refold) -> Refold:
        """This request with what an earlier one that is not worked off has still to do, from its beginning."""
        return msgspec.structs.replace(
            self,
            connection=self.connection if self.connection == earlier.connection else "",
            accounts=tuple(sorted({*self.accounts, *earlier.accounts})),
            numbers=tuple(sorted({*self.numbers, *earlier.numbers})),
            number_ids=tuple(sorted({*self.number_ids, *earlier.number_ids})),
            currencies=tuple(sorted({*self.currencies, *earlier.currencies})),
            everything=self.everything or earlier.everything,
            since=min(self.since, earlier.since) if self.since and earlier.since else None,
            until=max(self.until, earlier.until) if self.until and earlier.until else None,
            next_day=None,
            after_key="",
            rung=0,
        )
