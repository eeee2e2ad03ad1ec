"""Queues of work for the export and report functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ringlake.model.base import to_json

from .clients import client, translated

# What SQS can hold a message back for.
LONGEST_DELAY_S = 900


class Queue(Protocol):
    """One queue. Raises `Unavailable` when it does not answer."""

    def send(self, message: Mapping[str, str], workspace: str, delay_s: int = 0) -> None:
        """At least once, not before `delay_s` (at most `LONGEST_DELAY_S`). No workspace with much work keeps the
        others waiting.
        """
        ...

    def postpone(self, receipt: str, seconds: int) -> None:
        """Let a message that is being worked on come again by then; `receipt` is the handle of its delivery."""
        ...


class SqsQueue:
    """A standard queue; the message group makes it a fair queue and promises no order (aws.md 4)."""

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, message: Mapping[str, str], workspace: str, delay_s: int = 0) -> None:
        later = {"DelaySeconds": delay_s} if delay_s else {}
        with translated():
            client("sqs").send_message(
                QueueUrl=self._url, MessageBody=to_json(dict(message)).decode(), MessageGroupId=workspace, **later
            )

    def postpone(self, receipt: str, seconds: int) -> None:
        with translated():
            client("sqs").change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )


class MemoryQueue:
    """The twin: keeps what was sent, and what was put off."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, str]]] = []
        self.delays: list[int] = []
        self.postponed: dict[str, int] = {}

    def send(self, message: Mapping[str, str], workspace: str, delay_s: int = 0) -> None:
        self.messages.append((workspace, dict(message)))
        self.delays.append(delay_s)

    def postpone(self, receipt: str, seconds: int) -> None:
        self.postponed[receipt] = seconds
