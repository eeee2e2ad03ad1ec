"""Archive: what the journal keeps for some months is kept as files for good (design section 4).

One object per batch, workspace and UTC day of receipt, named by a digest of what is in it: a
redelivered batch writes the same bytes under the same key. Batches that were cut differently
overlap, which does no harm: who reads the archive puts every event once, by its id.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ringlake.errors import Unavailable
from ringlake.model.base import Model, from_json, to_json
from ringlake.model.events import Quarantined, RawEvent
from ringlake.stores.journal import BELL, Journal, quarantine_key
from ringlake.stores.objects import Objects

# A stream batch of the largest bodies (256 KiB each) would not fit a small function's memory at once.
SLICE = 250

Item = RawEvent | Quarantined
Key = tuple[str, str]


class Line(Model, frozen=True, kw_only=True):
    """One line of an archive file: exactly one of the two is set."""

    event: RawEvent | None = None
    quarantined: Quarantined | None = None

    @property
    def item(self) -> Item:
        found = self.event or self.quarantined
        if found is None:
            raise ValueError("empty line")
        return found


class Archived(Model, frozen=True, kw_only=True):
    """`gone` counts keys whose item was not in the journal any more (expired or erased meanwhile).

    `failed` are the keys that have to come again.
    """

    items: int = 0
    objects: int = 0
    gone: int = 0
    failed: tuple[Key, ...] = ()


def archive(keys: Sequence[Key], *, journal: Journal, raw: Objects) -> Archived:
    """Write the journal items of these keys (pk, sk) to the archive.

    What a store did not take is listed as failed; what was written already and comes again is
    written once more, equal.
    """
    distinct = list(dict.fromkeys(keys))
    done = Archived()
    for at in range(0, len(distinct), SLICE):
        done = _joined(done, _archive(distinct[at : at + SLICE], journal, raw))
    return done


def _archive(keys: list[Key], journal: Journal, raw: Objects) -> Archived:
    try:
        found = journal.get_many(keys)
    except Unavailable:
        return Archived(failed=tuple(keys))
    groups: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in found:
        groups[_workspace(item), item.received_at.date().isoformat()].append(item)
    failed: list[Key] = []
    for (workspace, day), items in sorted(groups.items()):
        items.sort(key=item_key)
        try:
            raw.put(f"{archive_prefix(workspace, day)}{content_id(items)}.jsonl.gz", to_lines(items))
        except Unavailable:
            failed += map(item_key, items)
    missing = set(keys) - {item_key(item) for item in found}
    return Archived(
        items=len(found) - len(failed),
        objects=len(groups),
        # A rung bell is no event and is not missed.
        gone=sum(sk != BELL for _, sk in missing),
        failed=tuple(failed),
    )


def _joined(a: Archived, b: Archived) -> Archived:
    return Archived(
        items=a.items + b.items, objects=a.objects + b.objects, gone=a.gone + b.gone, failed=a.failed + b.failed
    )


def archived(raw: Objects, workspace: str, days: Iterable[str] | None = None) -> Iterator[Item]:
    """Every item of a workspace in the archive, of all days or these; some more than once."""
    prefixes = [archive_prefix(workspace, day) for day in days] if days is not None else [archive_prefix(workspace)]
    for prefix in prefixes:
        for key in raw.list(prefix):
            found = raw.get(key)
            if found is not None:
                yield from from_lines(found[0])


def archive_prefix(workspace: str, day: str = "") -> str:
    """Folder of a workspace, or of one of its UTC days."""
    return f"raw/workspace={workspace}/" + (f"day={day}/" if day else "")


def item_key(item: Item) -> Key:
    """The item's key in the journal."""
    return quarantine_key(item) if isinstance(item, Quarantined) else (item.subject.key, item.event_id)


def content_id(items: Iterable[Item]) -> str:
    """Digest of the items' keys: names the object without showing anything of it."""
    digest = hashlib.sha256()
    for pk, sk in sorted(item_key(item) for item in items):
        digest.update(f"{len(pk)}:{pk}{len(sk)}:{sk}".encode())
    return digest.hexdigest()


def to_lines(items: Iterable[Item]) -> bytes:
    """Gzipped JSON lines; equal items give equal bytes (no time in the gzip header)."""
    lines = [Line(quarantined=i) if isinstance(i, Quarantined) else Line(event=i) for i in items]
    return gzip.compress(b"".join(to_json(line) + b"\n" for line in lines), compresslevel=6, mtime=0)


def from_lines(body: bytes) -> Iterator[Item]:
    """The items of an archive file. Raises `msgspec.ValidationError` or `EOFError` for a damaged one."""
    for line in gzip.decompress(body).splitlines():
        yield from_json(line, Line).item


def _workspace(item: Item) -> str:
    return item.workspace if isinstance(item, Quarantined) else item.subject.workspace
