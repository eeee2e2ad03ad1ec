"""Amazon Connect on the deployed stack: from the bus to the record, and the check of one event.

The emulator, like AWS, lets nobody put an event of an `aws.` source on the bus. So a rule of the test's
own hands the captured document to the deployed function, and the deployed rule is asked whether it would.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ringlake.model.calls import CallRecord, Outcome
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.records import DynamoRecords
from tests.contract.captures import capture
from tests.deployed import Stack
from tools import admin
from tools import connection as tool
from tools.stack import state

NAMES = ("01_initiated", "02_queued", "03_connected_to_agent", "04_disconnected", "05_completed")
CAPTURED = str(capture("amazon_connect/01_initiated").content["connection"]["options"]["instance_arn"])


@dataclass(frozen=True)
class Joined:
    """A workspace with one instance."""

    workspace: str
    instance: str

    def event(self, name: str) -> dict[str, Any]:
        """A captured event, of this instance."""
        found: dict[str, Any] = json.loads(
            capture(f"amazon_connect/{name}").body.decode().replace(CAPTURED, self.instance)
        )
        return found


@pytest.fixture(scope="module")
def joined(stack: Stack) -> Joined:
    made = Joined(f"bus{secrets.token_hex(4)}", CAPTURED[:-12] + secrets.token_hex(6))
    admin.create_workspace(stack.site, made.workspace, "Bus")
    options = {"instance_arn": made.instance}
    admin.add_connection(stack.site, made.workspace, "amazon_connect", connection_id="contacts", options=options)
    return made


@pytest.fixture
def bus(stack: Stack, aws: Callable[[str], Any]) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Puts a document on the way from the bus to the deployed function."""
    events = aws("events")
    function = aws("lambda").get_function(FunctionName=stack.outputs["FunctionConnect"])["Configuration"]["FunctionArn"]
    made: list[str] = []

    def put(document: dict[str, Any]) -> None:
        name = f"test-{secrets.token_hex(6)}"
        made.append(name)
        events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
        events.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": function, "Input": json.dumps(document)}])
        answer = events.put_events(Entries=[{"Source": name, "DetailType": "any", "Detail": "{}"}])
        assert answer["FailedEntryCount"] == 0

    yield put
    for name in made:
        events.remove_targets(Rule=name, Ids=["t"])
        events.delete_rule(Name=name)


def record(stack: Stack, joined: Joined, wanted: Callable[[CallRecord], bool]) -> CallRecord:
    """The record of the captured call, as soon as it is as wanted."""
    subject_id = json.loads(capture("amazon_connect/01_initiated").body)["detail"]["contactId"]
    subject = Subject(workspace=joined.workspace, kind=SubjectKind.CALL, connection="contacts", id=subject_id)
    records = DynamoRecords(stack.outputs["RecordsTable"])
    for _ in range(200):
        found = records.load(subject).record
        if isinstance(found, CallRecord) and wanted(found):
            return found
        time.sleep(0.1)
    raise AssertionError(f"no such record: {found}")


def test_the_deployed_rule_takes_contact_events_and_nothing_else(
    stack: Stack, aws: Callable[[str], Any], joined: Joined
) -> None:
    events = aws("events")
    function = stack.outputs["FunctionConnect"]
    rules = [r for r in events.list_rules()["Rules"] if r["Name"] == function]
    assert len(rules) == 1
    pattern = rules[0]["EventPattern"]
    event = joined.event("01_initiated")
    assert events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]
    for other in ({"source": "my.app"}, {"detail-type": "Amazon Connect Something Else"}):
        assert not events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event | other))["Result"]
    [reached] = events.list_targets_by_rule(Rule=function)["Targets"]
    assert reached["Arn"].endswith(f":function:{function}")
    assert reached["DeadLetterConfig"]["Arn"].endswith("-connect-dead-letters")


def test_events_of_the_bus_become_a_call(stack: Stack, joined: Joined, bus: Callable[[dict[str, Any]], None]) -> None:
    for name in reversed(NAMES):
        bus(joined.event(name))
    bus(joined.event(NAMES[0]))
    found = record(stack, joined, lambda r: r.revision == len(NAMES))
    assert (found.outcome, found.talk_ms, found.wait_ms) == (Outcome.ANSWERED, 80_000, 28_000)


def test_the_check_tells_what_an_event_becomes_on_the_stack(
    stack: Stack, joined: Joined, bus: Callable[[dict[str, Any]], None], tmp_path: Path
) -> None:
    bus(joined.event("05_completed"))
    record(stack, joined, lambda r: r.ended_at is not None)
    path = tmp_path / "event.json"
    path.write_text(json.dumps(joined.event("05_completed")), encoding="utf-8")
    arguments = ["check", "--request", str(path), "--stack", state.describe()["stack_name"]]
    answer = CliRunner().invoke(tool.app, arguments)
    assert answer.exit_code == 0, answer.output
    assert f"connection   contacts, amazon_connect, workspace {joined.workspace}" in answer.output
    assert "known        a repeat" in answer.output
    assert "outcome          answered" in answer.output
