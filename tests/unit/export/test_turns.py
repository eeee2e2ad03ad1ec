"""A workspace with very many jobs does not keep another one waiting (reliability.md 17).

Time is virtual. Ten workers take messages in the order of their coming, which is worse than the fair queue does; a
file takes five minutes. A worker that starts a job and is killed leaves it running: that is its five minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import msgspec

from ringlake.flows.delivery import TURN_S, Result
from ringlake.flows.exports import run_export
from ringlake.model.jobs import JobState
from tests.unit.export.faults import Killed
from tests.unit.export.world import FILTER, NOW, World

WORKERS, FILE_S, STEP_S = 10, 300, 5


class _Begun:
    """A lake at whose first word the process ends."""

    def __getattr__(self, name: str) -> object:
        raise Killed(name)


@dataclass
class Simulation:
    world: World

    def __post_init__(self) -> None:
        self.waiting: list[tuple[int, str, str]] = []
        self.running: dict[str, tuple[int, str]] = {}
        self.started: dict[str, int] = {}
        self.at = 0

    def order(self, workspace: str) -> str:
        viewer = self.world.viewer("owner", workspace)
        job = self.world.desk.export(viewer, {"filter": FILTER}, self.world.now).id
        self.waiting.append((self.at, workspace, job))
        return job

    def step(self) -> None:
        """Finish what is finished, then let every idle worker take a message."""
        for job, (until, workspace) in list(self.running.items()):
            if until <= self.at:
                held = self.world.jobs.get(workspace, job)
                assert held is not None
                self.world.jobs.transition(held, msgspec.structs.replace(held, state=JobState.READY))
                del self.running[job]
        for visible, workspace, job in sorted(self.waiting):
            if len(self.running) == WORKERS or visible > self.at:
                continue
            self.waiting.remove((visible, workspace, job))
            if self._claimed(workspace, job):
                self.running[job] = self.at + FILE_S, workspace
                self.started[job] = self.at
            else:
                self.waiting.append((self.at + TURN_S, workspace, job))
        self.at += STEP_S
        self.world.now = NOW + timedelta(seconds=self.at)

    def _claimed(self, workspace: str, job: str) -> bool:
        def wrap(store: object) -> object:
            return _Begun() if store is self.world.lake else store

        try:
            said = run_export(workspace, job, sources=self.world.sources(wrap), shop=self.world.shop(wrap))
        except Killed:
            return True
        assert said is Result.WAITS
        return False

    def of(self, workspace: str) -> int:
        return sum(whose == workspace for _, whose in self.running.values())


def test_of_fifty_jobs_of_one_workspace_three_run_at_once_and_anothers_job_starts_at_once() -> None:
    world = World()
    world.limit(exports_at_once=1000, exports_at_once_user=1000)
    simulation = Simulation(world)
    jobs = [simulation.order("acme") for _ in range(50)]
    simulation.step()
    other = simulation.order("rival")
    simulation.step()
    assert simulation.started[other] <= STEP_S

    most = 0
    while simulation.waiting or simulation.running:
        simulation.step()
        most = max(most, simulation.of("acme"))
        # Nobody waits for ever: seventeen turns of five minutes, and half a minute between two of them at most.
        assert simulation.at < 18 * (FILE_S + TURN_S + STEP_S)
    assert most == 3
    assert set(simulation.started) == {*jobs, other}
