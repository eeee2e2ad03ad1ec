"""A deal: a quote, and what became of it (features.md W11, W29)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile

from ringlake.model.base import Model
from ringlake.model.calls import Party
from ringlake.model.deals import LONGEST_ID, OWN, DealRecord, DealStage, DealState
from ringlake.model.directory import Directory
from ringlake.model.facts import Agent, DealFact
from ringlake.model.subjects import Subject

from .attribution import parties
from .facts import as_states, when

# Of two words of the same instant the further one counts: a quote that is an order at once is an order.
_RANK = {DealStage.QUOTED: 0, DealStage.REOPENED: 1, DealStage.LOST: 2, DealStage.ORDERED: 3}
# A quote that is told again (another amount) takes neither an order nor a loss back; `reopened` does.
_STATE = {
    DealStage.ORDERED: DealState.ORDERED,
    DealStage.LOST: DealState.LOST,
    DealStage.REOPENED: DealState.QUOTED,
}


class _Told(Model, frozen=True, kw_only=True):
    """One fact with its stage as a word of ours."""

    stage: DealStage
    fact: DealFact


def fold_deal(
    subject: Subject, provider: str, facts: Sequence[DealFact], directory: Directory, *, part_of: str = ""
) -> DealRecord:
    """The record of one deal. Deals have no parts; `part_of` is there for the common signature.

    It stands where the last order, loss or reopening left it; the quote's date is that of its first word.
    """
    del part_of
    told = sorted(
        (_Told(stage=DealStage(fact.stage), fact=fact) for fact in as_states(facts)),
        key=lambda t: (when(t.fact), _RANK[t.stage]),
    )
    moves = [t for t in told if t.stage in _STATE]
    state = _STATE[moves[-1].stage] if moves else DealState.QUOTED
    # The date of an order that was corrected since is that of its first word, unless something came between.
    since = list(takewhile(lambda t: _STATE[t.stage] is state, reversed(moves)))
    moved_at = when(since[-1].fact) if since else None
    quotes = [when(t.fact) for t in told if t.stage is DealStage.QUOTED]
    call = _last(told, lambda f: f.call_id)
    contact = _last(told, lambda f: f.contact_id)
    # What people enter names calls, users and customers by our own ids.
    own = subject.connection == OWN
    return DealRecord(
        record_id=subject.record_id,
        workspace=subject.workspace,
        connection=subject.connection,
        provider=provider,
        provider_id=subject.id,
        started_at=min(quotes or [when(t.fact) for t in told]),
        state=state,
        brand=_last(told, lambda f: f.brand) or "",
        amount=_last(told, lambda f: f.amount),
        quoted_at=min(quotes, default=None),
        ordered_at=moved_at if state is DealState.ORDERED else None,
        lost_at=moved_at if state is DealState.LOST else None,
        call=_id(call, subject.connection, own=own),
        contact_id=_id(contact, subject.connection, own=own),
        user=_user(told, directory, subject.connection, own=own),
        flags=() if any(t.fact.at for t in told) else ("no_provider_time",),
        facts=tuple(t.fact for t in told),
    )


def _last[T](told: Sequence[_Told], value: Callable[[DealFact], T | None]) -> T | None:
    """The last word: of a fact that tells all also that there is none."""
    for one in reversed(told):
        found = value(one.fact)
        if one.fact.whole or (found is not None and found != ""):
            return found
    return None


def _id(given: str | None, connection: str, *, own: bool) -> str:
    """The id as ours; what no record can be called names nothing."""
    found = given if own or not given else f"{connection}:{given}"
    return found if found and len(found.encode()) <= LONGEST_ID else ""


def _user(told: Sequence[_Told], directory: Directory, connection: str, *, own: bool) -> Party:
    """Whoever the last word that names one names; an account that is nobody's keeps its name."""
    named = next((t.fact for t in reversed(told) if t.fact.user_id), None)
    if named is None:
        return Party()
    if own:
        user = next((u for u in directory.users if u.id == named.user_id), None)
        return Party(user_id=user.id, name=user.name, email=user.email) if user else Party(user_id=named.user_id)
    return parties(directory, connection)(Agent(id=named.user_id), when(named))
