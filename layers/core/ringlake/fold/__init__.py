"""The fold: everything that is known about a subject becomes its record. Pure.

Start at `call.py`. `FOLDS` says which kinds of subjects have a record; events of the other
kinds stay in the journal and are not folded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ringlake.model.calls import CallRecord
from ringlake.model.directory import Directory
from ringlake.model.messages import MessageRecord
from ringlake.model.subjects import Subject, SubjectKind

from .call import fold_call
from .message import fold_message

__all__ = ["FOLDS", "Fold", "fold_call", "fold_message"]


class Fold(Protocol):
    """Facts of one subject (its own and its parts') become its record."""

    def __call__(
        self, subject: Subject, provider: str, facts: Sequence[Any], directory: Directory, *, part_of: str = ""
    ) -> CallRecord | MessageRecord: ...


FOLDS: dict[SubjectKind, Fold] = {
    SubjectKind.CALL: fold_call,
    SubjectKind.MESSAGE: fold_message,
}
