"""Records: the folded current state of one subject, by its kind."""

from __future__ import annotations

from .calls import CallRecord
from .contacts import ContactRecord
from .deals import DealRecord
from .messages import MessageRecord
from .presence import PresenceRecord
from .subjects import SubjectKind

Record = CallRecord | MessageRecord | PresenceRecord | ContactRecord | DealRecord
# What customers and we do with each other: records that have a customer, an owner and a row of their own.
Interaction = CallRecord | MessageRecord

RECORDS: dict[SubjectKind, type[Record]] = {
    SubjectKind.CALL: CallRecord,
    SubjectKind.MESSAGE: MessageRecord,
    SubjectKind.PRESENCE: PresenceRecord,
    SubjectKind.CONTACT: ContactRecord,
    SubjectKind.DEAL: DealRecord,
}
