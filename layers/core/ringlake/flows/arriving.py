"""Marks for the person who sets a connection up: when something last arrived, and what became of it."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from ringlake.flows.ingest import Outcome
from ringlake.stores.arrivals import ArrivalLog

NOTED_AS = {
    Outcome.ACCEPTED: "accepted",
    Outcome.DUPLICATE: "accepted",
    Outcome.QUARANTINED: "quarantined",
    Outcome.NOT_AUTHENTIC: "refused",
}


class Arriving:
    """At most one mark a minute for each connection and kind of outcome, by what this process remembers."""

    def __init__(self, log: ArrivalLog, *, every: timedelta = timedelta(seconds=60), size: int = 512) -> None:
        self._log = log
        self._every = every
        self._size = size
        self._noted: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()
        self._lock = Lock()

    def note(self, workspace: str, connection: str, outcome: Outcome, now: datetime) -> None:
        """Raises `Unavailable`; a mark that was not made is not tried again before its time."""
        what = NOTED_AS.get(outcome)
        if what is None or not connection:
            return
        key = (workspace, connection, what)
        with self._lock:
            before = self._noted.get(key)
            if before is not None and timedelta(0) <= now - before < self._every:
                return
            self._noted[key] = now
            self._noted.move_to_end(key)
            while len(self._noted) > self._size:
                self._noted.popitem(last=False)
        self._log.note(workspace, connection, what, now)
