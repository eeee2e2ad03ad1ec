"""What was said and written: recordings, voicemails, transcripts, texts (features.md F49, N7, N12, N29).

We hold the provider's address of a recording and never open it (security.md 5); texts stay in the raw event, in
the journal or the archive, and are read from there. Everything that is handed out is on record before it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec
from pydantic import BaseModel, ConfigDict

from ringlake import providers
from ringlake.access import Principal
from ringlake.errors import Absent, NotFound, Unreadable
from ringlake.flows.archive import archive_prefix, from_lines
from ringlake.flows.directory.office import line, need
from ringlake.model.base import Answer
from ringlake.model.calls import CallRecord, Party
from ringlake.model.directory import Ability, Connection
from ringlake.model.events import RawEvent
from ringlake.model.facts import CallFact, FactKind, Media, MessageFact
from ringlake.model.records import Interaction
from ringlake.model.subjects import Subject
from ringlake.model.words import Line, Speaker, Words, WordsKind
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.journal import Journal
from ringlake.stores.objects import Objects

from .detail import RecordMeta, media_of, meta
from .found import Finder, Found

# Batches of the archive that are opened at once, and how many of one day at most: with a minute's events in
# each, a day has 1,440.
_AT_ONCE = 16
_MOST_BATCHES = 5_000
_TOLD = frozenset({FactKind.TRANSCRIPT, FactKind.SUMMARY})


class WordsQuery(BaseModel):
    """`format` text answers a plain text file; `channel` as in the detail."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["json", "text"] = "json"
    channel: Literal["", "call", "message"] = ""


class Recording(Answer, frozen=True, kw_only=True):
    """Where a recording is at the provider. `needs_login`: the provider asks for its own sign-in there.

    `expires_at` is when the address ends, as far as it says so; `legal_hold` forbids every deletion.
    """

    meta: RecordMeta
    record_id: str
    id: str
    kind: str
    provider: str
    provider_media_id: str
    url: str
    seconds: int | None
    needs_login: bool
    expires_at: datetime | None
    legal_hold: bool


class Said(Answer, frozen=True, kw_only=True):
    """One line; `speaker` is customer, agent or "" when nobody knows, `name` who it was."""

    at_s: float | None
    speaker: str
    name: str
    text: str


class Transcript(Answer, frozen=True, kw_only=True):
    """The text of a call or message. `url` is where the provider keeps a text that it does not send."""

    meta: RecordMeta
    record_id: str
    channel: str
    lines: tuple[Said, ...]
    summary: tuple[str, ...]
    url: str
    needs_login: bool


class Contents:
    def __init__(self, finder: Finder, directory: DirectoryStore, journal: Journal, raw: Objects | None) -> None:
        self._finder = finder
        self._directory = directory
        self._texts = Texts(directory, journal, raw)

    def recording(self, viewer: Principal, record_id: str, number: str, now: datetime) -> Recording:
        """`number` counts from 1, or is `voicemail`. Raises `Absent` with the reason, `NotFound`, `Forbidden`."""
        need(viewer, Ability.SEE_CONTENT, "a recording")
        found = self._finder.find(viewer, record_id, "call")
        kind, media = _chosen(found, number)
        access = providers.adapter(found.record.provider).access(media)
        expires_at = _ends(media, found.record, access.lives)
        _check(media, expires_at, now)
        self._directory.audit(line(viewer, now, f"{kind}.open", record_id, number=number))
        return Recording(
            meta=meta(found, now),
            record_id=record_id,
            id=number,
            kind=kind,
            provider=found.record.provider,
            provider_media_id=media.id,
            url=media.url,
            seconds=media.seconds,
            needs_login=access.login,
            expires_at=expires_at,
            legal_hold=found.marks is not None and found.marks.legal_hold,
        )

    def words(self, viewer: Principal, record_id: str, asked: WordsQuery, now: datetime) -> Transcript:
        """Raises `Absent` with the reason, `NotFound`, `Forbidden`, `Unavailable`."""
        need(viewer, Ability.SEE_CONTENT, "a text")
        found = self._finder.find(viewer, record_id, asked.channel)
        record = found.record
        if isinstance(record, CallRecord) and not record.transcript and not record.summary:
            raise Absent("there is no transcript of this call")
        told = self._texts.kept([found])[0] or self._texts.archived([found])[0]
        lines, summary, url = said(record, told)
        if not lines and not summary and not url:
            raise Absent("the provider told that there is a text, and did not send it or it is no longer kept")
        self._directory.audit(line(viewer, now, "transcript.open", record_id, format=asked.format))
        return Transcript(
            meta=meta(found, now),
            record_id=record_id,
            channel=found.subject.kind.value,
            lines=lines,
            summary=summary,
            url=url,
            needs_login=bool(url) and providers.adapter(record.provider).access(Media(url=url)).login,
        )


class Texts:
    """What was said and written in some records, read from their events."""

    def __init__(self, directory: DirectoryStore, journal: Journal, raw: Objects | None) -> None:
        self._directory = directory
        self._journal = journal
        self._raw = raw

    def kept(self, found: Sequence[Found]) -> list[list[Words]]:
        """What the events of each record and its parts in the journal say, in the order in which they came. Raises
        `Unavailable`.
        """

        def events(family: Sequence[Subject]) -> list[RawEvent]:
            return [event for subject in family for event in self._journal.events(subject)]

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return [list(self._read(own)) for own in pool.map(events, [_family(one) for one in found])]

    def archived(self, found: Sequence[Found]) -> list[list[Words]]:
        """The same from the archive, for what the journal no longer has: a pass over the days on which the texts came
        in, so that all that is wanted of a day had better be asked for at once.
        """
        families = [_family(one) for one in found]
        events = self._archived(found, families)
        return [list(self._read(event for one in own for event in events.get(one.key, ()))) for own in families]

    def _read(self, events: Iterable[RawEvent]) -> Iterator[Words]:
        connections: dict[str, Connection] = {}
        for event in sorted(events, key=lambda e: (e.occurred_at or e.received_at, e.received_at, e.event_id)):
            connection = connections.get(event.subject.connection) or self._connection(event)
            connections[event.subject.connection] = connection
            try:
                yield from providers.adapter(event.provider).words(event, connection)
            except (Unreadable, NotFound):
                # An event that cannot be read stands in quarantine; the others say what they say.
                continue

    def _connection(self, event: RawEvent) -> Connection:
        """The connection, also when it is no longer in the directory."""
        about = event.subject
        kept = self._directory.find(about.workspace, Connection, about.connection)
        return kept or Connection(id=about.connection, workspace=about.workspace, provider=event.provider)

    def _archived(self, found: Sequence[Found], families: Sequence[Sequence[Subject]]) -> dict[str, list[RawEvent]]:
        """The same events from the archive, of the days on which the texts came in, by subject key."""
        if self._raw is None or not found:
            return {}
        keys = {subject.key for family in families for subject in family}
        days = sorted(
            {fact.received_at.astimezone(UTC).date().isoformat() for o in found for fact in _facts_of_texts(o)}
        )
        workspace = found[0].workspace.id
        events: dict[str, dict[str, RawEvent]] = {}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for day in days:
                names = _first(self._raw.list(archive_prefix(workspace, day)), _MOST_BATCHES)
                for group in batched(names, 4 * _AT_ONCE, strict=False):
                    for body in pool.map(self._raw.get, group):
                        for item in from_lines(body[0]) if body else ():
                            if isinstance(item, RawEvent) and item.subject.key in keys:
                                events.setdefault(item.subject.key, {})[item.event_id] = item
        return {key: list(own.values()) for key, own in events.items()}


def as_text(told: Transcript) -> str:
    """A plain text file: who said what when, then the summary."""
    lines = []
    for said in told.lines:
        at = f"[{_clock(said.at_s)}] " if said.at_s is not None else ""
        who = said.name or said.speaker.capitalize()
        lines.append(f"{at}{who}: {said.text}" if who else f"{at}{said.text}")
    if told.summary:
        lines += ([""] if lines else []) + ["Summary", *told.summary]
    if told.url:
        lines.append(told.url)
    return "\n".join(lines) + "\n"


# --- recordings


def _chosen(found: Found, number: str) -> tuple[str, Media]:
    for known, kind, media in media_of(found.record):
        if known == number:
            return kind, media
    raise Absent("this call has no such recording")


def _check(media: Media, expires_at: datetime | None, now: datetime) -> None:
    if not media.url:
        at = f"; it is kept there as {media.id}" if media.id else ""
        raise Absent(f"the provider gives the address of a recording only when it is asked{at}")
    if not _openable(media.url):
        raise Absent("the provider's address of the recording is no web address")
    if expires_at is not None and expires_at <= now:
        raise Absent(f"the provider's address of the recording ended at {expires_at:%Y-%m-%d %H:%M} UTC")


def _openable(url: str) -> bool:
    """An address that a browser may be sent to: nothing that runs, nothing with credentials in it."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False


def _ends(media: Media, record: object, lives: timedelta | None) -> datetime | None:
    """When an address ends: by its own parameters, else by how long the provider's addresses live."""
    stated = _stated_end(media.url)
    if stated is not None or lives is None or not isinstance(record, CallRecord):
        return stated
    told = [fact.received_at for fact in record.facts if fact.media is not None and fact.media.url == media.url]
    return max(told) + lives if told else None


def _stated_end(url: str) -> datetime | None:
    """Signed addresses of S3, CloudFront and the like say when they end."""
    try:
        said = dict(parse_qsl(urlsplit(url).query))
        if "X-Amz-Date" in said:
            start = datetime.strptime(said["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return start + timedelta(seconds=int(said["X-Amz-Expires"]))
        return datetime.fromtimestamp(int(said["Expires"]), UTC) if "Expires" in said else None
    except (ValueError, KeyError, OverflowError, OSError):
        return None


# --- texts


def said(record: Interaction, told: Sequence[Words]) -> tuple[tuple[Said, ...], tuple[str, ...], str]:
    """The lines, the summary, and where the provider keeps a text that it does not send."""
    lines = _lines(told, WordsKind.TRANSCRIPT if isinstance(record, CallRecord) else WordsKind.MESSAGE)
    summary = tuple(one.text for one in _lines(told, WordsKind.SUMMARY))
    urls = [words.url for words in told if _openable(words.url)]
    names = _names(record)
    return tuple(_said(one, names) for one in lines), summary, urls[-1] if urls and not lines else ""


def _family(found: Found) -> list[Subject]:
    """The record and its parts."""
    return [found.subject, *(msgspec.structs.replace(found.subject, id=part) for part in found.loaded.links)]


def _facts_of_texts(found: Found) -> Iterator[CallFact | MessageFact]:
    for fact in found.record.facts:
        if not isinstance(fact, CallFact) or fact.kind in _TOLD:
            yield fact


def _first[T](items: Iterable[T], most: int) -> Iterator[T]:
    for number, item in enumerate(items):
        if number == most:
            return
        yield item


def _lines(told: Sequence[Words], kind: WordsKind) -> tuple[Line, ...]:
    """The last whole text, or else all pieces of one that came along with the call."""
    whole = [words for words in told if words.kind is kind and words.lines and not words.running]
    if whole:
        return whole[-1].lines
    return tuple(one for words in told if words.kind is kind and words.running for one in words.lines)


def _names(record: object) -> Mapping[str, str]:
    """Names of our people by the provider's id of them, as far as the call knows them."""
    if not isinstance(record, CallRecord):
        return {}
    parties: list[Party] = [record.user, *(leg.party for leg in record.legs)]
    return {party.account: party.name for party in parties if party.account and party.name}


def _said(one: Line, names: Mapping[str, str]) -> Said:
    speaker = one.speaker.value if isinstance(one.speaker, Speaker) else ""
    return Said(at_s=one.at_s, speaker=speaker, name=names.get(one.account, ""), text=one.text)


def _clock(at_s: float) -> str:
    minutes, seconds = divmod(int(at_s), 60)
    return f"{minutes:02d}:{seconds:02d}"
