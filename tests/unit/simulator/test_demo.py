"""What the demo remembers from one run to the next."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tools.demo import memory as remembering
from tools.demo.findings import Findings
from tools.simulator import stage
from tools.simulator.observe import point_at_stack
from tools.stack import server, state


def _memory(**changes: Any) -> remembering.Memory:
    known: dict[str, Any] = {
        "stack_id": "stack code",
        "simulator": remembering.simulator_version(),
        "month": ["2026-10-30", "2026-10-31", "2026-11-01"],
        "main": asdict(stage.Place("acme")),
        "samples": asdict(stage.Place("samples")),
        "branches": [asdict(stage.Place("twilio", "twilio"))],
        "month_sent": True,
    }
    return remembering.Memory(**(known | changes))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(remembering, "MEMORY", tmp_path / "state.json")
    return tmp_path / "state.json"


def test_every_run_adds_the_day_before_all_others() -> None:
    memory = _memory(extra_days=2)
    assert memory.days == [date(2026, 10, 28 + n) for n in range(4)] + [date(2026, 11, 1)]


def test_a_run_goes_on_where_the_last_one_ended(kept: Path) -> None:
    memory = _memory(extra_days=1)
    memory.save()
    assert remembering.remembered("stack code") == memory


@pytest.mark.parametrize(
    "changes",
    [{"stack_id": "another stack"}, {"simulator": "another month"}, {"begun": True, "month_sent": False}],
    ids=["another stack or other code", "another story", "a month that was never sent whole"],
)
def test_what_belongs_to_something_else_is_forgotten(kept: Path, changes: dict[str, Any]) -> None:
    state.write(kept, asdict(_memory(**changes)))
    assert remembering.remembered("stack code") is None


def test_a_stage_without_traffic_is_what_the_first_run_finds(kept: Path) -> None:
    memory = _memory(month_sent=False)
    memory.save()
    assert remembering.remembered("stack code") == memory


def test_one_wrong_number_is_enough_to_fail() -> None:
    findings = Findings()
    findings.add("sent", 10, 10)
    assert findings.right
    findings.add("accepted", 9, 10)
    assert not findings.right


def test_no_setting_of_the_caller_leads_to_another_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "endpoint", lambda: "http://localhost:4566")
    environment = {
        "AWS_PROFILE": "production",
        "AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.example.com",
        "AWS_SESSION_TOKEN": "token",
        "HTTP_PROXY": "http://proxy.example.com:3128",
        "PATH": "/bin",
    }
    point_at_stack(environment, "us-east-1")
    assert environment["AWS_ENDPOINT_URL"] == "http://localhost:4566"
    assert "localhost" in environment["NO_PROXY"]
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_SESSION_TOKEN"} & set(environment)
    assert environment["PATH"] == "/bin"
