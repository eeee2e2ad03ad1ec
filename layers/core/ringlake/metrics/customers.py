"""Who the customers are and how often they come back, over rows of calls and messages.

A customer is a contact when one is known, else a number (demands.md D82); who withholds the number is nobody, and
counts in nothing but the number of such contacts (demands.md D48). What a conversation is, and whether a
caller is new, goes by the number (features.md O9, metrics.md New vs returning callers).

Everything is worked out on whole numbers: codes of customers and milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ringlake.model.arrow import Column, kernels

from .columns import Codes, codes, is_one, joined, milliseconds
from .measure import Spread
from .ordering import ascending, order
from .spread import spread

if TYPE_CHECKING:
    import pyarrow as pa

HOUR_MS = 3_600_000
# metrics.md Repeat-caller rate: how long a further contact counts against an answered call.
WINDOWS_H = (24, 72, 168)
# metrics.md New vs returning callers: first and last number of calls of each band.
BANDS: tuple[tuple[str, int, int | None], ...] = (
    ("1", 1, 1), ("2", 2, 2), ("3", 3, 3), ("4", 4, 4), ("5-10", 5, 10), (">10", 11, None),
)  # fmt: skip

_BOTH = ("party_key", "contact_id", "business_number", "team_id", "started_at")
CALL_COLUMNS = (
    *_BOTH, "user_id", "business_number_id", "ended_at", "is_call", "is_inbound", "is_outbound", "is_answered",
    "contact_no", "classifier",
)  # fmt: skip
MESSAGE_COLUMNS = (*_BOTH, "is_inbound", "is_outbound", "is_bulk")

# A resolved call, one with a further contact, one whose window is still open.
RESOLVED, REPEATED, OPEN = 0, 1, 2


class Contacts:
    """Calls and then messages as columns of the same length, each made when it is first asked for. `customer` is a
    code, null for who withheld the number; `party` likewise by number. Spam is left out before; `calls` and `messages`
    need CALL_COLUMNS and MESSAGE_COLUMNS, and `mask` keeps some of their rows.
    """

    def __init__(self, calls: pa.Table, messages: pa.Table, mask: Column | None = None) -> None:
        self._calls = calls
        self._messages = messages
        self._mask = mask
        self._known: dict[str, Codes] = {}

    @cached_property
    def party(self) -> Column:
        coded = self._coded("party_key")
        return self._kept(kernels().if_else(coded.are(""), _null(), coded.values))

    @cached_property
    def customer(self) -> Column:
        import pyarrow as pa

        pc = kernels()
        party, contact = self._coded("party_key"), self._coded("contact_id")
        unnamed = contact.are("")
        # Contacts come before numbers, so that no code is both.
        by_number = pc.add(party.values, pa.scalar(len(contact.words), pa.int64()))
        found = pc.if_else(unnamed, by_number, contact.values)
        return self._kept(pc.if_else(pc.and_(party.are(""), unnamed), _null(), found))

    @cached_property
    def number(self) -> Column:
        return self._kept(self._coded("business_number").values)

    @cached_property
    def team(self) -> Column:
        return self._kept(self._coded("team_id").values)

    @cached_property
    def started(self) -> Column:
        return self._both(lambda rows: milliseconds(rows["started_at"]))

    @cached_property
    def incoming(self) -> Column:
        return self._both(lambda rows: is_one(rows["is_inbound"]))

    @cached_property
    def outgoing(self) -> Column:
        """Without automatic and bulk texts, which are no answer to anybody."""

        def sent(rows: pa.Table) -> Column:
            pc = kernels()
            out = is_one(rows["is_outbound"])
            return pc.and_(out, pc.invert(is_one(rows["is_bulk"]))) if "is_bulk" in rows.column_names else out

        return self._both(sent)

    @cached_property
    def is_call(self) -> Column:
        return self._both(lambda rows: is_one(rows["is_call"]) if rows is self._calls else _all(len(rows), value=False))

    def __len__(self) -> int:
        return len(self.started)

    def among(self, mask: Column) -> Contacts:
        """The contacts for which the mask holds."""
        if kernels().all(mask).as_py():
            return self
        found = Contacts(self._calls, self._messages, mask)
        # Joining the words of two tables is what takes longest here.
        found._known = self._known
        return found

    def _coded(self, name: str) -> Codes:
        if name not in self._known:
            self._known[name] = text(self._calls[name], self._messages[name])
        return self._known[name]

    def _both(self, made: Callable[[pa.Table], Column]) -> Column:
        import pyarrow as pa

        return self._kept(pa.concat_arrays([made(self._calls), made(self._messages)]))

    def _kept(self, column: Column) -> Column:
        return column if self._mask is None else column.filter(self._mask)


class Callers(NamedTuple):
    """Customers by their incoming calls: how many there are, how many are new, of those how many were answered at
    their first contact, how many called how often, and how many calls were withheld.
    """

    callers: int
    new: int
    new_answered: int
    bands: dict[str, int]


class Handled(NamedTuple):
    """Customers who called in vain or wrote: seconds (as milliseconds) until the first contact from us, and how many
    had none.
    """

    spread: Spread
    waiting: int


def conversations(found: Contacts) -> tuple[int, int]:
    """Different pairs of business number and customer's number, and contacts of who withheld it (features.md O9).

    A group text is one customer: its key is made of all numbers in it.
    """
    import pyarrow as pa

    pc = kernels()
    known = pc.is_valid(found.party)
    width = pa.scalar(_size(found.number), pa.int64())
    pairs = pc.drop_null(pc.add(pc.multiply(found.party, width), found.number))
    ordered = ascending(pairs)
    return pc.sum(_begins(ordered)).as_py() or 0, len(known) - len(pairs)


def callers(calls: pa.Table, found: Contacts) -> Callers:
    """Over incoming calls of customers who did not withhold their number.

    A caller is new whose first call here is the first contact ever with that number in the workspace.
    """
    pc = kernels()
    count = len(calls)
    customer, started = found.customer.slice(0, count), found.started.slice(0, count)
    incoming = pc.and_(found.incoming.slice(0, count), is_one(calls["is_call"]))
    places = pc.indices_nonzero(pc.and_(incoming, pc.is_valid(customer)))
    places = places.take(order(customer.take(places), started.take(places)))
    people = customer.take(places)
    firsts = pc.indices_nonzero(_begins(people))
    number = joined(calls["contact_no"]).take(places.take(firsts))
    new = pc.fill_null(pc.equal(number, 1), False)  # noqa: FBT003 - Arrow's own signature
    answered = is_one(calls["is_answered"]).take(places.take(firsts))
    each = pc.subtract(_ends(firsts, len(people)), firsts)
    return Callers(
        callers=len(firsts),
        new=pc.sum(new).as_py() or 0,
        new_answered=pc.sum(pc.and_(new, answered)).as_py() or 0,
        bands={name: pc.sum(_within(each, low, high)).as_py() or 0 for name, low, high in BANDS},
    )


def people(calls: pa.Table, found: Contacts) -> pa.Table:
    """A row for each customer: `customer`, how many `contacts` (calls and messages) and `incoming` calls there are,
    the time of the `last` contact, and whether the first of the incoming calls is the first contact ever (`new`).
    """
    import pyarrow as pa

    pc = kernels()
    count = len(calls)
    places = pc.indices_nonzero(pc.is_valid(found.customer))
    places = places.take(order(found.customer.take(places), found.started.take(places)))
    customer = found.customer.take(places)
    begins = _begins(customer)
    firsts = pc.indices_nonzero(begins)
    ends = _ends(firsts, len(customer))
    run = pc.subtract(pc.cumulative_sum(begins.cast(pa.int64())), pa.scalar(1, pa.int64()))
    came = pc.and_(found.incoming, found.is_call)
    calls_so_far = pc.cumulative_sum(came.take(places).cast(pa.int64()))
    before = pc.subtract(calls_so_far, came.take(places).cast(pa.int64()))
    last = pc.subtract(ends, pa.scalar(1, ends.type))
    incoming = pc.subtract(calls_so_far.take(last), before.take(firsts))
    # The first incoming call of each: the one before which there was none since the customer's first row.
    own = pc.subtract(before, before.take(firsts).take(run))
    opens = pc.and_(came.take(places), pc.equal(own, 0))
    number = pa.concat_arrays([joined(calls["contact_no"]), pa.nulls(len(found.party) - count, pa.int32())])
    first_ever = pc.fill_null(pc.equal(number.take(places), 1), False)  # noqa: FBT003 - Arrow's own signature
    fresh = pc.cumulative_sum(pc.and_(opens, first_ever).cast(pa.int64()))
    new_before = pc.subtract(fresh, pc.and_(opens, first_ever).cast(pa.int64()))
    return pa.table(
        {
            "customer": customer.take(firsts),
            "contacts": pc.subtract(ends, firsts).cast(pa.int64()),
            "incoming": incoming,
            "last": found.started.take(places.take(last)),
            "new": pc.greater(pc.subtract(fresh.take(last), new_before.take(firsts)), 0),
        }
    )


def repeats(
    calls: pa.Table,
    chosen: Column,
    found: Contacts,
    window_h: int,
    as_of_ms: int | None,
    said: tuple[Column, Column] | None = None,
) -> pa.Table:
    """What became of answered calls, a row for each: `call` is its place, `state` RESOLVED, REPEATED or OPEN, `again`
    whether there was a further contact already.

    Looked at are the calls of the mask `chosen` that are incoming, answered by a person, over, and of somebody
    who did not withhold the number. Such a call is REPEATED when the same customer contacts the same team again
    (call or text) within the window after it ended, both edges inside, else RESOLVED; OPEN as long as the window
    has not passed at `as_of_ms` (None: nothing has). `said` are two masks of calls whose disposition says that
    they were, or were not, resolved: it needs no window and wins. `found` holds the contacts of all rows,
    `calls` first, of a time that reaches at least one window further than the ends of the chosen calls.
    """
    import pyarrow as pa

    pc = kernels()
    count = len(calls)
    ended = milliseconds(calls["ended_at"])
    looked_at = pc.and_(chosen, pc.and_(found.incoming.slice(0, count), is_one(calls["is_answered"])))
    looked_at = pc.and_(looked_at, pc.and_(pc.is_valid(found.customer.slice(0, count)), pc.is_valid(ended)))
    pair = pc.add(pc.multiply(found.customer, pa.scalar(_size(found.team), pa.int64())), found.team)
    # A call is no contact after itself, also one that lasted no time or less.
    begun = pc.add(found.started.slice(0, count), pa.scalar(1, pa.int64()))
    places, following = _following(pair, found, looked_at, pc.max_element_wise(ended, begun))
    end = ended.take(places)
    window = pa.scalar(window_h * HOUR_MS, pa.int64())
    again = pc.fill_null(pc.less_equal(pc.subtract(following, end), window), False)  # noqa: FBT003
    state = pc.if_else(again, REPEATED, RESOLVED)
    if as_of_ms is None:
        state = pa.repeat(pa.scalar(OPEN, pa.int64()), len(state))
    else:
        state = pc.if_else(pc.less(pc.add(end, window), pa.scalar(as_of_ms, pa.int64())), state, OPEN)
    if said is not None:
        resolved, unresolved = (mask.take(places) for mask in said)
        state = pc.if_else(resolved, RESOLVED, pc.if_else(unresolved, REPEATED, state))
    return pa.table({"call": places, "state": state, "again": again})


def handling(found: Contacts, calls: pa.Table, until: Column, replied_before_ms: int | None = None) -> Handled:
    """From a customer's first contact in vain (a call that nobody answered, or a text) to the first outgoing call or
    text to the same number (features.md N18). `until` is the mask of contacts that belong to the period: what
    comes later can only answer, and from `replied_before_ms` on not even that.
    """
    import pyarrow as pa

    pc = kernels()
    over = pc.is_valid(milliseconds(calls["ended_at"]))
    missed = pc.and_(over, pc.invert(is_one(calls["is_answered"])))
    in_vain = pa.concat_arrays([missed, _all(len(found.party) - len(calls), value=True)])
    known = pc.is_valid(found.party)
    asked = pc.indices_nonzero(pc.and_(pc.and_(found.incoming, in_vain), pc.and_(known, until)))
    ours = pc.and_(found.outgoing, known)
    if replied_before_ms is not None:
        ours = pc.and_(ours, pc.less(found.started, pa.scalar(replied_before_ms, pa.int64())))
    replied = pc.indices_nonzero(ours)
    # At one instant the customer comes first.
    places = pa.concat_arrays([asked, replied])
    party, at = found.party.take(places), found.started.take(places)
    turn = order(party, at)
    party, at, is_reply = party.take(turn), at.take(turn), _from(turn, len(asked))
    none = pa.scalar(None, pa.int64())
    reply_at = pc.fill_null_backward(pc.if_else(is_reply, at, none))
    reply_to = pc.fill_null_backward(pc.if_else(is_reply, party, none))
    wait = pc.if_else(pc.equal(reply_to, party), pc.subtract(reply_at, at), none)
    asked_now = pc.invert(is_reply)
    wait = wait.filter(asked_now).filter(_begins(party.filter(asked_now)))
    return Handled(spread=spread(wait), waiting=wait.null_count)


def distinct_by(group: Column, customer: Column) -> dict[int, int]:
    """Different customers of each group; null customers are nobody."""
    import pyarrow as pa

    pc = kernels()
    width = pa.scalar(_size(customer), pa.int64())
    pairs = ascending(pc.drop_null(pc.add(pc.multiply(group, width), customer)))
    firsts = pc.divide(pairs.filter(_begins(pairs)), width)
    return {found["values"]: found["counts"] for found in pc.value_counts(firsts).to_pylist()}


def text(*columns: Column) -> Codes:
    """Text columns behind each other as codes of one dictionary."""
    import pyarrow as pa

    kind: Any = pa.dictionary(pa.int32(), pa.string())
    chunks: list[Any] = []
    for column in columns:
        given = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
        encoded: Any = given if pa.types.is_dictionary(given.type) else given.dictionary_encode()
        chunks += encoded.cast(kind).chunks if encoded.type != kind else encoded.chunks
    return codes(pa.chunked_array(chunks, kind).unify_dictionaries())


def _following(pair: Column, found: Contacts, looked_at: Column, ended: Column) -> tuple[Column, Column]:
    """The places looked at, and the start of the first contact of the same pair at or after the end of each; null
    where there is none.

    Ends and starts are put in one order; the next start behind an end is then carried back to it.
    """
    import pyarrow as pa

    pc = kernels()
    ends_of = pc.indices_nonzero(looked_at)
    starts_of = pc.indices_nonzero(pc.and_(found.incoming, pc.is_valid(pair)))
    pairs = pa.concat_arrays([pair.take(ends_of), pair.take(starts_of)])
    at = pa.concat_arrays([ended.take(ends_of), found.started.take(starts_of)])
    # At one instant the end comes first: a contact that begins then is a further one.
    turn = order(pairs, at)
    is_start = _from(turn, len(ends_of))
    none = pa.scalar(None, pa.int64())
    at, pairs = at.take(turn), pairs.take(turn)
    next_at = pc.fill_null_backward(pc.if_else(is_start, at, none))
    next_pair = pc.fill_null_backward(pc.if_else(is_start, pairs, none))
    next_at = pc.if_else(pc.equal(next_pair, pairs), next_at, none)
    is_end = pc.invert(is_start)
    return ends_of.take(turn.filter(is_end)), next_at.filter(is_end)


def _from(turn: Column, first: int) -> Column:
    """Which places of an order are those of the second part, which begins at `first`."""
    import pyarrow as pa

    return kernels().greater_equal(turn, pa.scalar(first, turn.type))


def _begins(ordered: Column) -> Column:
    """Which rows of a sorted column differ from the one before."""
    import pyarrow as pa

    if not len(ordered):
        return pa.array([], pa.bool_())
    pc = kernels()
    return pa.concat_arrays([_all(1, value=True), pc.not_equal(ordered.slice(1), ordered.slice(0, len(ordered) - 1))])


def _ends(firsts: Column, count: int) -> Column:
    """Where each run ends that begins at these places."""
    import pyarrow as pa

    return pa.concat_arrays([firsts.slice(1), pa.array([count] if len(firsts) else [], firsts.type)])


def _within(counts: Column, low: int, high: int | None) -> Column:
    pc = kernels()
    above = pc.greater_equal(counts, low)
    return above if high is None else pc.and_(above, pc.less_equal(counts, high))


def _null() -> Any:
    import pyarrow as pa

    return pa.scalar(None, pa.int64())


def _size(coded: Column) -> int:
    most = kernels().max(coded).as_py()
    return 1 if most is None else most + 1


def _all(count: int, *, value: bool) -> Column:
    import pyarrow as pa

    return pa.repeat(pa.scalar(value), count)
