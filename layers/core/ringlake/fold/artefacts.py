"""What a call leaves behind: recordings, a voicemail, transcripts, dispositions."""

from __future__ import annotations

from collections.abc import Sequence

from ringlake.model.facts import CallFact, FactKind, Media

from .facts import name_of


def voicemail(facts: Sequence[CallFact]) -> Media | None:
    left = [f.media for f in facts if f.kind is FactKind.VOICEMAIL and f.media]
    return _merged(left) if left else None


def recordings(facts: Sequence[CallFact]) -> tuple[Media, ...]:
    """One per recording. A provider that only says that there is one gives one without address."""
    found = [_merged([f.media or Media() for f in group]) for group in recording_groups(facts)]
    return tuple(sorted(found, key=lambda m: (m.id, m.url)))


def recording_groups(facts: Sequence[CallFact]) -> list[list[CallFact]]:
    """What is said of each recording: the same address or the same id is the same recording.

    Statements that name none belong to all that are named.
    """
    told = [f for f in facts if f.kind is FactKind.RECORDING]
    groups: list[list[CallFact]] = []
    for fact in told:
        if fact.media and (fact.media.url or fact.media.id):
            same = [g for g in groups if any(_same(other.media, fact.media) for other in g)]
            groups = [g for g in groups if g not in same]
            groups.append([*(f for g in same for f in g), fact])
    return groups or ([told] if told else [])


def noted(facts: Sequence[CallFact]) -> list[CallFact]:
    """The facts that show artefacts in the path of a call: a recording or transcript when it is first told of,
    a disposition when it changes.
    """
    found = [min(group, key=facts.index) for group in recording_groups(facts)]
    transcribed: set[str] = set()
    dispositions: dict[str, str] = {}
    for fact in facts:
        if fact.kind is FactKind.TRANSCRIPT and fact.call_id not in transcribed:
            transcribed.add(fact.call_id)
            found.append(fact)
        elif fact.kind is FactKind.CLASSIFIED and dispositions.get(fact.call_id, "") != name_of(fact.classifier):
            dispositions[fact.call_id] = name_of(fact.classifier)
            found.append(fact)
    return found


def _same(one: Media | None, other: Media) -> bool:
    return one is not None and bool((one.url and one.url == other.url) or (one.id and one.id == other.id))


def _merged(found: Sequence[Media]) -> Media:
    return Media(
        id=next((m.id for m in found if m.id), ""),
        url=next((m.url for m in found if m.url), ""),
        seconds=next((m.seconds for m in found if m.seconds is not None), None),
    )
