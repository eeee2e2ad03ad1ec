"""What people say about calls and cases (features.md N7, N14, N15, W28). Records stay what they are; the next
roll-up shows the marks beside them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ringlake.access import Principal, scope
from ringlake.access.scope import shows
from ringlake.errors import Conflict, NotFound, Outdated, PlanTooLow
from ringlake.flows.plans import PLANS
from ringlake.model.calls import CallRecord
from ringlake.model.directory import Ability, User
from ringlake.model.marks import CaseState, Marks
from ringlake.model.messages import MessageRecord
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.query.filters import parse
from ringlake.stores.directory import AuditLine
from ringlake.stores.records import Record

from .bodies import CallMarksBody, CaseMarksBody
from .office import Office, View, check_version, line, need, refuse
from .views import CallMarks, CaseMarks


class Marking(Office):
    def call(self, viewer: Principal, record_id: str) -> View[CallMarks]:
        """Marks of a call that the viewer sees; `NotFound` for any other, so that nobody learns what there is."""
        self._seen(viewer, record_id, (SubjectKind.CALL,))
        return _of_call(record_id, self._marks(viewer, record_id))

    def mark_call(
        self, viewer: Principal, record_id: str, body: Any, version: str | None, now: datetime
    ) -> View[CallMarks]:
        """Say all of it anew. A legal hold keeps the record from every deletion, so it needs `administer`."""
        subject = self._seen(viewer, record_id, (SubjectKind.CALL,))
        asked = parse(CallMarksBody, body)
        before = self._marks(viewer, record_id)
        check_version(_version(before), version)
        if asked.legal_hold != (before is not None and before.legal_hold):
            need(viewer, Ability.ADMINISTER, "a legal hold")
        fields = {
            "success": asked.success,
            "labels": None if asked.labels is None else tuple(asked.labels),
            "tags": tuple(asked.tags),
            "note": asked.note,
            "legal_hold": asked.legal_hold,
        }
        after = self._put(viewer, subject, before, fields, "call.mark", now)
        return _of_call(record_id, after)

    def case(self, viewer: Principal, record_id: str) -> View[CaseMarks]:
        """What people set about the case that this call or message opened, and where it stands."""
        subject = self._seen(viewer, record_id, (SubjectKind.CALL, SubjectKind.MESSAGE))
        return self._of_case(subject, self._marks(viewer, record_id))

    def mark_case(
        self, viewer: Principal, record_id: str, body: Any, version: str | None, now: datetime
    ) -> View[CaseMarks]:
        """Assign, dismiss, close as reached, or give it back to the records (state null)."""
        subject = self._seen(viewer, record_id, (SubjectKind.CALL, SubjectKind.MESSAGE))
        asked = parse(CaseMarksBody, body)
        before = self._marks(viewer, record_id)
        check_version(_version(before), version)
        if asked.assignee:
            user = self._stores.directory.find(viewer.workspace, User, asked.assignee)
            refuse([] if user and user.active else [("assignee", "there is no such user")])
        fields = {
            "case_state": asked.state,
            "case_at": self._since(subject, before, asked.state, now),
            "assignee": asked.assignee,
            "case_note": asked.note,
        }
        after = self._put(viewer, subject, before, fields, "case.mark", now)
        return self._of_case(subject, after)

    def _since(self, subject: Subject, before: Marks | None, state: CaseState | None, now: datetime) -> datetime | None:
        """From when the state counts: from now if it is new, or is said again because records have said more since."""
        if state is None or before is None or before.case_state is not state:
            return None if state is None else now
        (loaded,) = self._stores.records.get_many([subject.key])
        case = loaded.consequences.case
        return now if case is not None and case.state is not state else before.case_at

    def _put(
        self,
        viewer: Principal,
        subject: Subject,
        before: Marks | None,
        fields: dict[str, Any],
        action: str,
        now: datetime,
    ) -> Marks:
        base = before or Marks(record_id=subject.record_id, updated_at=now, updated_by=viewer.user.id, version=0)
        different = sorted(name for name, value in fields.items() if getattr(base, name) != value)
        if before is not None and not different:
            # Said before; but the roll-up may not have been told.
            self._stores.records.mark(viewer.workspace, [subject.key])
            return before
        after = msgspec.structs.replace(
            base, **fields, updated_at=now, updated_by=viewer.user.id, version=base.version + 1
        )
        # On record first: whatever happens afterwards, this was ordered.
        self._stores.directory.audit(_said(viewer, now, action, subject, different, fields))
        try:
            self._stores.marks.put(viewer.workspace, after, before)
        except Conflict:
            raise Outdated("somebody else marked it meanwhile: read it again") from None
        self._stores.records.mark(viewer.workspace, [subject.key])
        return after

    def _seen(self, viewer: Principal, record_id: str, kinds: tuple[SubjectKind, ...]) -> Subject:
        if self._workspace(viewer).plan not in PLANS:
            raise PlanTooLow("analytics need the plan business or scale; your history is being kept")
        for subject in _subjects(viewer.workspace, record_id, kinds):
            record = self._record(subject)
            if isinstance(record, CallRecord | MessageRecord) and shows(scope(viewer.user), record):
                return subject
        raise NotFound(record_id)

    def _record(self, subject: Subject) -> Record | None:
        found = self._stores.records.get_many([subject.key])
        return found[0].record if found else None

    def _marks(self, viewer: Principal, record_id: str) -> Marks | None:
        return self._stores.marks.get(viewer.workspace, [record_id]).get(record_id)

    def _of_case(self, subject: Subject, marks: Marks | None) -> View[CaseMarks]:
        (loaded,) = self._stores.records.get_many([subject.key])
        case = loaded.consequences.case
        shown = CaseMarks(
            id=subject.record_id,
            state=marks.case_state if marks else None,
            assignee=marks.assignee if marks else "",
            note=marks.case_note if marks else "",
            updated_at=marks.updated_at if marks else None,
            updated_by=marks.updated_by if marks else "",
            case=case,
        )
        return View(shown, _version(marks))


def _subjects(workspace: str, record_id: str, kinds: tuple[SubjectKind, ...]) -> list[Subject]:
    connection, colon, subject_id = record_id.partition(":")
    if not colon or not subject_id or "#" in connection:
        return []
    return [Subject(workspace=workspace, kind=kind, connection=connection, id=subject_id) for kind in kinds]


def _of_call(record_id: str, marks: Marks | None) -> View[CallMarks]:
    shown = CallMarks(
        id=record_id,
        success=marks.success if marks else None,
        labels=marks.labels if marks else None,
        tags=marks.tags if marks else (),
        note=marks.note if marks else "",
        legal_hold=marks.legal_hold if marks else False,
        updated_at=marks.updated_at if marks else None,
        updated_by=marks.updated_by if marks else "",
    )
    return View(shown, _version(marks))


def _version(marks: Marks | None) -> str:
    """0 before anybody said anything."""
    return str(marks.version if marks else 0)


def _said(
    viewer: Principal, now: datetime, action: str, subject: Subject, different: list[str], fields: dict[str, Any]
) -> AuditLine:
    """What was overridden and by what; of notes and tags, which may hold anything, only that they changed."""
    told: dict[str, Any] = {n: fields[n] for n in ("success", "legal_hold", "case_state", "assignee") if n in different}
    if "labels" in different:
        told["labels"] = None if fields["labels"] is None else [label.value for label in fields["labels"]]
    # The provider's id of a call is no name of a person; connection and id are what F31 calls the stable id.
    return line(viewer, now, action, subject.record_id, fields=different, **told)
