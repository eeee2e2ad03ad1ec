"""Lines of a provider's invoice beside our own charges (design: charges; features.md N5, N8). Pure.

* What both sides name by the same provider's id belongs together first, whatever else they say.
* The rest belongs together when number and customer are the same and the starts lie within the tolerance. A side
  that an invoice does not tell (no column for the customer) is not compared.
* Every line has at most one charge and every charge at most one line. Of all ways to pair them the one with the
  most pairs is taken, and of those the one in which starts and durations differ least altogether; so two calls to
  the same number in the same minute are told apart by their lengths. The answer does not depend on the order of
  lines or charges.
* Charges of the period that no line was found for are missing. Charges next to the period can only be matched: a
  call at midnight may be in either month. A charge of 0 that is not listed is no difference.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ringlake.model.base import Model
from ringlake.model.invoices import Invoice, InvoiceLine, LineState

type Row = Mapping[str, object]

# Of the charges that a line may belong to, so many of the nearest are looked at. Where an invoice tells the
# customer there are never so many.
NEAREST = 64
# Amounts are compared in units of this when everything else is equal.
_SMALLEST = Decimal("0.0001")
# Room for the amounts below the milliseconds: no sum of a month's differences reaches it.
_AMOUNTS = 1 << 64
_FAR = timedelta(hours=15)
_STEP_S = 900


class Charge(Model, frozen=True, kw_only=True):
    """A charge of ours. `id` is our own, `names` what the provider calls what was charged, the narrowest first (leg,
    call).

    `lengths_s` are the lengths that the invoice may rightly state: as it lasted and as it was billed; none for
    messages. `amount` None is unknown, which is not 0. The id is made of `record_id` and `unit`.
    """

    id: str
    record_id: str = ""
    unit: str = ""
    billable_s: int | None = None
    charged_s: int | None = None
    names: tuple[str, ...] = ()
    number: str
    remote: str
    started_at: datetime
    lengths_s: tuple[int, ...] = ()
    amount: Decimal | None
    currency: str


class Rules(Model, frozen=True, kw_only=True):
    """`since` and `until` bound the period (from inclusive, to exclusive); tolerances are inclusive."""

    since: datetime
    until: datetime
    start_tolerance_s: int = 120
    duration_tolerance_s: int = 1
    amount_tolerance: Decimal = _SMALLEST
    by_number: bool = True
    by_remote: bool = True


class Entry(NamedTuple):
    """One line, one charge, or both. `differs` names what is not the same in a pair."""

    state: LineState
    line: InvoiceLine | None
    charge: Charge | None
    differs: tuple[str, ...] = ()


class Found(NamedTuple):
    """Everything: lines in the order of the file, then what they lack by time.

    Of the charges in the period that no line was found for, `free` counts those of 0 and `unpriced` those that we
    know no amount of: an invoice need not list them. `offset_s` is what most of the extra lines lie after a charge
    that they would else belong to, 0 when there is no such thing.
    """

    entries: list[Entry]
    free: int
    unpriced: int
    offset_s: int


def reconcile(lines: Sequence[InvoiceLine], charges: Sequence[Charge], rules: Rules) -> Found:
    """Put lines and charges together."""
    told = sorted((line for line in lines if line.started_at is not None or line.id), key=_line_order)
    ours = sorted(charges, key=_charge_order)
    pairs = _by_id(told, ours, rules)
    taken = set(pairs.values())
    rest = [line for line in told if line.line not in pairs and line.started_at is not None]
    pairs |= _by_party(rest, [charge for charge in ours if charge.id not in taken], rules)
    by_id = {charge.id: charge for charge in ours}
    entries = [_entry(line, by_id.get(pairs.get(line.line, "")), rules) for line in sorted(lines, key=_place)]
    taken = set(pairs.values())
    left = [charge for charge in ours if charge.id not in taken and rules.since <= charge.started_at < rules.until]
    entries += [Entry(LineState.MISSING, None, charge) for charge in left if charge.amount]
    extra = [entry.line for entry in entries if entry.state is LineState.EXTRA and entry.line]
    return Found(
        entries,
        free=sum(charge.amount == 0 for charge in left),
        unpriced=sum(charge.amount is None for charge in left),
        offset_s=_offset(extra, left, rules) if 2 * len(extra) > len(told) else 0,
    )


def least_cost(rows: Sequence[Sequence[tuple[int, int]]], columns: int) -> list[int | None]:
    """The column of each row, so that as many rows as possible have one and the costs add up to the least.

    `rows` list (column, cost of 0 or more) of what each may have; no column is given twice. Shortest augmenting
    paths with potentials (Jonker and Volgenant), on the pairs that there are.
    """
    dear = (max((cost for row in rows for _, cost in row), default=0) + 1) * (len(rows) + 1)
    # A column of its own for every row stands for "none" and costs more than all pairs together.
    options = [[*row, (columns + n, dear)] for n, row in enumerate(rows)]
    lowered: dict[int, int] = defaultdict(int)
    owner: dict[int, int] = {}
    column_of: dict[int, int] = {}
    cost_of = [dict(row) for row in options]
    for start in range(len(rows)):
        _augment(start, options, cost_of, lowered, owner, column_of)
    return [column if (column := column_of[n]) < columns else None for n in range(len(rows))]


def _augment(
    start: int,
    options: Sequence[Sequence[tuple[int, int]]],
    cost_of: Sequence[dict[int, int]],
    lowered: dict[int, int],
    owner: dict[int, int],
    column_of: dict[int, int],
) -> None:
    """Give `start` a column by the cheapest path of changes, and keep the potentials right."""
    reached: dict[int, int] = {}
    came_from: dict[int, int] = {}
    settled: list[int] = []
    done: set[int] = set()
    heap: list[tuple[int, int]] = []
    row, so_far = start, 0
    while True:
        held = column_of.get(row)
        # The reduced cost of the column that a row holds is 0.
        own = 0 if held is None else cost_of[row][held] - lowered[held]
        for column, cost in options[row]:
            if column in done:
                continue
            here = so_far + cost - lowered[column] - own
            if column not in reached or here < reached[column]:
                reached[column], came_from[column] = here, row
                heapq.heappush(heap, (here, column))
        while heap[0][1] in done:
            heapq.heappop(heap)
        so_far, column = heapq.heappop(heap)
        if column not in owner:
            break
        done.add(column)
        settled.append(column)
        row = owner[column]
    for passed in settled:
        lowered[passed] += reached[passed] - so_far
    while True:
        row = came_from[column]
        before = column_of.get(row)
        column_of[row], owner[column] = column, row
        if row == start or before is None:
            return
        column = before


def reconciliation_rows(invoice: Invoice, entries: Sequence[Entry], zone: ZoneInfo) -> list[Row]:
    """The rows of table `reconciliations`."""
    return [_row(invoice, number, entry, zone) for number, entry in enumerate(entries, start=1)]


def _row(invoice: Invoice, number: int, entry: Entry, zone: ZoneInfo) -> Row:
    line, charge = entry.line, entry.charge
    at = (line.started_at if line else None) or (charge.started_at if charge else None)
    local = at.astimezone(zone).date() if at else invoice.period_from
    return {
        "invoice_id": invoice.id,
        "invoice_name": invoice.name,
        "connection": invoice.connection,
        "period_from": invoice.period_from,
        "period_to": invoice.period_to,
        "entry": number,
        "state": entry.state.value,
        "differs": ";".join(entry.differs),
        "line": line.line if line else None,
        "line_id": line.id if line else "",
        "line_text": line.text if line else "",
        "record_id": charge.record_id if charge else "",
        "unit": charge.unit if charge else "",
        "business_number": (line.number if line else "") or (charge.number if charge else ""),
        "remote_number": (line.remote if line else "") or (charge.remote if charge else ""),
        "invoiced_at": line.started_at if line else None,
        "charged_at": charge.started_at if charge else None,
        "local_date": local,
        "month": local.replace(day=1),
        "invoiced_s": line.duration_s if line else None,
        "billable_s": charge.billable_s if charge else None,
        "charged_s": charge.charged_s if charge else None,
        "invoiced_amount": line.amount if line else None,
        "invoiced_currency": line.currency if line else "",
        "charged_amount": charge.amount if charge else None,
        "charged_currency": charge.currency if charge and charge.amount is not None else "",
        "difference": _difference(line, charge),
        "is_line": int(line is not None),
        **{f"is_{state.value}": int(entry.state is state) for state in LineState},
    }


def _difference(line: InvoiceLine | None, charge: Charge | None) -> Decimal | None:
    if line is None:
        return -charge.amount if charge and charge.amount is not None else None
    if charge is None:
        return line.amount
    return line.amount - charge.amount if charge.amount is not None and line.currency == charge.currency else None


def _by_id(lines: Sequence[InvoiceLine], charges: Sequence[Charge], rules: Rules) -> dict[int, str]:
    """Charge by line where both name the provider's id."""
    pairs: dict[int, str] = {}
    taken: set[str] = set()
    # A line that names a leg is that leg's; one that names the call is any of its legs that is left.
    for place in range(max((len(charge.names) for charge in charges), default=0)):
        named: dict[str, list[Charge]] = defaultdict(list)
        for charge in charges:
            if charge.id not in taken and charge.names[place : place + 1] not in ((), ("",)):
                named[charge.names[place]].append(charge)
        asking: dict[str, list[InvoiceLine]] = defaultdict(list)
        for line in lines:
            if line.line not in pairs and line.id in named:
                asking[line.id].append(line)
        for name, of_line in asking.items():
            pairs |= _paired(of_line, named[name], [range(len(named[name]))] * len(of_line), rules)
        taken = set(pairs.values())
    return pairs


def _by_party(lines: Sequence[InvoiceLine], charges: Sequence[Charge], rules: Rules) -> dict[int, str]:
    """Charge by line where the parties are the same and the starts are near."""
    tolerance = timedelta(seconds=rules.start_tolerance_s)
    of_party: dict[tuple[str, str], list[Charge]] = defaultdict(list)
    for charge in charges:
        of_party[_party(charge, rules)].append(charge)
    asking: dict[tuple[str, str], list[InvoiceLine]] = defaultdict(list)
    for line in lines:
        asking[_party(line, rules)].append(line)
    pairs: dict[int, str] = {}
    for party, of_line in asking.items():
        there = of_party.get(party, [])
        starts = [charge.started_at for charge in there]
        near = [_nearest(starts, line.started_at, tolerance) for line in of_line if line.started_at]
        pairs |= _paired(of_line, there, near, rules)
    return pairs


def _nearest(starts: Sequence[datetime], at: datetime, tolerance: timedelta) -> Sequence[int]:
    """Places of the starts within the tolerance, the nearest of them when there are very many."""
    first = bisect_left(starts, at - tolerance)
    last = first
    while last < len(starts) and starts[last] <= at + tolerance:
        last += 1
    if last - first <= NEAREST:
        return range(first, last)
    return sorted(sorted(range(first, last), key=lambda n: (abs(starts[n] - at), n))[:NEAREST])


def _paired(
    lines: Sequence[InvoiceLine], charges: Sequence[Charge], may: Sequence[Iterable[int]], rules: Rules
) -> dict[int, str]:
    rows = [[(n, _cost(line, charges[n], rules)) for n in near] for line, near in zip(lines, may, strict=True)]
    found = least_cost(rows, len(charges))
    return {line.line: charges[n].id for line, n in zip(lines, found, strict=True) if n is not None}


def _cost(line: InvoiceLine, charge: Charge, rules: Rules) -> int:
    """How far apart they are: milliseconds of start and duration, and amounts where those are equal."""
    apart_ms = 0
    if line.started_at is not None:
        apart_ms = abs(line.started_at - charge.started_at) // timedelta(milliseconds=1)
    apart_ms += _duration_apart(line, charge) * 1000
    if charge.amount is None or line.currency != charge.currency:
        return apart_ms * _AMOUNTS + rules.start_tolerance_s
    return apart_ms * _AMOUNTS + min(int(abs(line.amount - charge.amount) / _SMALLEST), 1 << 40)


def _duration_apart(line: InvoiceLine, charge: Charge) -> int:
    """Seconds to the nearest length that the line may state; 0 where one side has none."""
    if line.duration_s is None:
        return 0
    return min((abs(line.duration_s - length) for length in charge.lengths_s), default=0)


def _entry(line: InvoiceLine, charge: Charge | None, rules: Rules) -> Entry:
    if charge is None:
        return Entry(LineState.EXTRA if line.started_at or line.id else LineState.FEE, line, None)
    apart = abs(line.started_at - charge.started_at) if line.started_at else timedelta(0)
    amount = charge.amount
    findings = {
        "number": rules.by_number and line.number != charge.number,
        "remote": rules.by_remote and line.remote != charge.remote,
        "started_at": apart > timedelta(seconds=rules.start_tolerance_s),
        "duration": _duration_apart(line, charge) > rules.duration_tolerance_s,
        "currency": amount is not None and line.currency != charge.currency,
        "amount": amount is None
        or (line.currency == charge.currency and abs(line.amount - amount) > rules.amount_tolerance),
    }
    differs = tuple(name for name, holds in findings.items() if holds)
    return Entry(LineState.DIFFERENT if differs else LineState.MATCHED, line, charge, differs)


def _offset(lines: Sequence[InvoiceLine], charges: Sequence[Charge], rules: Rules) -> int:
    """Quarters of an hour that more than half of these lines lie after a charge of the same party, in seconds."""
    starts: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for charge in charges:
        starts[_party(charge, rules)].append(charge.started_at)
    votes: Counter[int] = Counter()
    for line in lines:
        if line.started_at is None:
            continue
        there = starts.get(_party(line, rules), [])
        first = bisect_left(there, line.started_at - _FAR)
        said: set[int] = set()
        for at in there[first : first + NEAREST]:
            apart_s = (line.started_at - at).total_seconds()
            rounded = round(apart_s / _STEP_S) * _STEP_S
            if abs(apart_s) <= _FAR.total_seconds() and abs(apart_s - rounded) <= rules.start_tolerance_s:
                said.add(rounded)
        votes.update(said)
    votes.pop(0, None)
    best = min(votes, key=lambda apart: (-votes[apart], abs(apart), apart), default=0)
    return best if 2 * votes[best] > len(lines) else 0


def _party(of: InvoiceLine | Charge, rules: Rules) -> tuple[str, str]:
    return of.number if rules.by_number else "", of.remote if rules.by_remote else ""


def _line_order(line: InvoiceLine) -> tuple[object, ...]:
    # By what the line says, not by where it stands, so that a sorted copy of the file gives the same pairs.
    at = line.started_at.timestamp() if line.started_at else 0.0
    return at, line.duration_s or 0, line.amount, line.currency, line.number, line.remote, line.id, line.line


def _charge_order(charge: Charge) -> tuple[object, ...]:
    return charge.started_at, charge.lengths_s, charge.id


def _place(line: InvoiceLine) -> int:
    return line.line
