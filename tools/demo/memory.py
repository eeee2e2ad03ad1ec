"""What a later run has to know of the ones before."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tools.simulator import people, present, stage
from tools.simulator.history import extra_day
from tools.simulator.stage import Place
from tools.stack import client, state

FOLDER = state.LOCAL / "demo"
MEMORY = FOLDER / "state.json"
SEED, SCALE, DAYS = 2026, 1.0, 30
# Each further provider has a few days of a small branch.
BRANCH_SCALE, BRANCH_DAYS = 0.09, 3


@dataclass
class Memory:
    """What a later run has to know, tied to one stack, one deployed code and one version of the simulator."""

    stack_id: str
    simulator: str
    month: list[str]
    main: dict[str, Any]
    samples: dict[str, Any]
    branches: list[dict[str, Any]]
    extra_days: int = 0
    # True once anything has been sent.
    begun: bool = False
    month_sent: bool = False
    # True from before a day is sent until all of it is: the run was interrupted.
    sending: bool = False
    captures_sent: bool = False
    # When the first texts arrived: of some providers' nothing else is known.
    arrived: str = ""
    # Around each of these instants there were a few calls; False while the last ones have not hung up.
    scenes: list[str] = field(default_factory=list)
    hung_up: bool = True

    @property
    def workspace(self) -> str:
        return str(self.main["workspace"])

    @property
    def logins(self) -> dict[str, dict[str, str]]:
        return stage.kept(self.main).logins

    @property
    def places(self) -> list[Place]:
        """The branches, one for each further provider."""
        return [stage.kept(place) for place in self.branches]

    @property
    def company(self) -> people.Company:
        return stage.company(SEED, self.first_days)

    @property
    def first_days(self) -> list[date]:
        """The days of the month, without those that later runs have added."""
        return [date.fromisoformat(d) for d in self.month]

    @property
    def branch_days(self) -> list[date]:
        return self.first_days[-BRANCH_DAYS:]

    @property
    def days(self) -> list[date]:
        """Every day that has been sent, oldest first."""
        first = self.first_days
        return [extra_day(first, n) for n in range(self.extra_days, 0, -1)] + first

    @property
    def stages(self) -> list[present.Scene]:
        """The calls that were watched while they lasted, of every run."""
        return [present.scene(self.company, SEED, datetime.fromisoformat(at)) for at in self.scenes]

    @property
    def last(self) -> date:
        """The last local day of which anything was told."""
        zone = self.company.tz
        return max([self.days[-1], *(datetime.fromisoformat(at).astimezone(zone).date() for at in self.scenes)])

    def save(self) -> None:
        state.write(MEMORY, asdict(self))


def simulator_version() -> str:
    """Changes with anything that changes the invented month or its truth."""
    digest = hashlib.sha256(f"{SEED} {SCALE} {DAYS} {BRANCH_SCALE} {BRANCH_DAYS}".encode())
    for path in sorted((Path(__file__).parents[1] / "simulator").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def identity(stack_name: str) -> str:
    """Changes with a new stack and with new code on it: both have to prove the whole month anew."""
    stack = client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"][0]
    return f"{stack['StackId']} {state.read(state.STATE).get('deployed', '')[:16]}"


def remembered(stack_id: str) -> Memory | None:
    """What the last run left, when it was on this very stack and code.

    A month that was interrupted cannot be told from one that lost something, so it begins anew.
    """
    known = state.read(MEMORY)
    if known.get("stack_id") != stack_id or known.get("simulator") != simulator_version():
        return None
    memory = Memory(**known)
    return None if memory.begun and not memory.month_sent else memory
