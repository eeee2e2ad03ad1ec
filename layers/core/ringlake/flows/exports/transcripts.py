"""What was said in calls and written in texts, a row for each line (features.md F49, N12, N29).

Texts stay in the raw events and are read from there, for those who may see content and have the call or text in
their scope (docs/adr/0080).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import batched
from typing import Any

from ringlake.access.scope import shows
from ringlake.files.sheet import Batch, Field, Kind
from ringlake.flows.answers.content import Said, Texts, said
from ringlake.flows.answers.found import Found, subjects
from ringlake.flows.answers.listed import instant
from ringlake.model.directory import Ability
from ringlake.model.records import Interaction
from ringlake.model.tables import CALLS, MESSAGES, Table
from ringlake.model.words import Words
from ringlake.query.filters import CALL, MESSAGE, Filter
from ringlake.query.resolve import Kind as Range

from .cells import batches_of
from .interactions import selected
from .order import Asked, Report, Work

type Row = Mapping[str, Any]
# Lines, summary, and where the provider keeps a text that it does not send.
type Told = tuple[tuple[Said, ...], tuple[str, ...], str]

_NOTHING: Told = ((), (), "")
# Records whose texts are held at once, and those that are looked for in one pass over a day's archive.
_AT_ONCE, _ARCHIVED = 200, 5_000
_SAME = (
    "record_id", "direction", "user_id", "user_name", "business_number", "remote_number", "remote_name",
)  # fmt: skip
_READS: Mapping[Table, tuple[str, ...]] = {
    CALLS: (*_SAME, "started_at", "transcript", "summary"),
    MESSAGES: (*_SAME, "started_at"),
}
_CHANNEL = {CALLS: CALL, MESSAGES: MESSAGE}
_FIELDS = (
    Field(name="record_id"),
    Field(name="channel"),
    Field(name="direction"),
    Field(name="started_at", kind=Kind.MOMENT),
    Field(name="started_at_local", kind=Kind.LOCAL),
    Field(name="user_id"),
    Field(name="user_name"),
    Field(name="business_number", kind=Kind.PHONE),
    Field(name="remote_number", kind=Kind.PHONE),
    Field(name="remote_name"),
    Field(name="part"),
    Field(name="line_no", kind=Kind.INTEGER),
    Field(name="at_s", kind=Kind.NUMBER),
    Field(name="speaker"),
    Field(name="speaker_name"),
    Field(name="text"),
    Field(name="url"),
)


def _batches(asked: Asked, work: Work) -> Iterator[Batch]:
    """A batch for some records: a transcript may be a megabyte."""
    texts = Texts(work.sources.directory, work.sources.journal, work.sources.raw)
    for day in work.days:
        for table in _READS:
            left: list[Row] = []
            for rows in batched(_wanted(asked, work, table, day), _AT_ONCE, strict=False):
                told = _told(asked, work, table, rows, texts.kept)
                left += [row for row in rows if not told.get(row["record_id"])]
                yield from batches_of(_FIELDS, _lines(table, rows, told), asked.zone)
            for rows in batched(left, _ARCHIVED, strict=False):
                told = _told(asked, work, table, rows, texts.archived)
                yield from batches_of(_FIELDS, _lines(table, rows, told), asked.zone)


def _wanted(asked: Asked, work: Work, table: Table, day: str) -> Iterator[Row]:
    """The calls of a day that have a text, and all messages."""
    for part in selected(table, asked.question.query, work.sources.lake, day, _READS[table]):
        for row in part.to_pylist():
            if table is MESSAGES or row["transcript"] or row["summary"]:
                yield row


def _told(
    asked: Asked,
    work: Work,
    table: Table,
    rows: Sequence[Row],
    read: Callable[[Sequence[Found]], list[list[Words]]],
) -> dict[str, Told]:
    """What is known of the texts of some records, by record id; nothing for those that have none there."""
    found = _found(asked, work, table, rows)
    words = dict(zip(found, read(list(found.values())), strict=True))
    return {record_id: said(one.record, words[record_id]) for record_id, one in found.items() if words[record_id]}


def _lines(table: Table, rows: Sequence[Row], told: Mapping[str, Told]) -> Iterator[dict[str, Any]]:
    """The lines of some records, in the order of the rows; of one whose text is not there, nothing."""
    kind = "transcript" if table is CALLS else "message"
    for row in rows:
        lines, summary, url = told.get(row["record_id"], _NOTHING)
        same = {
            **{name: row[name] or "" for name in _SAME},
            "channel": _CHANNEL[table],
            "started_at": instant(row["started_at"]),
            "started_at_local": instant(row["started_at"]),
        }
        for number, line in enumerate(lines, start=1):
            yield {
                **same,
                "part": kind,
                "line_no": number,
                "at_s": line.at_s,
                "speaker": line.speaker,
                "speaker_name": line.name,
                "text": line.text,
            }
        for number, text in enumerate(summary, start=1):
            yield {**same, "part": "summary", "line_no": number, "text": text}
        if url:
            yield {**same, "part": kind, "url": url}


def _found(asked: Asked, work: Work, table: Table, rows: Sequence[Row]) -> dict[str, Found]:
    """The records of some rows that the viewer may see as they are now, by record id."""
    workspace, seen = asked.question.workspace, asked.question.query.scope
    wanted = {
        subject.key: (row["record_id"], subject)
        for row in rows
        for subject in subjects(workspace.id, row["record_id"], _CHANNEL[table])
    }
    found = {}
    for loaded in work.sources.records.get_many(list(wanted)):
        record = loaded.record
        if isinstance(record, Interaction) and shows(seen, record):
            record_id, subject = wanted[loaded.key]
            found[record_id] = Found(workspace, seen, subject, record, loaded, None, ())
    return found


REPORT = Report(
    name="transcripts",
    title="Transcripts and texts of messages",
    kind=Range.ROWS,
    model=lambda _: Filter,
    fields=lambda _: _FIELDS,
    batches=_batches,
    needs=frozenset({Ability.SEE_CONTENT}),
)
