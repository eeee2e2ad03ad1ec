"""Whose call it was: numbers, direction, user and team (metrics.md, attribution rules)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ringlake.model.base import Model
from ringlake.model.calls import Leg, Party
from ringlake.model.directory import Account, Directory, Number, User
from ringlake.model.facts import Agent, CallFact, CallKind, Direction, FactKind, Ref, Source
from ringlake.model.findings import Unowned
from ringlake.model.numbers import ANONYMOUS, country_of, e164

from .correlation import OWN_PATH, SERVES
from .facts import LIFE, first, last, when

type PartyOf = Callable[[Agent | None, datetime], Party]

UNMAPPED = Unowned.UNMAPPED.value
NOBODY = Unowned.NOBODY.value
GROUP_CALL = Unowned.GROUP_CALL.value
SYSTEM = Unowned.SYSTEM.value


class Numbers(Model, frozen=True, kw_only=True):
    """Both ends. `business` is the number that finally served the call, `entry` the one first dialled;
    `ref` is the provider's own id of our number.
    """

    direction: Direction | None = None
    business: str = ""
    business_id: str = ""
    business_name: str = ""
    ref: str = ""
    entry: str = ""
    entry_name: str = ""
    remote: str = ""
    remote_country: str = ""
    team: str = ""
    source: Source = Source()


class Owner(Model, frozen=True, kw_only=True):
    user: Party = Party()
    unattributed: str = ""
    team_id: str = ""
    team_name: str = ""


def parties(directory: Directory, connection: str) -> PartyOf:
    """Turns the provider's agent into our user at the time of a fact (features.md R36).

    Name and e-mail are as they are now; suspended and deleted users keep what was theirs (demands.md
    D72, D73).
    """
    known: dict[Agent, list[tuple[Account, User]]] = {}

    def party_of(agent: Agent | None, at: datetime) -> Party:
        if agent is None:
            return Party()
        if agent not in known:
            wanted = (agent.id, agent.account)
            known[agent] = [
                (account, user)
                for user in directory.users
                for account in user.accounts
                if account.id in wanted and account.connection == connection and account.id
            ]
        account = agent.id or agent.account or agent.name
        for held, user in known[agent]:
            if held.holds(at):
                return Party(user_id=user.id, name=user.name, email=user.email, account=account)
        return Party(name=agent.name, account=account)

    return party_of


def default_country(directory: Directory, connection: str, number: Ref | None = None) -> str:
    """Country in which a national spelling is read: our number's, else the connection's, else the workspace's."""
    ours = directory.number_of("", number.id) if number and number.id else None
    account = directory.connection(connection)
    return (ours and ours.country) or (account and account.country) or directory.workspace.country


def numbers(facts: Sequence[CallFact], directory: Directory, connection: str) -> Numbers:
    """Ends and direction of a call from its own facts.

    A stated direction counts, but a call between two ends of ours (numbers of the directory, accounts
    of its users) is internal; without a statement the direction follows from which end is ours
    (demands.md D26, D27).
    """
    number_ref = first(facts, lambda f: f.number)
    country = default_country(directory, connection, number_ref)
    withheld = directory.lists.withheld

    def number(text: str) -> Number | None:
        return directory.number_of(text) if text not in ("", ANONYMOUS) else None

    def ours(text: str) -> bool:
        return number(text) is not None or _extension(text, directory, connection)

    def said(field: Callable[[CallFact], str]) -> list[str]:
        return [n for n in (spelled(field(f), country, withheld) for f in facts) if n]

    callers, callees = said(lambda f: f.from_number), said(lambda f: f.to_number)
    by_id = directory.number_of("", number_ref.id) if number_ref and number_ref.id else None
    direction = first(facts, lambda f: f.direction)
    if direction is None:
        direction = _direction(our_caller=any(map(ours, callers)), our_callee=any(map(ours, callees)))
    near, far = (callees, callers) if direction is Direction.INBOUND else (callers, callees)
    near = said(lambda f: f.business_number) or (near if direction else [])
    far = said(lambda f: f.remote_number) or (far if direction else [])
    if not far:
        listed = [spelled(p, country, withheld) for f in facts for p in f.participants]
        near, far = _sided(near, listed, number, by_id)
    known = [n for n in near if number(n)]
    if far and all(map(ours, far)) and (by_id or any(map(ours, near))):
        direction = Direction.INTERNAL
    serving = (number(known[-1]) if known else None) or by_id
    business = (known or near or [""])[-1] if known or not by_id else by_id.e164
    entry = near[0] if near else business
    dialled = number(entry) or (by_id if entry == business else None)
    remote = _remote(far, withheld=direction is Direction.INBOUND and bool(near))
    return Numbers(
        direction=direction,
        business=business,
        business_id=serving.id if serving else "",
        business_name=(serving.name if serving else "") or (number_ref.name if number_ref else ""),
        ref=number_ref.id if number_ref else "",
        entry=entry,
        entry_name=dialled.name if dialled else "",
        remote=remote,
        remote_country=country_of(remote),
        team=serving.team if serving else "",
        source=_source(facts, dialled or serving, direction, directory),
    )


def _extension(text: str, directory: Directory, connection: str) -> bool:
    """Whether a caller or callee that is no E.164 number is the account of one of our users (`101`,
    `sip:anna@pbx`, `client:anna`). Digits that happen to be an E.164 number never are.
    """
    if not text or text == ANONYMOUS or text.startswith("+"):
        return False
    bare = text.partition(":")[2] or text
    return directory.user_of(connection, text, bare, bare.partition("@")[0]) is not None


def _source(
    facts: Sequence[CallFact], dialled: Number | None, direction: Direction | None, directory: Directory
) -> Source:
    """The provider's attribute, else that of the dialled number (features.md N16). An id that the
    directory does not know is shown as it is.
    """
    stated = first(facts, lambda f: f.source)
    if stated:
        return stated
    if dialled is None or not dialled.source or direction is Direction.OUTBOUND:
        return Source()
    known = next((s for s in directory.sources if s.id == dialled.source), None)
    if known is None:
        return Source(name=dialled.source)
    return Source(name=known.name, medium=known.medium, campaign=known.campaign)


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


def speller(facts: Sequence[CallFact], directory: Directory, connection: str) -> Callable[[str], str]:
    """Reads numbers as this call's own are read."""
    country = default_country(directory, connection, first(facts, lambda f: f.number))
    withheld = directory.lists.withheld
    return lambda raw: spelled(raw, country, withheld)


def outsiders(directory: Directory) -> Callable[[str], bool]:
    """Tells E.164 numbers that are not ours."""
    return lambda number: number.startswith("+") and directory.number_of(number) is None


def spelled(raw: str, country: str, withheld: tuple[str, ...] = ()) -> str:
    """E.164 or `anonymous` for what is stated, "" for what is not."""
    return e164(raw, country, withheld) if raw.strip() else ""


def _remote(stated: Sequence[str], *, withheld: bool) -> str:
    """The first real number; a caller who reached a number of ours without showing one is anonymous."""
    real = next((n for n in stated if n != ANONYMOUS), "")
    return real or (ANONYMOUS if stated or withheld else "")


def owner(
    facts: Sequence[CallFact],
    legs: Sequence[Leg],
    ends: Numbers,
    directory: Directory,
    *,
    party_of: PartyOf,
    answered: bool,
    reached: bool,
) -> Owner:
    """User and team of a call.

    Answered: the last of our people who talked to the customer. Unanswered inbound: the one
    person who was called, but nobody where a group was. Outbound: who dialled. An agent
    without a user of ours is `unmapped` (shown, so that it can be mapped). `reached` says that
    the call came to a queue or rang people of ours, whether or not the provider names them.
    """
    user, reason = _user(facts, legs, ends, party_of, answered=answered, reached=reached)
    team_id, team_name = _team(facts, ends, user, directory)
    return Owner(user=user, unattributed=reason, team_id=team_id, team_name=team_name)


def _user(
    facts: Sequence[CallFact],
    legs: Sequence[Leg],
    ends: Numbers,
    party_of: PartyOf,
    *,
    answered: bool,
    reached: bool,
) -> tuple[Party, str]:
    found = Party()
    if answered:
        found = _last_to_talk(facts, legs) or _closing_agent(facts, party_of)
    elif ends.direction is Direction.INBOUND:
        rung = {leg.party.account: leg.party for leg in legs if leg.kind in OWN_PATH and leg.party.account}
        named = rung or {p.account: p for p in (party_of(f.agent, when(f)) for f in facts if f.agent)}
        group = len(named) > 1 or bool(ends.team) or any(f.team or f.queue for f in facts)
        if named and group:
            return Party(), GROUP_CALL
        if not named:
            return Party(), GROUP_CALL if group and reached else _no_person(facts)
        found = next(iter(named.values()))
    else:
        dialling = next((f for f in facts if f.agent), None)
        found = party_of(dialling.agent, when(dialling)) if dialling else Party()
    if found.user_id:
        return found, ""
    return found, UNMAPPED if found.account else NOBODY


def _no_person(facts: Sequence[CallFact]) -> str:
    """`system` when a machine of ours had the call and no person was tried, else `nobody`."""
    return SYSTEM if any(f.kind is FactKind.STEP or f.answered_by for f in facts) else NOBODY


def serving(facts: Sequence[CallFact], legs: Sequence[Leg]) -> list[Leg]:
    """The answered legs of people of ours that served the customer.

    A colleague who was only consulted is among them when the call was then transferred to them.
    """
    targets = {f.to_party for f in facts if f.kind is FactKind.TRANSFERRED and f.to_party}
    kinds = {"agent", *(kind.value for kind in SERVES)}

    def serves(leg: Leg) -> bool:
        handed = leg.kind == CallKind.CONSULTATION and bool(targets & {leg.party.account, leg.party.name, leg.number})
        return bool(leg.party.account) and leg.answered_at is not None and (leg.kind in kinds or handed)

    return [leg for leg in legs if serves(leg)]


def _last_to_talk(facts: Sequence[CallFact], legs: Sequence[Leg]) -> Party | None:
    talked = serving(facts, legs)
    return max(talked, key=lambda leg: (leg.answered_at, leg.leg_id, leg.party.account)).party if talked else None


def _closing_agent(facts: Sequence[CallFact], party_of: PartyOf) -> Party:
    """The agent that the last closing event names, else the last that any event of the call's life names."""
    lived = [f for f in facts if f.kind in LIFE and f.agent]
    closing = [f for f in lived if f.kind is FactKind.ENDED]
    found = (closing or lived)[-1:]
    return party_of(found[0].agent, when(found[0])) if found else Party()


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
