"""A message: facts in, record out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ringlake.model.base import Model
from ringlake.model.calls import Party
from ringlake.model.directory import Directory, Number
from ringlake.model.facts import Direction, MessageFact, MessageKind, MessageStatus
from ringlake.model.findings import Finding
from ringlake.model.messages import MessageRecord
from ringlake.model.numbers import ANONYMOUS, country_of, party_key
from ringlake.model.subjects import Subject

from .attribution import NOBODY, UNMAPPED, default_country, parties, spelled
from .charges import charged_message
from .facts import as_set, first, last, name_of, when


class StatusRow(NamedTuple):
    """`meaning` and `source` are printed in docs/outcomes.md."""

    status: MessageStatus
    meaning: str
    source: str


# A message never goes back (demands.md D38): the first status of this list that any event stated is its status.
STATUSES: tuple[StatusRow, ...] = (
    StatusRow(
        MessageStatus.DELIVERED,
        "A positive receipt came, whatever a carrier said before or after.",
        "features.md O42; demands.md D44",
    ),
    StatusRow(MessageStatus.UNDELIVERED, "It failed; the provider's error code is kept.", "features.md O43"),
    StatusRow(MessageStatus.RECEIVED, "A customer's message arrived.", "features.md O41"),
    StatusRow(
        MessageStatus.SENT,
        "Handed to a carrier; without a receipt it stays that, however long ago.",
        "features.md O42",
    ),
    StatusRow(MessageStatus.PENDING, "Ordered, perhaps for a later time, and not sent yet.", "features.md F46"),
    StatusRow(MessageStatus.UNKNOWN, "The provider's word is none that we know; it is kept beside.", "demands.md D44"),
)
# What was handed to a carrier is charged, whether it arrived or not.
_SENT = frozenset({MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.UNDELIVERED})


class _Ends(Model, frozen=True, kw_only=True):
    business: str
    number: Number | None
    remotes: tuple[str, ...]


def fold_message(
    subject: Subject, provider: str, facts: Sequence[MessageFact], directory: Directory, *, part_of: str = ""
) -> MessageRecord:
    """The record of one message. Messages have no parts; `part_of` is there for the common signature."""
    del part_of
    facts = as_set(facts)
    status = next(row.status for row in STATUSES if any(f.status is row.status for f in facts))
    deciding = [f for f in facts if f.status is status]
    direction = first(facts, lambda f: f.direction)
    ends = _ends(facts, direction, directory, subject.connection)
    remote = ends.remotes[0] if len(ends.remotes) == 1 else ""
    user, reason = _user(facts, directory, subject.connection)
    team_id, team_name = _team(facts, ends, directory)
    created = [f.created_at for f in facts if f.created_at]
    stated = [f.at for f in facts if f.at]
    clockless = not created and not stated
    failed = status is MessageStatus.UNDELIVERED
    started_at = min(created or stated or [f.received_at for f in facts])
    segments = last(facts, lambda f: f.segments)
    sent = direction is Direction.OUTBOUND and status in _SENT
    cost = charged_message(facts, started_at, ends.remotes, segments, directory, subject.connection, sent=sent)
    return MessageRecord(
        record_id=subject.record_id,
        workspace=subject.workspace,
        connection=subject.connection,
        provider=provider,
        provider_id=subject.id,
        kind=first(facts, lambda f: f.kind) or MessageKind.SMS,
        direction=direction,
        status=status,
        status_raw=last(deciding, lambda f: f.status_raw) or "",
        started_at=started_at,
        delivered_at=min(
            (f.at or f.received_at for f in deciding) if status is MessageStatus.DELIVERED else (), default=None
        ),
        scheduled_for=last(facts, lambda f: f.scheduled_for),
        business_number=ends.business,
        business_number_id=ends.number.id if ends.number else "",
        business_number_name=ends.number.name
        if ends.number
        else first(facts, lambda f: f.number.name if f.number else "") or "",
        business_number_ref=first(facts, lambda f: f.number.id if f.number else "") or "",
        remote_number=remote,
        remote_numbers=ends.remotes,
        remote_country=country_of(remote),
        party_key=party_key(directory.party_key_secret, ends.remotes),
        user=user,
        unattributed=reason,
        team_id=team_id,
        team_name=team_name,
        campaign=first(facts, lambda f: name_of(f.campaign)) or "",
        segments=segments,
        media_count=last(facts, lambda f: f.media_count) or 0,
        error_code=(last(deciding, lambda f: f.error_code) or "") if failed else "",
        error_text=(last(deciding, lambda f: f.error_text) or "") if failed else "",
        bulk=any(f.bulk for f in facts),
        cost=cost.cost,
        cost_source=cost.source,
        charges=cost.charges,
        spam=remote != "" and remote in directory.lists.spam,
        reference=last(facts, lambda f: f.reference) or "",
        conversation=first(facts, lambda f: f.conversation) or "",
        flags=tuple(
            sorted(
                finding.value
                for finding, holds in {
                    Finding.NO_PROVIDER_TIME: clockless,
                    Finding.DIRECTION_UNKNOWN: direction is None,
                }.items()
                if holds
            )
        ),
        facts=facts,
    )


def _ends(facts: Sequence[MessageFact], direction: Direction | None, directory: Directory, connection: str) -> _Ends:
    """Our number and everybody else in the conversation (a group text has several; features.md O9)."""
    ref = first(facts, lambda f: f.number)
    country, withheld = default_country(directory, connection, ref), directory.lists.withheld
    sender = spelled(first(facts, lambda f: f.from_number) or "", country, withheld)
    receivers = [n for n in (spelled(raw, country, withheld) for f in facts for raw in f.to_numbers) if n]
    by_id = directory.number_of("", ref.id) if ref and ref.id else None
    business_number = first(facts, lambda f: f.business_number) or ""
    stated = spelled(business_number, country, withheld) or (by_id.e164 if by_id else "")
    if direction is Direction.INBOUND:
        known = next((n for n in receivers if directory.number_of(n)), "")
        business = stated or known or (receivers[0] if receivers else "")
        others = {sender or ANONYMOUS, *receivers}
    else:
        business = stated or sender
        others = set(receivers)
    ours = {n.e164 for n in directory.numbers}
    remotes = tuple(sorted(n for n in others if n != business and (n not in ours or direction is Direction.INTERNAL)))
    return _Ends(business=business, number=directory.number_of(business) if business else by_id, remotes=remotes)


def _user(facts: Sequence[MessageFact], directory: Directory, connection: str) -> tuple[Party, str]:
    """Who sent it, or the assignee of the conversation for a received one (features.md O12)."""
    named = next((f for f in facts if f.agent), None)
    party = parties(directory, connection)(named.agent, when(named)) if named else Party()
    if party.user_id:
        return party, ""
    return party, UNMAPPED if party.account else NOBODY


def _team(facts: Sequence[MessageFact], ends: _Ends, directory: Directory) -> tuple[str, str]:
    stated = last(facts, lambda f: f.team)
    if stated:
        team = directory.team(stated.id) or next((t for t in directory.teams if t.name == stated.name), None)
        return (team.id, team.name) if team else (stated.id, stated.name)
    team = directory.team(ends.number.team) if ends.number else None
    return (team.id, team.name) if team else ("", "")
