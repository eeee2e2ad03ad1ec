"""The deployed product on the local stack, for tests of the whole path: fixtures of `integration` and `browser`.

A stack that `make up` started is used when it runs exactly these sources; otherwise one is
started or brought up to date first. Every session has a workspace of its own, so that it finds
nothing of another and can be run any number of times.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from ringlake.stores import clients
from tools import admin
from tools.simulator import deliver, people, render, seeding
from tools.simulator.history import History, history, month
from tools.simulator.observe import Observer, point_at_stack, wait_for
from tools.simulator.truth import Truth, truth
from tools.stack import client, deploy, server, state

SEED = 31
ROUGH = deliver.Faults(duplicated=0.1, reorder=40, delayed=0.1, lost=0.1)
# Three working days around the end of New York's summer time, a few hundred deliveries.
DAYS = month(date(2026, 11, 3), 4)
SCALE = 0.5


@dataclass(frozen=True)
class Stack:
    """The running stack: `outputs` are those of its CloudFormation stack."""

    endpoint: str
    api_url: str
    outputs: dict[str, str]
    mail_dir: Path
    site: admin.Site
    observer: Observer


def _command(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.stack", name], cwd=state.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"tools.stack {name} failed:\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The deployed stack; one that was started for the tests is stopped after them."""
    ran_before = server.running() is not None
    if not deploy.is_current():
        _command("up")
    description = state.describe()
    with patch.dict(os.environ):
        point_at_stack(os.environ, description["region"])
        clients.client.cache_clear()
        outputs, mail_dir = state.outputs(), Path(description["mail_dir"])
        yield Stack(
            endpoint=server.endpoint(),
            api_url=description["api_url"],
            outputs=outputs,
            mail_dir=mail_dir,
            site=admin.open_site(description["stack_name"]),
            observer=Observer(outputs, description["api_url"], mail_dir),
        )
        clients.client.cache_clear()
    if not ran_before:
        _command("down")


@pytest.fixture(scope="session")
def aws(stack: Stack) -> Callable[[str], Any]:
    """`aws("dynamodb")` is a boto3 client of the stack."""
    return lambda service: client(service)


@pytest.fixture(scope="session")
def story() -> History:
    """What happened at the simulated company."""
    return history(people.company(SEED), SEED, DAYS, SCALE)


@pytest.fixture(scope="session")
def seeded(stack: Stack, story: History) -> seeding.Seeded:
    """A workspace of this session alone, with its users and connections."""
    return seeding.seed(stack.site, f"t-{secrets.token_hex(4)}", "Whole path", story.company, seeding.new_keys)


@pytest.fixture(scope="session")
def spare(stack: Stack, story: History) -> seeding.Seeded:
    """A second workspace of the same company, without any calls: for tests that change settings and people."""
    return seeding.seed(stack.site, f"s-{secrets.token_hex(4)}", "Second office", story.company, seeding.new_keys)


@pytest.fixture(scope="session")
def known(story: History) -> Truth:
    return truth(story)


@pytest.fixture(scope="session")
def sent(stack: Stack, seeded: seeding.Seeded, story: History, known: Truth) -> deliver.Sent:
    """All deliveries, badly; the answers. Afterwards everything is folded and in the lake."""
    notices = render.notices(story)
    answers = deliver.deliver(deliver.plan(notices, ROUGH, seed=1), seeded.endpoints, concurrency=4)
    wait_for(
        "the fold of all events",
        lambda: True if stack.observer.folded(seeded.workspace, known.parts).events >= len(notices) else None,
        poll_s=0.5,
    )
    stack.observer.roll_up(seeded.workspace)
    return answers
