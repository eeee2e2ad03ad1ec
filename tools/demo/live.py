"""The board while people talk."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAVY
from rich.table import Table
from rich.text import Text

from tools.simulator import deliver, people, render, stage
from tools.simulator.observe import Observer

from .findings import Findings, console
from .memory import SEED, Memory
from .sending import CONCURRENCY

LOOK_AT_LIVE = "ringlake/fold/board.py, ringlake/flows/live.py and the log of the live function"
LIVE_PATIENCE_S = 60.0
# How the header of the board is called there (features.md R2-R6).
HEADER = {
    "total": "total",
    "waiting": "waiting",
    "waiting_incoming": "waiting_inbound",
    "talking": "talking",
    "talking_incoming": "talking_inbound",
}


def watch(observer: Observer, memory: Memory, findings: Findings) -> None:
    """A few calls around one instant: the board while they last, and after they have hung up."""
    scene = memory.stages[-1]
    place = stage.kept(memory.main)
    login = memory.logins["olivia"]
    token = observer.sign_in(login["email"], login["password"])

    def tell(notices: Sequence[render.Notice]) -> None:
        sent = deliver.deliver(deliver.plan(notices, deliver.NONE, SEED), place.plan, concurrency=CONCURRENCY)
        findings.add("live webhooks answered 2xx", sent.by_status[200], len(notices), LOOK_AT_LIVE)

    def board(expected: Mapping[str, int]) -> Any:
        """The board as soon as it says what is expected, or after some patience whatever it says."""
        until = time.monotonic() + LIVE_PATIENCE_S
        while True:
            found = observer.asked("/v1/live", token)
            if all(found["header"][name] == expected[ours] for name, ours in HEADER.items()):
                return found
            if time.monotonic() > until:
                return found
            time.sleep(0.25)

    memory.hung_up = False
    memory.save()
    tell(scene.told)
    began = time.monotonic()
    shown = board(scene.header)
    show_board(shown)
    console.print(f"  [dim]on the board {time.monotonic() - began:.1f} s after the last webhook[/dim]")
    for name, ours in HEADER.items():
        findings.add(
            f"live: {name.replace('_', ', of which ')}", shown["header"][name], scene.header[ours], LOOK_AT_LIVE
        )
    tell(scene.rest)
    over = board(dict.fromkeys(scene.header, 0))
    findings.add("live after they hung up", over["header"]["total"], 0, LOOK_AT_LIVE)
    memory.hung_up = True
    memory.save()


def show_board(shown: Mapping[str, Any]) -> None:
    head = shown["header"]
    console.print(
        f"  {head['total']} calls: {head['waiting']} waiting ({head['waiting_incoming']} incoming), "
        f"{head['talking']} talking ({head['talking_incoming']} incoming)"
    )
    table = Table("type", "status", "since", "employee", "customer", "number", title="Live board", box=SIMPLE_HEAVY)
    for call in shown["calls"]:
        on_it = ", ".join(e["name"] for e in call["employees"])
        who = on_it or (f"{len(call['ringing'])} ringing" if call["ringing"] else call["queue"] or "menu")
        since = datetime.fromisoformat(call["status_since"]).astimezone(ZoneInfo(people.ZONE))
        customer = call["customer_name"] or call["customer_number"]
        cells = (call["type"], call["status"], f"{since:%H:%M:%S}", who, customer, call["business_number_name"])
        table.add_row(*map(Text, cells))
    console.print(table)
