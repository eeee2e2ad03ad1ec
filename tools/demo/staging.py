"""The workspaces of the demo: the company's, one for the samples, and one for each further provider."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tools import admin
from tools.simulator import people, stage
from tools.simulator.history import month
from tools.simulator.people import BRANCHES
from tools.stack import state

from .findings import phase
from .memory import DAYS, SEED, Memory, identity, remembered, simulator_version

# Whom the demo signs in as, one of each role.
SHOWN = ("olivia", "martin", "anna", "ines")


def staged(description: state.Description) -> Memory:
    """The workspaces with their people and connections: those of this stack, or new ones."""
    stack_id = identity(description["stack_name"])
    memory = remembered(stack_id)
    if memory is None:
        with phase("Workspace, numbers, users, connections"):
            memory = set_stage(admin.open_site(description["stack_name"]), stack_id)
    return memory


def set_stage(site: admin.Site, stack_id: str) -> Memory:
    """The company's workspace, one for the captured samples, and one for each further provider."""
    taken = set(site.directory.workspaces())
    suffix = "" if "acme" not in taken else f"-{secrets.token_hex(2)}"
    today = datetime.now(UTC).astimezone(ZoneInfo(people.ZONE)).date()
    days = month(today - timedelta(days=1), DAYS)
    main = stage.main_place(site, f"acme{suffix}", stage.company(SEED, days))
    samples = stage.sample_place(site, f"samples{suffix}")
    branches = [stage.branch_place(site, provider, suffix, SEED) for provider in BRANCHES]
    memory = Memory(
        stack_id=stack_id,
        simulator=simulator_version(),
        month=[d.isoformat() for d in days],
        main=stage.keep(main),
        samples=stage.keep(samples),
        branches=[stage.keep(place) for place in branches],
    )
    memory.save()
    owners = [place.logins.get("olivia") or place.logins["owner"] for place in (samples, *branches)]
    state.update(
        workspace=memory.workspace,
        users=[memory.logins[person] for person in SHOWN],
        owners=[
            {**login, "workspace": place.workspace} for login, place in zip(owners, (samples, *branches), strict=True)
        ],
        connections=stage.described([main, *branches, samples], state.outputs().get("FunctionConnect", "")),
    )
    return memory
