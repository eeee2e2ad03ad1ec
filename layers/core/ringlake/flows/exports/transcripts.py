"""What was said in calls and written in texts, a row for each line (features.md F49, N12, N29).

Texts stay in the raw events and are read from there, for those who may see content and have the call or text in
their scope (docs/adr/0080).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from typing import Any

from ringlake.access.scope import shows
from ringlake.files.sheet import Batch, Field, Kind
from ringlake.flows.answers.content import Texts, said
from ringlake.flows.answers.found import Found, subjects
from ringlake.flows.answers.listed import instant
from ringlake.model.directory import Ability
from ringlake.model.records import Interaction
from ringlake.model.tables import CALLS, MESSAGES, Table
from ringlake.query.filters import CALL, MESSAGE, Filter
from ringlake.query.resolve import Kind as Range

from .cells import batches_of
from .interactions import selected
from .order import Asked, Report, Work

# Records that are read at once.
_AT_ONCE = 100
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
    query, lake = asked.question.query, work.sources.lake
    for day in work.days:
        for table, names in _READS.items():
            for part in selected(table, query, lake, day, names):
                wanted = (row for row in part.to_pylist() if table is MESSAGES or row["transcript"] or row["summary"])
                for some in batched(wanted, _AT_ONCE, strict=False):
                    yield from batches_of(_FIELDS, _told(asked, work, texts, table, some), asked.zone)


def _told(
    asked: Asked, work: Work, texts: Texts, table: Table, rows: Sequence[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The lines of some records, in the order of the rows; of one whose text is not kept, nothing."""
    found = _found(asked, work, table, rows)
    told = dict(zip(found, texts.told(list(found.values())), strict=True))
    for row in rows:
        record_id = row["record_id"]
        if record_id not in found:
            continue
        lines, summary, url = said(found[record_id].record, told[record_id])
        same = {
            **{name: row[name] or "" for name in _SAME},
            "channel": _CHANNEL[table],
            "started_at": instant(row["started_at"]),
            "started_at_local": instant(row["started_at"]),
        }
        kind = "transcript" if table is CALLS else "message"
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


def _found(asked: Asked, work: Work, table: Table, rows: Sequence[Mapping[str, Any]]) -> dict[str, Found]:
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
