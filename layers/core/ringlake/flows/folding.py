"""From journal to records: read all events of a subject again and replace its record.

A stream record is only a doorbell. Whoever folds loads the record, then reads every event
(strongly consistent), folds, and writes on condition that the record is still the one loaded;
otherwise it begins again. So order, repeats, batches and parallel folds cannot matter: the last
fold that writes has seen everything (design section 5, Fold).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from ringlake import providers
from ringlake.errors import Conflict, RinglakeError, Unavailable, Unreadable
from ringlake.fold import FOLDS
from ringlake.fold.correlation import Families
from ringlake.fold.seal import Known, amend, digest, expired
from ringlake.model.base import Model
from ringlake.model.calls import CallRecord
from ringlake.model.directory import Connection, Directory
from ringlake.model.events import Quarantined, RawEvent
from ringlake.model.facts import CallFact, Fact
from ringlake.model.records import Record
from ringlake.model.subjects import Subject
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.journal import Journal
from ringlake.stores.records import Loaded, Records, Write, etag_of

ATTEMPTS = 8
# A call with more parts than this is no call: each of its events costs a read of every part.
LARGEST_FAMILY = 200


class FamilyTooLarge(RinglakeError):
    """More subjects name each other than one call can have parts; goes to quarantine."""


class Result(StrEnum):
    """What became of a subject. Only `failed` has to come again."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    NOT_FOLDED = "not_folded"
    QUARANTINED = "quarantined"
    FAILED = "failed"


class Folded(Model, frozen=True, kw_only=True):
    """Result of one subject. `bad_events` is how many of its events went to quarantine."""

    key: str
    result: Result
    bad_events: int = 0
    reason: str = ""


class Snapshots:
    """Directories by workspace, kept in the process for a minute (`life`)."""

    def __init__(
        self, store: DirectoryStore, clock: Callable[[], datetime], *, life: timedelta = timedelta(seconds=60)
    ) -> None:
        self._store = store
        self._clock = clock
        self._life = life
        self._kept: dict[str, tuple[datetime, Directory]] = {}

    def of(self, workspace: str) -> Directory:
        """Raises `NotFound` for an unknown workspace, `Unavailable`."""
        now = self._clock()
        kept = self._kept.get(workspace)
        if kept is None or not timedelta(0) <= now - kept[0] < self._life:
            kept = now, self._store.load(workspace)
            self._kept[workspace] = kept
        return kept[1]


class _Member(Model, frozen=True, kw_only=True):
    """One subject of a family as read: its record first, then its events."""

    subject: Subject
    loaded: Loaded
    events: tuple[RawEvent, ...]


def fold_subjects(
    keys: Iterable[str],
    *,
    journal: Journal,
    records: Records,
    directory: Snapshots,
    clock: Callable[[], datetime],
) -> list[Folded]:
    """Fold each distinct subject once, in order of first mention. Raises nothing of a subject's own making."""
    return [fold_subject(key, journal, records, directory, clock) for key in dict.fromkeys(keys)]


def fold_subject(
    key: str, journal: Journal, records: Records, directory: Snapshots, clock: Callable[[], datetime]
) -> Folded:
    """Fold one subject, and with it the whole call that it is a part of."""
    try:
        subject = Subject.from_key(key)
    except ValueError:
        return Folded(key=key, result=Result.NOT_FOLDED)
    if subject.kind not in FOLDS:
        return Folded(key=key, result=Result.NOT_FOLDED)
    try:
        return _Folding(subject, journal, records, directory.of(subject.workspace), clock).run()
    except (Unavailable, Conflict) as error:
        return Folded(key=key, result=Result.FAILED, reason=type(error).__name__)
    except Exception as error:  # noqa: BLE001 - a subject that cannot fold must not keep the others waiting
        return _set_aside_subject(subject, type(error).__name__, journal, clock)


def as_known(subject: Subject, journal: Journal, records: Records, directory: Directory) -> Record | None:
    """The record as the fold would make it now, without writing anything: for who has just put an event of a
    subject without parts and wants to show what came of it. None for a subject of which nothing is known.

    Raises `Unavailable`.
    """
    stored = next(iter(records.get_many([subject.key])), None)
    previous = stored.record if stored else None
    connection = directory.connection(subject.connection) or Connection(
        id=subject.connection, workspace=subject.workspace, provider=""
    )
    told: dict[str, tuple[Fact, ...]] = {}
    provider = previous.provider if previous else ""
    for event in journal.events(subject):
        told[digest(subject.id, event.event_id)] = tuple(providers.adapter(event.provider).parse(event, connection))
        provider = event.provider
    known = amend([previous] if previous else [], (f for facts in told.values() for f in facts), told)
    if not known.facts:
        return None
    record = FOLDS[subject.kind](subject, provider, known.facts, directory)
    return msgspec.structs.replace(record, seen=known.seen, revision=len(known.seen), sealed=known.sealed)


def _set_aside_subject(subject: Subject, reason: str, journal: Journal, clock: Callable[[], datetime]) -> Folded:
    """Its events are in the journal; quarantine names the subject for repair and replay."""
    item_id = hashlib.sha256(f"fold\0{subject.key}".encode()).hexdigest()[:32]
    item = Quarantined(
        id=item_id,
        workspace=subject.workspace,
        connection=subject.connection,
        provider="",
        stage="fold",
        field="",
        reason=reason,
        received_at=clock(),
        subject=subject.key,
    )
    try:
        journal.quarantine(item)
    except Unavailable:
        return Folded(key=subject.key, result=Result.FAILED, reason="Unavailable")
    return Folded(key=subject.key, result=Result.QUARANTINED, reason=reason)


class _Folding:
    """One subject's folding: read the family, fold every member, write what changed, repeat if overtaken."""

    def __init__(
        self,
        subject: Subject,
        journal: Journal,
        records: Records,
        directory: Directory,
        clock: Callable[[], datetime],
    ) -> None:
        self._subject = subject
        self._journal = journal
        self._records = records
        self._directory = directory
        self._clock = clock
        self._bad: set[tuple[str, str]] = set()

    def run(self) -> Folded:
        confirmed: frozenset[str] = frozenset()
        for _ in range(ATTEMPTS):
            members = self._read_family()
            told = {i: self._facts(member) for i, member in members.items()}
            present = {d for facts in told.values() for d in facts}
            gone = frozenset[str]().union(*(expired(m.loaded.record, present) for m in members.values()))
            if not gone <= confirmed:
                # Expired, or written by another fold while this one was reading: only an event that
                # is still missing when everything is read once more is taken for expired.
                confirmed = gone
                continue
            writes = [self._write(i, record, members) for i, record in self._folded(members, told, present).items()]
            if Write.SUPERSEDED not in writes:
                result = Result.WRITTEN if Write.WRITTEN in writes else Result.UNCHANGED
                return Folded(key=self._subject.key, result=result, bad_events=len(self._bad))
        raise Conflict(self._subject.key)

    # --- reading

    def _read_family(self) -> dict[str, _Member]:
        """Everybody connected with the subject, through links of the records and references of the events."""
        found: dict[str, _Member] = {}
        waiting = [self._subject.id]
        while waiting:
            if len(found) == LARGEST_FAMILY:
                raise FamilyTooLarge(self._subject.key)
            member = self._read(waiting.pop(0))
            found[member.subject.id] = member
            known = {*found, *waiting}
            waiting += [i for i in sorted({*member.loaded.links, *_parents(member)}) if i not in known]
        self._link(found)
        return found

    def _read(self, subject_id: str) -> _Member:
        subject = msgspec.structs.replace(self._subject, id=subject_id)
        loaded = self._records.load(subject)
        return _Member(subject=subject, loaded=loaded, events=tuple(self._journal.events(subject)))

    def _link(self, members: dict[str, _Member]) -> None:
        """State every reference under its parent, so that whoever folds the parent finds the part."""
        for member in list(members.values()):
            for parent in _parents(member):
                if parent in members and member.subject.id not in members[parent].loaded.links:
                    self._records.link(members[parent].subject, member.subject.id)

    # --- folding

    def _folded(
        self, members: Mapping[str, _Member], told: Mapping[str, Mapping[str, Sequence[Fact]]], present: set[str]
    ) -> dict[str, Record]:
        """The record of each member that has one; only the root knows the facts of all."""
        families = Families()
        for member in members.values():
            for parent in _parents(member):
                families.add(member.subject.id, parent)
        # Who stands for the call is a question only where there is a choice.
        stated = {i: _of_call(m, told[i], present) for i, m in members.items()} if len(members) > 1 else {}
        root = families.root(self._subject.id, stated)
        records = [m.loaded.record for m in members.values() if m.loaded.record]
        found: dict[str, Record] = {}
        for i, member in members.items():
            is_root = i == root
            events = [e for by_event in told.values() for e in by_event.values()] if is_root else told[i].values()
            facts = (fact for by_event in events for fact in by_event)
            known = amend(records, facts, present, own_id="" if is_root else i)
            if any(_speaks_of(f, member.subject) for f in known.facts):
                found[i] = self._fold(member, known, families.part_of(i, stated))
        return found

    def _facts(self, member: _Member) -> dict[str, tuple[Fact, ...]]:
        """Facts by event digest; an event that cannot be read goes to quarantine, the rest counts."""
        found: dict[str, tuple[Fact, ...]] = {}
        connection = self._connection(member)
        for event in member.events:
            try:
                facts = providers.adapter(event.provider).parse(event, connection)
            except (Unavailable, Conflict):
                raise
            except Exception as error:  # noqa: BLE001 - one bad event must not cost the call its record
                self._set_aside(event, error)
                continue
            found[digest(member.subject.id, event.event_id)] = tuple(_about(f, member.subject) for f in facts)
        return found

    def _connection(self, member: _Member) -> Connection:
        """The connection, also when it is no longer in the directory: its calls stay calls."""
        subject = member.subject
        provider = member.events[0].provider if member.events else ""
        bare = Connection(id=subject.connection, workspace=subject.workspace, provider=provider)
        return self._directory.connection(subject.connection) or bare

    def _fold(self, member: _Member, known: Known, part_of: str) -> Record:
        subject, previous = member.subject, member.loaded.record
        provider = member.events[0].provider if member.events else previous.provider if previous else ""
        record = FOLDS[subject.kind](subject, provider, known.facts, self._directory, part_of=part_of)
        return msgspec.structs.replace(record, seen=known.seen, revision=len(known.seen), sealed=known.sealed)

    # --- writing

    def _write(self, subject_id: str, record: Record, members: Mapping[str, _Member]) -> Write | None:
        loaded = members[subject_id].loaded
        if loaded.etag == etag_of(record):
            return None
        return self._records.put(members[subject_id].subject, record, loaded)

    def _set_aside(self, event: RawEvent, error: Exception) -> None:
        """Under an id made of the event's key: folding again quarantines nothing twice.

        `received_at` is the event's own, so that the item stays in the day it belongs to.
        """
        unreadable = error if isinstance(error, Unreadable) else Unreadable("", type(error).__name__)
        content = f"parse\0{event.subject.key}\0{event.event_id}".encode()
        self._journal.quarantine(
            Quarantined(
                id=hashlib.sha256(content).hexdigest()[:32],
                workspace=event.subject.workspace,
                connection=event.subject.connection,
                provider=event.provider,
                stage="parse",
                field=unreadable.field,
                reason=unreadable.reason,
                received_at=event.received_at,
                subject=event.subject.key,
                body=event.body,
                headers=event.headers,
                query=event.query,
            )
        )
        self._bad.add((event.subject.key, event.event_id))


def _parents(member: _Member) -> list[str]:
    """Ids that the member's events, or the record that outlived them, name as its parents."""
    stated = {parent for event in member.events for parent in event.related}
    record = member.loaded.record
    if isinstance(record, CallRecord):
        stated |= {f.parent_id for f in record.facts if f.call_id == member.subject.id}
    return sorted(stated - {member.subject.id, ""})


def _of_call(member: _Member, told: Mapping[str, Sequence[Fact]], present: Collection[str]) -> list[CallFact]:
    """What is known of one member of a call alone."""
    record, own_id = member.loaded.record, member.subject.id
    facts = (fact for by_event in told.values() for fact in by_event)
    known = amend([record] if record else [], facts, present, own_id=own_id)
    return [f for f in known.facts if isinstance(f, CallFact) and f.call_id == own_id]


def _speaks_of(fact: Fact, subject: Subject) -> bool:
    return not isinstance(fact, CallFact) or fact.call_id == subject.id


def _about(fact: Fact, subject: Subject) -> Fact:
    """An event speaks of the subject that it is filed under, whatever id its facts carry."""
    if isinstance(fact, CallFact) and fact.call_id != subject.id:
        return msgspec.structs.replace(fact, call_id=subject.id)
    return fact
