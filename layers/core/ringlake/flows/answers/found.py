"""One record by its id, for those who may see it: a point read, never a scan (demands.md D62)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from ringlake.access import Principal, Scope, scope
from ringlake.access.scope import shows
from ringlake.errors import NotFound, PlanTooLow
from ringlake.flows.deals import counted
from ringlake.flows.plans import PLANS
from ringlake.model.deals import DealRecord
from ringlake.model.directory import Workspace
from ringlake.model.marks import Marks
from ringlake.model.records import Interaction
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.marks import MarksStore
from ringlake.stores.records import Loaded, Records

_KINDS = (SubjectKind.CALL, SubjectKind.MESSAGE)
# What stands in a path as it is; any other id as `~` and its base64url (docs/adr/0056).
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9:._-]*")


@dataclass(frozen=True)
class Found:
    """A record inside the viewer's scope, with what stands beside it. `seen` is that scope."""

    workspace: Workspace
    seen: Scope
    subject: Subject
    record: Interaction
    loaded: Loaded
    marks: Marks | None
    deals: tuple[DealRecord, ...]


class Finder:
    def __init__(self, directory: DirectoryStore, records: Records, marks: MarksStore) -> None:
        self._directory = directory
        self._records = records
        self._marks = marks

    def find(self, viewer: Principal, record_id: str, channel: str = "") -> Found:
        """The call or message with this id; of both the call, unless `channel` says which.

        Raises `NotFound` for what is not there and for what the viewer may not see, so that nobody learns what
        there is; `PlanTooLow`.
        """
        workspace = self._directory.settings(viewer.workspace)
        if workspace.plan not in PLANS:
            raise PlanTooLow("analytics need the plan business or scale; your history is being kept")
        seen = scope(viewer.user)
        for subject in subjects(viewer.workspace, record_id, channel):
            loaded = self._records.load(subject)
            record = loaded.record
            if isinstance(record, Interaction) and shows(seen, record):
                said = self._marks.get(viewer.workspace, [record_id]).get(record_id) if loaded.marked else None
                deals = counted(viewer.workspace, self._records, [loaded]).get(subject.key, ())
                return Found(workspace, seen, subject, record, loaded, said, tuple(deals))
        raise NotFound(record_id)

    def visible(self, found: Found, wanted: list[Subject]) -> dict[str, Interaction]:
        """Those of these records that the viewer may see too, by subject key."""
        shown = {}
        for row in self._records.get_many([subject.key for subject in wanted]) if wanted else ():
            if isinstance(row.record, Interaction) and shows(found.seen, row.record):
                shown[row.key] = row.record
        return shown


def path_of(record_id: str) -> str:
    """Our own path of a call or message."""
    plain = _PLAIN.fullmatch(record_id) is not None
    coded = base64.urlsafe_b64encode(record_id.encode()).rstrip(b"=").decode()
    return f"/v1/interactions/{record_id if plain else '~' + coded}"


def subjects(workspace: str, record_id: str, channel: str = "") -> list[Subject]:
    """What an id may mean; nothing for what can be no id."""
    connection, colon, subject_id = record_id.partition(":")
    if not colon or not subject_id or "#" in connection:
        return []
    kinds = [kind for kind in _KINDS if channel in ("", kind.value)]
    return [Subject(workspace=workspace, kind=kind, connection=connection, id=subject_id) for kind in kinds]
