"""Which subjects belong to one call, and what a part may say about the whole.

Providers give parts of a call (consultation, transfer leg, survey, callback leg) ids of their
own and name the parent. A family is everything connected by such links, found with
union-find, so that it does not matter which link is learned first (demands.md D15, D20).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ringlake.model.facts import CallFact, CallKind

from .facts import LIFE

# Parts that continue the customer's own call: a pick-up there answers the call.
CONTINUES = frozenset({CallKind.VOICE, CallKind.CAMPAIGN, CallKind.MOBILE_APP, CallKind.EXTERNAL_TRANSFER})
# Kinds of legs that ring or serve on the customer's own path: those of the call itself and of parts that are
# the same call under another id.
OWN_PATH = frozenset({"agent", CallKind.VOICE.value, CallKind.CAMPAIGN.value, CallKind.MOBILE_APP.value})
# Parts whose agent serves the customer and may own the call (metrics.md Attribution rule 2).
SERVES = frozenset({CallKind.VOICE, CallKind.CAMPAIGN, CallKind.MOBILE_APP, CallKind.CALLBACK_AGENT})


class Families:
    """Union-find over subject ids."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}
        self._parents: dict[str, set[str]] = {}

    def add(self, child: str, parent: str) -> None:
        if child == parent:
            return
        self._parents.setdefault(child, set()).add(parent)
        low, high = sorted((self._top(child), self._top(parent)))
        self._above[high] = low

    def of(self, member: str) -> list[str]:
        """Everybody connected with `member`, sorted."""
        top = self._top(member)
        return sorted({m for m in (*self._above, member) if self._top(m) == top})

    def root(self, member: str, told: Mapping[str, Sequence[CallFact]] | None = None) -> str:
        """The one that stands for the call; `told` are the facts of each member, as far as any are known.

        Of the members without a parent (in a ring: of all) the one that began first, then the smallest
        id: ids of a provider may sort differently as text and as time. A callback's leg to our own
        agent stands for nothing when the leg to the customer is known (features.md F27). Where nothing is
        known of those, a part that is the same call under another id stands for it: its sender may have been
        set up to tell of the parts alone.
        """
        told = told or {}
        family = self.of(member)
        kinds = {m: kind_of(told[m]) for m in family if told.get(m)}
        candidates = [m for m in family if not self._parents.get(m)] or family
        if kinds and not any(m in kinds for m in candidates):
            candidates = self._orphans(kinds) or candidates
        customers = [m for m in family if kinds.get(m) is CallKind.CALLBACK_CUSTOMER]
        if customers and all(kinds.get(m) is CallKind.CALLBACK_AGENT for m in candidates):
            candidates = customers
        return min(candidates, key=lambda m: (_began(told.get(m, ())), m))

    def _orphans(self, kinds: Mapping[str, CallKind]) -> list[str]:
        """Members that may be a customer's call and of whose parents nothing was ever heard."""
        calls = [m for m, kind in kinds.items() if kind in SERVES and kind is not CallKind.CALLBACK_AGENT]
        return [m for m in calls if not self._parents[m] & kinds.keys()]

    def part_of(self, member: str, told: Mapping[str, Sequence[CallFact]] | None = None) -> str:
        """The parent of a part ("" for the root); of several parents the smallest id."""
        root = self.root(member, told)
        return "" if member == root else min(self._parents.get(member, {root}))

    def _top(self, member: str) -> str:
        above = self._above.setdefault(member, member)
        while above != member:
            member, above = above, self._above[above]
        return member


def _began(facts: Iterable[CallFact]) -> tuple[bool, float]:
    """When a member's life began by the provider's clock; one without such a time comes after all others."""
    times = [f.at for f in facts if f.at and f.kind in LIFE]
    return (not times, min(times).timestamp() if times else 0.0)


def split(call_id: str, facts: Sequence[CallFact]) -> tuple[list[CallFact], dict[str, list[CallFact]]]:
    """The call's own facts, and those of each part by the part's id."""
    own: list[CallFact] = []
    parts: dict[str, list[CallFact]] = {}
    for fact in facts:
        if fact.call_id == call_id:
            own.append(fact)
        else:
            parts.setdefault(fact.call_id, []).append(fact)
    return own, parts


def kind_of(facts: Iterable[CallFact]) -> CallKind:
    """The kind of a call: the first that is stated and says more than `voice`.

    `classifier` is a row without any call: as soon as something happened to a call, it is one
    (features.md F44).
    """
    stated = [f for f in facts if f.call_kind]
    happened = any(f.kind in LIFE for f in facts)
    for fact in stated:
        if fact.call_kind is CallKind.CLASSIFIER and happened:
            continue
        if fact.call_kind and fact.call_kind is not CallKind.VOICE:
            return fact.call_kind
    return CallKind.VOICE
