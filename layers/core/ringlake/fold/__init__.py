"""The fold: everything that is known about a subject becomes its record. Pure.

Start at `call.py`. `FOLDS` says which kinds of subjects have a record; events of the other
kinds stay in the journal and are not folded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ringlake.model.directory import Directory
from ringlake.model.records import Record
from ringlake.model.subjects import Subject, SubjectKind

from .call import fold_call
from .contact import fold_contact
from .deal import fold_deal
from .message import fold_message
from .presence import fold_presence

__all__ = ["FOLDS", "Fold", "fold_call", "fold_contact", "fold_deal", "fold_message", "fold_presence"]


class Fold(Protocol):
    """Facts of one subject (its own and its parts') become its record."""

    def __call__(
        self, subject: Subject, provider: str, facts: Sequence[Any], directory: Directory, *, part_of: str = ""
    ) -> Record: ...


FOLDS: dict[SubjectKind, Fold] = {
    SubjectKind.CALL: fold_call,
    SubjectKind.MESSAGE: fold_message,
    SubjectKind.PRESENCE: fold_presence,
    SubjectKind.CONTACT: fold_contact,
    SubjectKind.DEAL: fold_deal,
}
