"""Run it: `python -m tools.demo`; with `stage`, only the workspaces are made."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.table import Table
from rich.text import Text

from tools.simulator import render, stage
from tools.simulator.history import history
from tools.simulator.observe import Observer, point_at_stack
from tools.simulator.people import BRANCHES
from tools.stack import server, state
from tools.stack.server import StackError

from .answers import answers, quotes
from .files import detailed, export, reports
from .finance import closing, invoice, scheduled
from .findings import Findings, console, phase, show
from .lake import ask_athena, check_branches, check_folded, check_lake, wait_until_folded
from .live import watch
from .memory import BRANCH_SCALE, FOLDER, SCALE, SEED, Memory
from .sending import send, send_captures, told
from .staging import SHOWN, staged

# The watched calls were a little earlier, so that they are over by now.
EARLIER = timedelta(minutes=10)


def run(description: state.Description, findings: Findings) -> Memory:
    """All phases in order; raises RuntimeError where one cannot go on."""
    point_at_stack(os.environ, description["region"])
    observer = Observer(state.outputs(), description["api_url"], Path(description["mail_dir"]))
    memory = staged(description)
    memory.begun = True
    memory.save()
    company = memory.company
    if memory.month_sent:
        memory.extra_days += not memory.sending
        todo = memory.days[:1]
        title = f"One more day, {todo[0]}, and the branches again"
    else:
        todo, title = memory.days, f"The month {memory.month[0]} to {memory.month[-1]}, {len(BRANCHES)} branches"
    with phase("Captured samples"):
        send_captures(memory, observer, findings)
    memory.arrived = memory.arrived or datetime.now(UTC).isoformat()
    arrival = datetime.fromisoformat(memory.arrived)
    if memory.hung_up:
        memory.scenes.append((datetime.now(UTC) - EARLIER).replace(microsecond=0).isoformat())
    main = told(stage.kept(memory.main), company, memory.days, SCALE, arrival, memory.stages)
    before = told(stage.kept(memory.main), company, memory.days, SCALE, arrival, memory.stages[:-1])
    branches = [told(p, p.company(SEED), memory.branch_days, BRANCH_SCALE, arrival) for p in memory.places]
    with phase(title):
        notices = {main.place.workspace: render.notices(history(company, SEED, todo, SCALE))}
        notices |= {t.place.workspace: t.notices for t in branches}
        fresh = {main.place.workspace} if memory.month_sent else set(notices)
        said = send(memory, observer, notices, fresh, findings)
        memory.month_sent = True
        memory.save()
    with phase("Fold"):
        wait_until_folded(observer, [before, *branches])
    with phase("Calls while they last"):
        watch(observer, memory, findings)
        check_folded(observer, [main, *branches], findings)
    with phase("Roll-up to the lake"):
        observer.roll_up(*(t.place.workspace for t in (main, *branches)))
        check_lake(observer, main, findings)
        check_branches(observer, branches, said, findings)
    with phase("Summary and heat map"):
        answers(observer, memory, main, findings)
    with phase("Quotes"):
        quotes(observer, memory, main, findings)
    with phase("SQL"):
        ask_athena(observer, memory, main.known, findings)
    with phase("Export by mail"):
        export(observer, memory, main.known, findings)
    with phase("A file with every step, for Excel"):
        detailed(observer, memory, main.known, findings)
    with phase("Finance reports by mail"):
        reports(observer, memory, main.known, findings)
    with phase("A report every week"):
        scheduled(observer, memory, main.known, findings)
    with phase("The provider's invoice"):
        invoice(observer, memory, main.known, findings)
    with phase("The month is closed"):
        closing(observer, memory, findings)
    return memory


def show_addresses(memory: Memory, api_url: str) -> None:
    console.print(
        Text.assemble("\nDashboard  ", (f"{api_url}/", "bold"), "   (open it in a browser; the stack keeps running)")
    )
    table = Table("role", "e-mail", "password", title="Who can sign in, one of each role")
    for person in SHOWN:
        login = memory.logins[person]
        table.add_row(login["role"], login["email"], login["password"])
    console.print(table)
    console.print(Text(f"API {api_url}  AWS {server.endpoint()}"))
    console.print("Details are in .local/stack.json; `make down` stops everything.")


def set_up() -> int:
    """Only the workspaces, without any traffic: what `make up` leaves for other programs."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        description = state.describe()
        point_at_stack(os.environ, description["region"])
        staged(description)
    except (RuntimeError, StackError) as error:
        console.print(Text(f"The stack runs, but has no workspace: {error}", style="red"))
        return 1
    return 0


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    findings = Findings()
    stopped = None
    try:
        description = state.describe()
        memory = run(description, findings)
    except (RuntimeError, StackError) as error:
        stopped = error
    show(findings)
    if stopped is not None:
        console.print(Text(f"Stopped before the end: {stopped}", style="red"))
    else:
        show_addresses(memory, description["api_url"])
    console.print(f"[dim]{time.monotonic() - began:.0f} s in all[/dim]")
    return 0 if stopped is None and findings.right else 1


if __name__ == "__main__":
    sys.exit(set_up() if sys.argv[1:] == ["stage"] else main())
