"""Whose call it was: numbers, direction, user and team (metrics.md, attribution rules)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ringlake.model.base import Model
from ringlake.model.calls import Leg, Party
from ringlake.model.directory import Directory, Number
from ringlake.model.facts import Agent, CallFact, CallKind, Direction, FactKind, Ref
from ringlake.model.numbers import ANONYMOUS, country_of, e164

from .correlation import SERVES
from .facts import LIFE, first, last

UNMAPPED = "unmapped"
NOBODY = "nobody"
GROUP_CALL = "group_call"
SYSTEM = "system"


class Numbers(Model, frozen=True, kw_only=True):
    """Both ends. `business` is the number that finally served the call, `entry` the one first dialled."""

    direction: Direction | None = None
    business: str = ""
    business_id: str = ""
    business_name: str = ""
    entry: str = ""
    remote: str = ""
    remote_country: str = ""
    team: str = ""
    source: str = ""


class Owner(Model, frozen=True, kw_only=True):
    user: Party = Party()
    unattributed: str = ""
    team_id: str = ""
    team_name: str = ""


def parties(directory: Directory, connection: str) -> Callable[[Agent | None], Party]:
    """Turns the provider's agent into our user, with name and e-mail as they are now (deleted users too)."""
    known: dict[Agent, Party] = {}

    def party_of(agent: Agent | None) -> Party:
        if agent is None:
            return Party()
        if agent not in known:
            account = agent.id or agent.account or agent.name
            user = directory.user_of(connection, agent.id, agent.account)
            known[agent] = (
                Party(user_id=user.id, name=user.name, email=user.email, account=account)
                if user
                else Party(name=agent.name, account=account)
            )
        return known[agent]

    return party_of


def default_country(directory: Directory, connection: str, number: Ref | None = None) -> str:
    """Country in which a national spelling is read: our number's, else the connection's, else the workspace's."""
    ours = directory.number_of("", number.id) if number and number.id else None
    account = directory.connection(connection)
    return (ours and ours.country) or (account and account.country) or directory.workspace.country


def numbers(facts: Sequence[CallFact], directory: Directory, connection: str) -> Numbers:
    """Ends and direction of a call from its own facts.

    A stated direction counts, but a call between two numbers of ours is internal; without a
    statement the direction follows from which end is ours (demands.md D26).
    """
    number_ref = first(facts, lambda f: f.number)
    country = default_country(directory, connection, number_ref)

    def ours(number: str) -> Number | None:
        return directory.number_of(number) if number not in ("", ANONYMOUS) else None

    def said(field: Callable[[CallFact], str]) -> list[str]:
        return [n for n in (spelled(field(f), country) for f in facts) if n]

    callers, callees = said(lambda f: f.from_number), said(lambda f: f.to_number)
    by_id = directory.number_of("", number_ref.id) if number_ref and number_ref.id else None
    direction = first(facts, lambda f: f.direction)
    if direction is None:
        direction = _direction(our_caller=any(map(ours, callers)), our_callee=any(map(ours, callees)))
    near, far = (callees, callers) if direction is Direction.INBOUND else (callers, callees)
    near = said(lambda f: f.business_number) or (near if direction else [])
    far = said(lambda f: f.remote_number) or (far if direction else [])
    if not far:
        near, far = _sided(near, [spelled(p, country) for f in facts for p in f.participants], ours, by_id)
    known = [n for n in near if ours(n)]
    if (known or by_id) and any(map(ours, far)):
        direction = Direction.INTERNAL
    serving = (ours(known[-1]) if known else None) or by_id
    business = (known or near or [""])[-1] if known or not by_id else by_id.e164
    remote = _remote(far, withheld=direction is Direction.INBOUND and bool(near))
    return Numbers(
        direction=direction,
        business=business,
        business_id=serving.id if serving else "",
        business_name=(serving.name if serving else "") or (number_ref.name if number_ref else ""),
        entry=near[0] if near else business,
        remote=remote,
        remote_country=country_of(remote),
        team=serving.team if serving else "",
        source=serving.source if serving else "",
    )


def _sided(
    near: list[str], participants: Sequence[str], ours: Callable[[str], Number | None], by_id: Number | None
) -> tuple[list[str], list[str]]:
    """Sides of numbers that a provider lists without saying whose they are: those the directory knows
    are ours; the other side is stated only when one number remains.
    """
    listed = sorted({p for p in participants if p})
    own = [p for p in listed if ours(p) or (by_id and p == by_id.e164) or p in near]
    others = [p for p in listed if p not in own]
    return near or own, others if len(others) == 1 else []


def _direction(*, our_caller: bool, our_callee: bool) -> Direction | None:
    if our_caller:
        return Direction.INTERNAL if our_callee else Direction.OUTBOUND
    return Direction.INBOUND if our_callee else None


def spelled(raw: str, country: str) -> str:
    """E.164 or `anonymous` for what is stated, "" for what is not."""
    return e164(raw, country) if raw.strip() else ""


def _remote(stated: Sequence[str], *, withheld: bool) -> str:
    """The first real number; a caller who reached a number of ours without showing one is anonymous."""
    real = next((n for n in stated if n != ANONYMOUS), "")
    return real or (ANONYMOUS if stated or withheld else "")


def owner(
    facts: Sequence[CallFact],
    legs: Sequence[Leg],
    ends: Numbers,
    directory: Directory,
    connection: str,
    *,
    answered: bool,
    reached: bool,
) -> Owner:
    """User and team of a call.

    Answered: the last of our people who talked to the customer. Unanswered inbound: the one
    person who was called, but nobody where a group was. Outbound: who dialled. An agent
    without a user of ours is `unmapped` (shown, so that it can be mapped). `reached` says that
    the call came to a queue or rang people of ours, whether or not the provider names them.
    """
    party_of = parties(directory, connection)
    user, reason = _user(facts, legs, ends, party_of, answered=answered, reached=reached)
    team_id, team_name = _team(facts, ends, user, directory)
    return Owner(user=user, unattributed=reason, team_id=team_id, team_name=team_name)


def _user(
    facts: Sequence[CallFact],
    legs: Sequence[Leg],
    ends: Numbers,
    party_of: Callable[[Agent | None], Party],
    *,
    answered: bool,
    reached: bool,
) -> tuple[Party, str]:
    found = Party()
    if answered:
        found = _last_to_talk(facts, legs) or party_of(_closing_agent(facts))
    elif ends.direction is Direction.INBOUND:
        rung = {leg.party.account: leg.party for leg in legs if leg.kind == "agent" and leg.party.account}
        named = rung or {p.account: p for p in (party_of(f.agent) for f in facts if f.agent)}
        group = len(named) > 1 or bool(ends.team) or any(f.team or f.queue for f in facts)
        if named and group:
            return Party(), GROUP_CALL
        if not named:
            return Party(), GROUP_CALL if group and reached else _no_person(facts)
        found = next(iter(named.values()))
    else:
        found = party_of(first(facts, lambda f: f.agent))
    if found.user_id:
        return found, ""
    return found, UNMAPPED if found.account else NOBODY


def _no_person(facts: Sequence[CallFact]) -> str:
    """`system` when a machine of ours had the call and no person was tried, else `nobody`."""
    return SYSTEM if any(f.kind is FactKind.STEP or f.answered_by for f in facts) else NOBODY


def _last_to_talk(facts: Sequence[CallFact], legs: Sequence[Leg]) -> Party | None:
    """The person of the last answered leg that serves the customer.

    A colleague who was only consulted becomes the owner when the call was then transferred to
    them.
    """
    targets = {f.to_party for f in facts if f.kind is FactKind.TRANSFERRED and f.to_party}
    serving = {"agent", *(kind.value for kind in SERVES)}

    def serves(leg: Leg) -> bool:
        handed = leg.kind == CallKind.CONSULTATION and bool(targets & {leg.party.account, leg.party.name, leg.number})
        return bool(leg.party.account) and leg.answered_at is not None and (leg.kind in serving or handed)

    talked = [leg for leg in legs if serves(leg)]
    if not talked:
        return None
    return max(talked, key=lambda leg: (leg.answered_at, leg.leg_id, leg.party.account)).party


def _closing_agent(facts: Sequence[CallFact]) -> Agent | None:
    closing = [f for f in facts if f.kind is FactKind.ENDED]
    return last(closing, lambda f: f.agent) or last([f for f in facts if f.kind in LIFE], lambda f: f.agent)


def _team(facts: Sequence[CallFact], ends: Numbers, user: Party, directory: Directory) -> tuple[str, str]:
    """The provider's team, else the number's, else the user's only one. Ours by id, else by name."""
    stated = last(facts, lambda f: f.team)
    if stated:
        team = directory.team(stated.id) or next((t for t in directory.teams if t.name == stated.name), None)
        return (team.id, team.name) if team else (stated.id, stated.name)
    person = next((u for u in directory.users if u.id == user.user_id), None) if user.user_id else None
    only = person.teams[0] if person and len(person.teams) == 1 else ""
    team = directory.team(ends.team or only)
    return (team.id, team.name) if team else (ends.team or only, "")
