"""Queues of work for the export and report functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ringlake.model.base import to_json

from .clients import client, translated


class Queue(Protocol):
    """One queue. Raises `Unavailable` when it does not answer."""

    def send(self, message: Mapping[str, str], workspace: str) -> None:
        """At least once. No workspace with much work keeps the others waiting."""
        ...


class SqsQueue:
    """A standard queue; the message group makes it a fair queue and promises no order (aws.md 4)."""

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, message: Mapping[str, str], workspace: str) -> None:
        with translated():
            client("sqs").send_message(
                QueueUrl=self._url, MessageBody=to_json(dict(message)).decode(), MessageGroupId=workspace
            )


class MemoryQueue:
    """The twin: keeps what was sent."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, str]]] = []

    def send(self, message: Mapping[str, str], workspace: str) -> None:
        self.messages.append((workspace, dict(message)))
