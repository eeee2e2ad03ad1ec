"""Least privilege, both ways: a function's role allows every call that the function makes, and little else.

The emulator does not check rights unless told to, and then not all of them. So every function runs
here in this process against an emulator that holds the template's stores, every SDK call is
written down, and an evaluator of the template's own policies (as on AWS) says what would happen.
"""

from __future__ import annotations

import contextlib
import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, NamedTuple

import botocore.client
import msgspec
import pytest

from ringlake import settings
from ringlake.flows.exports import REPORTS
from ringlake.flows.ingest import secret_context
from ringlake.model.directory import Account, Connection, Number, Role, Secret, User, Workspace
from ringlake.model.jobs import JobState
from ringlake.model.refolds import Refold
from ringlake.model.schedules import Due
from ringlake.model.tables import CALLS
from ringlake.providers.signatures import sign_standard
from ringlake.stores.addresses import Confirmations, DynamoAddresses, DynamoPasses
from ringlake.stores.alerts import DynamoAlerts
from ringlake.stores.boards import DynamoBoards, Socket
from ringlake.stores.directory import DynamoDirectory, party_key_context, token_digest
from ringlake.stores.jobs import DynamoJobs
from ringlake.stores.journal import BELL
from ringlake.stores.lake import ObjectLake, empty
from ringlake.stores.objects import S3Objects
from ringlake.stores.refolds import DynamoRefolds
from ringlake.stores.schedules import DynamoSchedules
from ringlake.stores.vault import KmsVault
from ringlake.stores.webhooks import HttpsWebhooks, Reply, Unreachable
from tests.integration.emulators import Emulator, emulator, library_at
from tools.template_rules import contract
from tools.template_rules.stack import (
    PARAMETERS,
    ROOT,
    Resource,
    as_list,
    load,
    matches,
    statements,
    target,
    text,
    transform,
)

STACK = load()
FUNCTIONS = {folder: name for name, folder in contract.FUNCTIONS.items()}
# The dashboard's function asks nobody for anything.
ASKING = [folder for folder in FUNCTIONS if folder != "dashboard"]
# What a deployment needs before any function can run.
STORES = (
    "AWS::KMS::Key",
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::Glue::Database",
    "AWS::Glue::Table",
    "AWS::Athena::WorkGroup",
    "AWS::SES::EmailIdentity",
    "AWS::SES::ConfigurationSet",
    "AWS::Cognito::UserPool",
    "AWS::ApiGatewayV2::Api",
)
WORKSPACE, CONNECTION, TOKEN, SUB = "acme", "line", "token-of-the-rights-test-000000001", "sub-0001"
SECRET = "whsec" + "_" + "Y2Fub25pY2FsLXdlYmhv" + "b2stdGVzdC1rZXktMDAwMDE="
MAIL_FROM = "ringlake@example.com"


class Call(NamedTuple):
    """One SDK call in the words of IAM; `resource` is `<logical id>` or `<logical id>/<what in it>`."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]]


@dataclass
class House:
    """The template's stores on an emulator of their own."""

    running: Emulator
    physical: dict[str, str]
    calls: dict[str, list[Call]] = field(default_factory=dict)

    def variables(self, function: str) -> dict[str, str]:
        """The function's environment as CloudFormation would fill it in."""
        declared = STACK.local.resources[FUNCTIONS[function]].get("Environment.Variables", {})
        return {name: self.value(value) for name, value in declared.items()}

    def value(self, node: Any) -> str:
        if "LiveApi" in str(node):
            port = self.running.endpoint.rpartition(":")[2]
            return f"ws://localhost:{port}/_aws/execute-api/{self.physical['LiveApi']}/live"
        if isinstance(node, dict):
            # The API has no place here: its address is only printed into links.
            return self.physical.get(target(node), "https://ringlake.example.com")
        return str(node)

    def logical(self, physical: str) -> str:
        names = {value: name for name, value in self.physical.items()}
        return names.get(physical) or names.get(physical.rpartition("/")[2], "")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with emulator(tmp_path_factory.mktemp("rights") / "emulator") as running:
        template = transform(STACK.source, PARAMETERS["local"])
        kept = {name: r for name, r in template["Resources"].items() if r["Type"] in STORES}
        subset = {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Parameters": template["Parameters"],
            "Conditions": template["Conditions"],
            "Resources": kept,
        }
        s3, cloudformation = running.client("s3"), running.client("cloudformation")
        s3.create_bucket(Bucket="templates")
        s3.put_object(Bucket="templates", Key="stores.json", Body=json.dumps(subset).encode())
        cloudformation.create_stack(
            StackName="rights",
            TemplateURL=f"{running.endpoint}/templates/stores.json",
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in PARAMETERS["local"].items()],
        )
        cloudformation.get_waiter("stack_create_complete").wait(StackName="rights", WaiterConfig={"Delay": 1})
        found = cloudformation.describe_stack_resources(StackName="rights")["StackResources"]
        with library_at(running):
            yield House(running, {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in found})


@pytest.fixture(scope="module")
def played(house: House) -> House:
    """Every function has run once over something to do, and its calls are written down."""
    seed(house)
    body = json.dumps(
        {
            "type": "call.completed",
            "timestamp": datetime.now(UTC).isoformat(),
            # A transcript whose text was not sent: it is looked for in the journal and in the archive.
            "data": {
                "call": {
                    "id": "c1",
                    "from": "+12025550143",
                    "to": "+12025550101",
                    "direction": "inbound",
                    "transcript": {"text": ""},
                }
            },
        }
    )
    accepted = run(house, "ingest", webhook(body))
    repeated = run(house, "ingest", webhook(body))
    unreadable = run(house, "ingest", webhook("no JSON", "msg_2"))
    assert [answer["statusCode"] for answer in (accepted, repeated, unreadable)] == [200, 200, 200]
    for kind, said in (
        ("presence.changed", {"presence": {"account": "desk", "status": "online"}}),
        ("contact.updated", {"contact": {"id": "k1", "name": "Celia", "numbers": ["+12025550143"]}}),
    ):
        told = json.dumps({"type": kind, "timestamp": datetime.now(UTC).isoformat(), "data": said})
        assert run(house, "ingest", webhook(told, f"msg_{len(kind)}"))["statusCode"] == 200

    bells = {"Records": list(doorbells(house))}
    assert len(bells["Records"]) == 4
    assert run(house, "fold", bells) == {"batchItemFailures": []}
    assert run(house, "archive", bells) == {"batchItemFailures": []}
    asked = Refold(id="settings", requested_at=datetime.now(UTC) - timedelta(hours=1), everything=True)
    DynamoRefolds(house.physical["DirectoryTable"]).ask(WORKSPACE, asked)
    assert run(house, "rollup", {}) == {"records": 3}
    # The request is worked off: a bell was rung, which folds like any news and changes nothing.
    rung = {"Records": [bell for bell in doorbells(house) if bell["dynamodb"]["Keys"]["sk"]["S"] == BELL]}
    assert len(rung["Records"]) == 1
    assert run(house, "fold", rung) == {"batchItemFailures": []}
    assert run(house, "archive", rung) == {"batchItemFailures": []}
    # The customer whose name the contact is, and the call.
    assert run(house, "rollup", {}) == {"records": 2}

    today = datetime.now(UTC).date().isoformat()
    for path, route, ordered in (
        ("/v1/exports", "POST /v1/exports", {"filter": {"from": today, "to": today}}),
        (
            "/v1/reports/missed_rate_per_week/runs",
            "POST /v1/reports/{name}/runs",
            {"parameters": {"first_date": today, "last_date": today}},
        ),
    ):
        answer = run(house, "api", api("POST", path, route, ordered))
        assert answer["statusCode"] == 202, answer
        job, function = json.loads(answer["body"])["id"], "export" if "exports" in path else "report"
        message = {"messageId": "m1", "receiptHandle": "r1", "body": json.dumps({"workspace": WORKSPACE, "job": job})}
        assert run(house, function, {"Records": [message]}) == {"batchItemFailures": []}
        show = path.replace("missed_rate_per_week/runs", "runs") + f"/{job}"
        shown = run(house, "api", api("GET", show, re.sub("/v1/(.*)/.*", r"GET /v1/\1/{id}", show)))
        assert json.loads(shown["body"])["state"] == "ready", shown
        assert json.loads(shown["body"])["mail"] == "sent", shown
        handed = run(house, "api", api("GET", f"/v1/exports/{job}/download", "GET /v1/exports/{id}/download"))
        assert handed["statusCode"] == 302, handed
        throw_away(house, function, path, route, ordered, job)
    for path in ("/v1/me", "/v1/exports", "/v1/exports/everybody", "/v1/exports/reports", "/v1/reports"):
        assert run(house, "api", api("GET", path, f"GET {path}"))["statusCode"] == 200
    keep_the_directory(house)
    read_what_happened(house)
    write_every_report(house)
    mail_a_schedule(house)
    ask_by_mail(house)
    look_at_alerts(house)
    close_the_books(house)
    enter_a_deal(house)
    watch_the_board(house)
    assert run(house, "connect", contact_ended())["accepted"] == 1
    return house


def throw_away(house: House, function: str, path: str, route: str, body: object, made: str) -> None:
    """A finished job is deleted; another is cancelled, and its worker, who finds what a dead one left, removes it; a
    third one waits for its turn.
    """

    def ask(route: str, job: str) -> Any:
        method, _, path = route.partition(" ")
        answer = run(house, "api", api(method, path.replace("{id}", job), route) | {"pathParameters": {"id": job}})
        assert answer["statusCode"] == 200, (route, answer)
        return json.loads(answer["body"])

    def work(job: str) -> None:
        message = {"messageId": "m1", "receiptHandle": "r1", "body": json.dumps({"workspace": WORKSPACE, "job": job})}
        assert run(house, function, {"Records": [message]}) == {"batchItemFailures": []}

    assert ask("GET /v1/exports/{id}/manifest", made)["job"] == made
    ask("DELETE /v1/exports/{id}", made)
    s3, bucket = house.running.client("s3"), house.physical["ExportsBucket"]
    prefix = f"workspace={WORKSPACE}/{made}/"
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)

    job = json.loads(run(house, "api", api("POST", path, route, body))["body"])["id"]
    assert ask("POST /v1/exports/{id}/cancel", job)["state"] == "cancelled"
    s3.put_object(Bucket=bucket, Key=f"workspace={WORKSPACE}/{job}/1/left.csv", Body=b"")
    work(job)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix=f"workspace={WORKSPACE}/{job}/")

    jobs, now = DynamoJobs(house.physical["DirectoryTable"]), datetime.now(UTC)
    waits = json.loads(run(house, "api", api("POST", path, route, body))["body"])["id"]
    found = jobs.get(WORKSPACE, waits)
    assert found is not None
    busy = [
        msgspec.structs.replace(found, id=f"{waits}{n}", state=JobState.RUNNING, started_at=now, schedule="s")
        for n in range(3)
    ]
    for other in busy:
        jobs.create(other)
    work(waits)
    for other in busy:
        jobs.delete(other)
    assert jobs.get(WORKSPACE, waits) == found


def read_what_happened(house: House) -> None:
    """The list, one call in detail, its words, the work list, and a question that is kept."""

    def ask(route: str, body: object = None, status: int = 200, **parameters: str) -> Any:
        method, _, path = route.partition(" ")
        for name, value in parameters.items():
            path = path.replace(f"{{{name}}}", value)
        event = api(method, path, route, body) | {"pathParameters": parameters or None}
        event["headers"]["if-match"] = "*"
        answer = run(house, "api", event)
        assert answer["statusCode"] == status, (route, answer)
        return json.loads(answer["body"])

    record = f"{CONNECTION}:c1"
    assert [row["record_id"] for row in ask("GET /v1/interactions")["rows"]] == [record]
    assert [row["record_id"] for row in ask("GET /v1/cases")["rows"]] == [record]
    assert ask("GET /v1/interactions/{id}", id=record)["transcript_link"]
    assert "no longer kept" in ask("GET /v1/interactions/{id}/transcript", status=404, id=record)["detail"]
    question = {"name": "Mine", "view": "/v1/interactions", "parameters": {"preset": "today"}}
    kept = ask("POST /v1/saved-reports", question, 201)["id"]
    ask("PUT /v1/saved-reports/{id}", {**question, "shared": True}, id=kept)
    assert [report["id"] for report in ask("GET /v1/saved-reports")["reports"]] == [kept]
    ask("GET /v1/saved-reports/{id}/run", id=kept)
    ask("DELETE /v1/saved-reports/{id}", id=kept)


def close_the_books(house: House) -> None:
    """An invoice is imported, compared again and deleted, and a month that is over is closed twice."""

    def ask(route: str, body: object = None, **parts: str) -> Any:
        method, _, path = route.partition(" ")
        named = {name: value for name, value in parts.items() if f"{{{name}}}" in path}
        for name, value in named.items():
            path = path.replace(f"{{{name}}}", value)
        event = api(method, path, route, body) | {"pathParameters": named or None}
        event["rawQueryString"] = parts.get("query", "")
        event["headers"] |= {"if-match": "*"} | ({"content-type": "text/csv"} if "file" in parts else {})
        event["body"] = parts.get("file", event["body"])
        answer = run(house, "api", event)
        assert answer["statusCode"] == 200, (route, answer)
        return json.loads(answer["body"])

    columns = {"started_at": "Start", "remote": "To", "amount": "Net"}
    mapping = {"columns": columns, "currency": "EUR"}
    ask("PUT /v1/invoice-mappings/{connection}", mapping, connection=CONNECTION)
    ask("GET /v1/invoice-mappings/{connection}", connection=CONNECTION)
    sheet = f"Start,To,Net\n{datetime.now(UTC):%Y-%m-%d} 08:00,+48600000001,1\n"
    taken = ask("POST /v1/invoices", query=f"connection={CONNECTION}", file=sheet)["invoice"]["id"]
    assert ask("GET /v1/invoices/{id}", id=taken)["tally"]["extra"] == 1
    ask("POST /v1/invoices/{id}/reconcile", id=taken)
    assert len(ask("GET /v1/invoices/{id}/entries", id=taken)["entries"]) >= 1
    ask("DELETE /v1/invoices/{id}", id=taken)
    closed = ask("POST /v1/closings/{month}", {}, month="2026-01")
    assert ask("POST /v1/closings/{month}", {"again": True}, month="2026-01")["sha256"] == closed["sha256"]
    assert len(ask("GET /v1/closings")["closings"]) == 2


def ask_by_mail(house: House) -> None:
    """Somebody outside is asked, agrees and leaves again; a mail comes back, and the block is lifted."""
    table = house.physical["DirectoryTable"]
    confirmations = Confirmations(DynamoAddresses(table), DynamoPasses(table))
    now, out = datetime.now(UTC), "out@client.example"

    def follow(page: str, token: str) -> None:
        for method in ("GET", "POST"):
            event = {"routeKey": f"{method} /mail/{page}/{{token}}", "pathParameters": {"token": token}}
            assert run(house, "mail", event)["statusCode"] == 200

    asked = run(house, "api", api("POST", "/v1/mail/addresses", "POST /v1/mail/addresses", {"address": out}))
    assert asked["statusCode"] == 202, asked
    follow("confirm", confirmations.ask(WORKSPACE, out, "u1", now))
    follow("unsubscribe", confirmations.leave(WORKSPACE, out, "schedule:s1", now))
    mail = {"messageId": "m1", "timestamp": now.isoformat(), "destination": [out], "tags": {"workspace": [WORKSPACE]}}
    for kind in ("Delivery", "Bounce"):
        told = {"eventType": kind, "mail": mail, kind.lower(): {"bounceType": "Permanent"}}
        assert run(house, "mail", {"Records": [{"Sns": {"Message": json.dumps(told)}}]}) is None
    (found,) = (
        one
        for one in json.loads(run(house, "api", api("GET", "/v1/mail/addresses", "GET /v1/mail/addresses"))["body"])[
            "addresses"
        ]
        if one["address"] == out
    )
    assert (found["state"], [one["topic"] for one in found["left"]]) == ("bounced", ["schedule:s1"])
    lift = api("DELETE", f"/v1/mail/addresses/{out}", "DELETE /v1/mail/addresses/{address}")
    lifted = run(house, "api", lift | {"pathParameters": {"address": out}})
    assert json.loads(lifted["body"])["state"] == "ok", lifted


def look_at_alerts(house: House) -> None:
    """Rules of both kinds are looked at, somebody is told, and a receiver of webhooks is not there, then gone."""

    def ask(route: str, body: object = None, **parameters: str) -> Any:
        method, _, path = route.partition(" ")
        event = api(method, path.replace("{id}", parameters.get("id", "")), route, body)
        event["headers"]["if-match"] = "*"
        answer = run(house, "api", event | {"pathParameters": parameters or None})
        assert answer["statusCode"] < 300, (route, answer)
        return json.loads(answer["body"])

    said = {"type": "presence.changed", "timestamp": datetime.now(UTC).isoformat()}
    came = {**said, "data": {"presence": {"account": "anna", "status": "online"}}}
    assert run(house, "ingest", webhook(json.dumps(came), "msg_anna"))["statusCode"] == 200
    assert run(house, "fold", {"Records": list(doorbells(house))}) == {"batchItemFailures": []}
    told = {"recipients": [{"user": "u1"}], "webhook": "https://hooks.example.com/in"}
    nobody = {"name": "Nobody there", "kind": "no_agent", "threshold": 1000, "open_hours": False, **told}
    kept = ask("POST /v1/alerts", nobody)
    there = {"id": kept["id"]}
    ask("POST /v1/alerts", {"name": "Missed", "kind": "missed_burst", "threshold": 1, "recipients": [{"user": "u1"}]})
    ask("PUT /v1/alerts/{id}", {**nobody, "name": "Somebody there?"}, **there)
    ask("POST /v1/alerts/{id}/secret", **there)
    ask("POST /v1/alerts/{id}/mute", {}, **there)
    assert run(house, "rollup", {}) is not None
    assert run(house, "alert", {}) == {"rules": 2, "told": 2}
    ask("POST /v1/alerts/{id}/test", **there)
    assert run(house, "alert", {}) == {"rules": 2, "told": 0}
    events = ask("GET /v1/alerts/{id}/history", **there)["events"]
    assert [event["kind"] for event in events] == ["test", "fired"]
    assert [[one["state"] for one in event["deliveries"]] for event in events] == [["sent", "queued"]] * 2

    for event, reply, state in zip(events, (None, Reply(410)), ("queued", "failed"), strict=True):
        message = {"workspace": WORKSPACE, "rule": kept["id"], "event": event["id"]}
        with pytest.MonkeyPatch.context() as wire:

            def post(*_: object, reply: Reply | None = reply) -> Reply:
                if reply is None:
                    raise Unreachable("no connection")
                return reply

            wire.setattr(HttpsWebhooks, "post", post)
            delivered = {"Records": [{"messageId": "m1", "body": json.dumps(message)}]}
            assert run(house, "hook", delivered) == {"batchItemFailures": []}
        found = DynamoAlerts(house.physical["DirectoryTable"]).event(WORKSPACE, kept["id"], event["id"])
        assert found is not None
        assert found.deliveries[1].state == state
    assert "410" in ask("GET /v1/alerts/{id}", **there)["webhook"]["stopped"]
    ask("DELETE /v1/alerts/{id}", **there)


def write_every_report(house: House) -> None:
    """A file of each report: what it reads, the worker may read."""
    today = datetime.now(UTC).date().isoformat()
    range_ = {"from": today, "to": today}
    charts = {"series": {"by": "user"}, "responses": {}, "concurrency": {}}
    asked = [{"report": name, "filter": range_} for name in REPORTS if name != "chart"]
    asked += [{"report": "chart", "filter": range_, "options": {"chart": c, **more}} for c, more in charts.items()]
    for request in [*asked, {"report": "cases"}]:
        answer = run(house, "api", api("POST", "/v1/exports", "POST /v1/exports", request))
        assert answer["statusCode"] == 202, (request, answer)
        job = json.loads(answer["body"])["id"]
        message = {"messageId": "m1", "receiptHandle": "r1", "body": json.dumps({"workspace": WORKSPACE, "job": job})}
        assert run(house, "export", {"Records": [message]}) == {"batchItemFailures": []}
        made = DynamoJobs(house.physical["DirectoryTable"]).get(WORKSPACE, job)
        assert made is not None
        assert made.state is JobState.READY, (request, made.error)


def mail_a_schedule(house: House) -> None:
    """A report is scheduled with somebody outside among its recipients, becomes due, is ordered and made."""

    def ask(route: str, body: object = None, **parameters: str) -> Any:
        method, _, path = route.partition(" ")
        for name, value in parameters.items():
            path = path.replace(f"{{{name}}}", value)
        event = api(method, path, route, body) | {"pathParameters": parameters or None}
        event["headers"]["if-match"] = "*"
        answer = run(house, "api", event)
        assert answer["statusCode"] < 300, (route, answer)
        return json.loads(answer["body"])

    body = {
        "name": "Yesterday",
        "what": {"request": {}},
        "timing": {"cadence": "daily", "at": "00:00"},
        "recipients": [{"user": "u1"}, {"address": "boss@client.example"}],
    }
    kept = ask("POST /v1/schedules", body)
    there = {"id": kept["id"]}
    assert ask("PUT /v1/schedules/{id}", {**body, "name": "Daily"}, **there)["version"] == 2
    ask("POST /v1/schedules/{id}/run", {}, **there)

    store = DynamoSchedules(house.physical["DirectoryTable"])
    # A finance query, and something to read of yesterday.
    query = {"kind": "report", "name": "missed_rate_per_week"}
    other = ask("POST /v1/schedules", {**body, "what": query, "recipients": [{"user": "u1"}]})
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    ObjectLake(S3Objects(house.physical["LakeBucket"])).write(CALLS, WORKSPACE, yesterday, empty(CALLS), None)
    for schedule_id in (kept["id"], other["id"]):
        due = Due(workspace=WORKSPACE, schedule=schedule_id, at=store.times(WORKSPACE)[schedule_id])
        store.advance(due, due.at - timedelta(days=1))
    assert run(house, "schedule", {}) == {"ordered": 2}
    assert run(house, "schedule", {}) == {"ordered": 0}
    (planned,) = (one for one in ask("GET /v1/schedules/{id}/runs", **there)["runs"] if not one["by"])
    assert [one["reason"] for one in planned["left_out"]] == ["unconfirmed"]
    message = {
        "messageId": "m1",
        "receiptHandle": "r1",
        "body": json.dumps({"workspace": WORKSPACE, "job": planned["job"]}),
    }
    assert run(house, "export", {"Records": [message]}) == {"batchItemFailures": []}
    planned = next(one for one in ask("GET /v1/schedules/{id}/runs", **there)["runs"] if not one["by"])
    assert (planned["job_state"], [one["state"] for one in planned["letters"]]) == ("ready", ["sent"])
    # Somebody who has left: the schedule ends itself.
    orphan = msgspec.structs.replace(store.all(WORKSPACE)[0], id="s-orphan", owner="nobody", version=1)
    store.put(orphan, None, datetime.now(UTC) - timedelta(minutes=1))
    assert run(house, "schedule", {}) == {"ordered": 0}
    assert store.all(WORKSPACE)[-1].stopped


def enter_a_deal(house: House) -> None:
    """Somebody makes a quote of the call and turns it into an order; it is folded and reaches the lake."""

    def ask(route: str, path: str, body: object = None, **parameters: str) -> Any:
        event = api(route.partition(" ")[0], path, route, body) | {"pathParameters": parameters or None}
        event["headers"]["if-match"] = "*"
        answer = run(house, "api", event)
        assert answer["statusCode"] <= 201, (route, answer)
        return json.loads(answer["body"])

    made = ask("POST /v1/deals", "/v1/deals", {"call_id": f"{CONNECTION}:c1", "brand": "Bosch"})["id"]
    changed = ask("PATCH /v1/deals/{id}", f"/v1/deals/{made}", {"state": "ordered"}, id=made)
    assert changed["state"] == "ordered"
    news = [bell for bell in doorbells(house) if "#deal#" in bell["dynamodb"]["Keys"]["pk"]["S"]]
    assert len(news) == 2
    assert run(house, "fold", {"Records": news}) == {"batchItemFailures": []}
    assert run(house, "archive", {"Records": news}) == {"batchItemFailures": []}
    # The deal, the call that is a sale now, and what the directory's keeper has marked.
    assert run(house, "rollup", {})["records"] >= 2
    assert len(ask("GET /v1/deals", "/v1/deals")["rows"]) == 1
    assert ask("GET /v1/customers", "/v1/customers")["count"] == 1


def watch_the_board(house: House) -> None:
    """A screen comes, is told and goes; whoever hung up is forgotten, whoever may not watch is hung up."""
    rings = {"call": {"id": "c9", "direction": "inbound", "from": "+12025550143", "to": "+12025550101"}}
    told = json.dumps({"type": "call.ringing", "timestamp": datetime.now(UTC).isoformat(), "data": rings})
    assert run(house, "ingest", webhook(told, "msg_ringing"))["statusCode"] == 200
    news = [bell for bell in doorbells(house) if bell["dynamodb"]["Keys"]["pk"]["S"].endswith("#c9")]
    assert run(house, "fold", {"Records": news}) == {"batchItemFailures": []}
    answer = run(house, "api", api("POST", "/v1/live/tickets", "POST /v1/live/tickets"))
    assert answer["statusCode"] == 201, answer
    ticket = json.loads(answer["body"])["url"].partition("ticket=")[2]
    assert run(house, "api", api("GET", "/v1/live", "GET /v1/live"))["statusCode"] == 200

    def said(kind: str, screen: str = "screen=", **more: Any) -> int:
        event = {"requestContext": {"eventType": kind, "connectionId": screen}, **more}
        return int(run(house, "live", event)["statusCode"])

    assert said("CONNECT", queryStringParameters={"ticket": ticket}) == 200
    # The emulator knows no such connection: what is sent to it comes back as gone.
    assert said("MESSAGE", body=json.dumps({"action": "subscribe"})) == 200
    bell = {"eventName": "MODIFY", "dynamodb": {"Keys": {"pk": {"S": f"{WORKSPACE}#call#{CONNECTION}#c9"}}}}
    assert run(house, "live", {"Records": [bell]}) == {"batchItemFailures": []}
    # Somebody who watches is there again, and a sweep is due.
    boards = DynamoBoards(house.physical["LiveTable"])
    until = datetime.now(UTC) + timedelta(hours=1)
    boards.join(Socket(id="again=", workspace=WORKSPACE, user_id="u1", expires_at=until))
    assert said("MESSAGE", "again=", body=json.dumps({"action": "ping"})) == 200
    kept = boards.read(WORKSPACE, datetime.now(UTC))
    boards.swept(WORKSPACE, kept.version, datetime.now(UTC) - timedelta(hours=1))
    boards.join(Socket(id="again=", workspace=WORKSPACE, user_id="u1", expires_at=until))
    assert said("MESSAGE", "again=", body=json.dumps({"action": "ping"})) == 200
    boards.join(Socket(id="nobody=", workspace=WORKSPACE, user_id="nobody", expires_at=until))
    assert said("MESSAGE", "nobody=", body=json.dumps({"action": "ping"})) == 200
    assert said("DISCONNECT", "again=") == 200
    # A wall is put up, shown, counted and withdrawn.
    body = {"name": "Reception"}
    answer = run(house, "api", api("POST", "/v1/live/walls", "POST /v1/live/walls", body))
    assert answer["statusCode"] == 201, answer
    made = json.loads(answer["body"])
    token = made["url"].partition("#")[2]
    answer = run(house, "live", {"routeKey": "POST /wall/{token}/ticket", "pathParameters": {"token": token}})
    assert answer["statusCode"] == 201, answer
    ticket = json.loads(answer["body"])["url"].partition("ticket=")[2]
    assert said("CONNECT", "wall=", queryStringParameters={"ticket": ticket}) == 200
    assert said("MESSAGE", "wall=", body=json.dumps({"action": "subscribe"})) == 200
    assert run(house, "live", {"Records": [bell]}) == {"batchItemFailures": []}
    assert run(house, "api", api("GET", "/v1/live/walls", "GET /v1/live/walls"))["statusCode"] == 200
    gone = api("DELETE", f"/v1/live/walls/{made['wall']['id']}", "DELETE /v1/live/walls/{id}")
    answer = run(house, "api", gone | {"pathParameters": {"id": made["wall"]["id"]}})
    assert answer["statusCode"] == 200, answer


def contact_ended() -> dict[str, Any]:
    """An event of Amazon Connect, as the bus hands it over."""
    event: dict[str, Any] = json.loads((ROOT / "events" / "eventbridge_connect.json").read_text(encoding="utf-8"))
    return event


def keep_the_directory(house: House) -> None:
    """Every kind of request to the directory once."""

    def ask(route: str, body: object = None, most: int = 299, **parameters: str) -> Any:
        method, _, path = route.partition(" ")
        for name, value in parameters.items():
            path = path.replace(f"{{{name}}}", value)
        event = api(method, path, route, body) | {"pathParameters": parameters or None}
        event["headers"]["if-match"] = "*"
        answer = run(house, "api", event)
        assert answer["statusCode"] <= most, (route, answer)
        return json.loads(answer["body"])

    base = "/v1/directory"
    ask(f"PATCH {base}/settings", {"repeat_days": 31})
    made = ask(f"POST {base}/connections", {"provider": "generic"})["id"]
    ask(f"POST {base}/connections/{{id}}/secrets", {}, id=made)
    ask(f"POST {base}/connections/{{id}}/token", id=made)
    ask(f"GET {base}/connections/{{id}}/test", id=CONNECTION)
    invited = ask(f"POST {base}/users", {"email": "ben@example.com", "name": "Ben"})["id"]
    ask(f"POST {base}/users/{{id}}/invite", id=invited)
    ask(f"PATCH {base}/users/{{id}}", {"email": "benno@example.com"}, id=invited)
    ask(f"POST {base}/users/{{id}}/suspend", id=invited)
    ask(f"POST {base}/users/{{id}}/activate", id=invited)
    ask(f"PATCH {base}/users/{{id}}", {"signs_in": False}, id=invited)
    ask(f"POST {base}/contacts", {"name": "Carla", "numbers": ["+12025550143"]})
    ask(f"GET {base}/contacts")
    ask(f"PUT {base}/lists", {"spam": ["+12025550144"]})
    ask("GET /v1/quality")
    ask(f"GET {base}/providers")
    ask(f"GET {base}/arrivals")
    ask(f"GET {base}/unmapped")
    ask(f"POST {base}/unmapped/map", {"connection": CONNECTION, "account": "ben", "user": invited})
    ask(f"GET {base}/audit")
    record = f"{CONNECTION}:c1"
    ask("PUT /v1/calls/{id}/marks", {"success": True}, id=record)
    ask("PUT /v1/cases/{id}", {"state": "dismissed"}, id=record)


def seed(house: House) -> None:
    """A workspace with one connection, one user and one number, written as the administrator's tools write."""
    vault = KmsVault(house.physical["Key"])
    directory = DynamoDirectory(house.physical["DirectoryTable"], vault)
    party = vault.encrypt(b"0123456789abcdef0123456789abcdef", party_key_context(WORKSPACE))
    directory.put_workspace(Workspace(id=WORKSPACE, name="Acme", party_secret=party))
    sealed = Secret(id="1", ciphertext=vault.encrypt(SECRET.encode(), secret_context(WORKSPACE, CONNECTION)))
    directory.put_connection(
        Connection(
            id=CONNECTION,
            workspace=WORKSPACE,
            provider="generic",
            token_sha256=token_digest(TOKEN),
            secrets=(sealed,),
        )
    )
    instance = contact_ended()["detail"]["instanceArn"]
    directory.put_connection(
        Connection(
            id="contacts",
            workspace=WORKSPACE,
            provider="amazon_connect",
            token_sha256=token_digest(instance),
            options={"instance_arn": instance},
        )
    )
    account = Account(connection=CONNECTION, id="anna")
    directory.put_user(
        WORKSPACE, User(id="u1", email="anna@example.com", name="Anna", role=Role.OWNER, sub=SUB, accounts=(account,))
    )
    directory.put_number(WORKSPACE, Number(id="n1", e164="+12025550101"))


def webhook(body: str, webhook_id: str = "msg_1") -> dict[str, Any]:
    now_s = int(datetime.now(UTC).timestamp())
    return {
        "rawPath": f"/webhooks/generic/{TOKEN}",
        "rawQueryString": "",
        "headers": {
            "content-type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(now_s),
            "webhook-signature": sign_standard(SECRET.encode(), webhook_id, now_s, body.encode()),
        },
        "requestContext": {"http": {"method": "POST"}},
        "pathParameters": {"provider": "generic", "token": TOKEN},
        "body": body,
        "isBase64Encoded": False,
    }


def api(method: str, path: str, route: str, body: object = None) -> dict[str, Any]:
    claims = {"sub": SUB, "token_use": "access", "client_id": "client", "scope": contract.ACCESS_TOKEN_SCOPE}
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "http": {"method": method, "path": path},
            "stage": "$default",
            "authorizer": {"jwt": {"claims": claims, "scopes": []}},
        },
        "body": json.dumps(body) if body is not None else "",
        "isBase64Encoded": False,
    }


def doorbells(house: House) -> Iterator[dict[str, Any]]:
    """The journal's stream as Lambda would hand it over."""
    table = house.physical["JournalTable"]
    for number, item in enumerate(house.running.client("dynamodb").scan(TableName=table)["Items"]):
        keys = {"pk": item["pk"], "sk": item["sk"]}
        yield {"eventName": "INSERT", "dynamodb": {"Keys": keys, "SequenceNumber": str(number)}}


class Context:
    aws_request_id, function_name, memory_limit_in_mb = "r1", "f", 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def run(house: House, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Call the function's handler in its own environment; its SDK calls are written down."""
    module = import_module(f"functions.{function}.{function}")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in house.variables(function).items():
            environment.setenv(name, value)
        forget(module)
        # awswrangler 3.17.1 still calls pandas in a way that pandas 3 warns about; tests take warnings for errors.
        with warnings.catch_warnings(), recorded(house, house.calls.setdefault(function, [])):
            warnings.simplefilter("ignore")
            answer: dict[str, Any] = module.handler(event, Context())
    forget(module)
    return answer


def forget(module: Any) -> None:
    """As in a process that has just started."""
    settings.read.cache_clear()
    for cached in ("stores", "work", "arriving", "alerting", "hooks", "links", "postmaster"):
        if hasattr(module, cached):
            getattr(module, cached).cache_clear()


@contextlib.contextmanager
def recorded(house: House, calls: list[Call]) -> Iterator[None]:
    """Write down every SDK call of this process, also those of awswrangler."""
    original: Callable[..., Any] = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def make_api_call(self: Any, operation: str, arguments: dict[str, Any]) -> Any:
        calls.extend(in_words_of_iam(house, self.meta.service_model.service_name, operation, arguments))
        return original(self, operation, arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", make_api_call)
        yield


# Operations whose IAM action has another name.
ACTIONS = {
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
}


def in_words_of_iam(house: House, service: str, operation: str, arguments: Mapping[str, Any]) -> Iterator[Call]:
    """The rights that a call needs: action, resource, and the condition keys that our policies ask for."""
    action = ACTIONS.get(f"{service}:{operation}", f"{service}:{operation}")
    match service:
        case "dynamodb":
            yield from _dynamodb(house, action, arguments)
        case "s3":
            bucket, key = house.logical(arguments["Bucket"]), arguments.get("Key", "")
            prefix = {"s3:prefix": (str(arguments.get("Prefix", "")),)}
            yield Call(action, f"{bucket}/{key}" if key else bucket, {} if key else prefix)
        case "sqs":
            yield Call(action, house.logical(arguments["QueueUrl"]), {})
        case "kms":
            bound = {f"kms:EncryptionContext:{k}": (str(v),) for k, v in arguments["EncryptionContext"].items()}
            yield Call(action, house.logical(arguments["KeyId"]), bound)
        case "cognito-idp":
            yield Call(action, house.logical(arguments["UserPoolId"]), {})
        case "ses":
            # The identity's own configuration set is checked as well.
            for resource in ("MailFrom", "MailSet"):
                yield Call(action, resource, {"ses:FromAddress": (str(arguments["Source"]),)})
        case "athena":
            yield Call(action, "AthenaWorkgroup", {})
        case "apigatewaymanagementapi":
            method = {"PostToConnection": "POST", "DeleteConnection": "DELETE"}[operation]
            called = f"LiveApi/live/{method}/@connections/{arguments['ConnectionId']}"
            yield Call("execute-api:ManageConnections", called, {})
        case _:
            yield Call(action, "", {})


def _dynamodb(house: House, action: str, arguments: Mapping[str, Any]) -> Iterator[Call]:
    if "RequestItems" in arguments:
        for name, asked in arguments["RequestItems"].items():
            keys = tuple(key["pk"]["S"] for key in asked["Keys"])
            yield Call(action, house.logical(name), {"dynamodb:LeadingKeys": keys})
        return
    if "TransactItems" in arguments:
        # A transaction needs the rights of its parts.
        for part in arguments["TransactItems"]:
            for kind, write in part.items():
                yield from _dynamodb(house, f"dynamodb:{kind}Item", write)
        return
    table = house.logical(arguments["TableName"])
    resource = f"{table}/index/{arguments['IndexName']}" if "IndexName" in arguments else table
    item = arguments.get("Key") or arguments.get("Item")
    if item:
        leading = item["pk"]["S"]
    else:
        # All our queries compare the partition key with one value, which their condition names first.
        first = arguments["KeyConditionExpression"].partition("=")[2].split()[0]
        leading = arguments["ExpressionAttributeValues"][first]["S"]
    yield Call(action, resource, {"dynamodb:LeadingKeys": (leading,), **_changed(arguments)})


def _changed(arguments: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Attributes that an update names, with those of its key."""
    if "UpdateExpression" not in arguments:
        return {}
    names = arguments.get("ExpressionAttributeNames", {})
    found = re.findall(r"(#?\w+) = ", arguments["UpdateExpression"])
    return {"dynamodb:Attributes": (*arguments["Key"], *(names.get(name, name) for name in found))}


def granted(function: str) -> list[dict[str, Any]]:
    """The statements of a function's own role on AWS."""
    lambda_function: Resource = STACK.aws.resources[FUNCTIONS[function]]
    role = STACK.aws.resources[target(lambda_function.get("Role"))]
    found = [s for policy in role.get("Policies", []) for s in statements(policy["PolicyDocument"])]
    return [s for s in found if s["Effect"] == "Allow"]


def allows(statement: Mapping[str, Any], call: Call) -> bool:
    """IAM's rule for one Allow statement: action, resource and every condition have to match."""
    return (
        call.action in as_list(statement["Action"])
        and any(_covers(resource, call.resource) for resource in as_list(statement["Resource"]))
        and all(_holds(operator, keys, call.context) for operator, keys in statement.get("Condition", {}).items())
    )


def _covers(resource: Any, called: str) -> bool:
    if target(resource) and not text(resource):
        return target(resource) == called
    pattern = re.sub(r"\$\{(\w+)\.Arn\}", r"\1", text(resource))
    if ":identity/" in pattern:
        return called == "MailFrom" and pattern.endswith(f":identity/{MAIL_FROM}")
    if ":configuration-set/" in pattern:
        return called == "MailSet" and pattern.endswith(f":configuration-set/ringlake-{PARAMETERS['aws']['Env']}")
    if "${LiveApi}" in pattern:
        return matches("LiveApi" + pattern.partition("${LiveApi}")[2], called)
    if ":workgroup/" in pattern:
        return called == "AthenaWorkgroup" and pattern.endswith("/${AthenaWorkgroup}")
    return matches(pattern, called)


def _holds(operator: str, keys: Mapping[str, Any], context: Mapping[str, tuple[str, ...]]) -> bool:
    for key, wanted in keys.items():
        values, patterns = context.get(key, ()), [str(one) for one in as_list(wanted)]
        match operator:
            case "ForAllValues:StringLike" | "StringLike":
                fits = all(any(matches(pattern, value) for pattern in patterns) for value in values)
            case "StringEqualsIfExists":
                fits = set(values) <= set(patterns)
            case "StringEquals":
                # A display name before the address is not part of the key's value.
                fits = all(value.rpartition("<")[2].rstrip(">") in patterns for value in values)
            case _:
                raise ValueError(f"the evaluator does not know {operator}")
        if not fits or (not values and not operator.startswith("ForAllValues") and not operator.endswith("IfExists")):
            return False
    return True


# Granted for what cannot be played here, with the reason.
SELDOM = {
    # A sender's repeat is seen by the conditional write alone; the read is for stores that do not say what is there.
    ("ingest", "dynamodb:GetItem", "JournalTable"),
    ("connect", "dynamodb:GetItem", "JournalTable"),
    # Lambda puts what it gives up there, with the function's role.
    ("connect", "sqs:SendMessage", "ConnectDeadLetters"),
    ("fold", "dynamodb:GetItem", "JournalTable"),
    # Subjects that cannot be folded, and parts of other calls.
    ("fold", "dynamodb:PutItem", "JournalTable"),
    ("fold", "dynamodb:PutItem", "RecordsTable"),
    # An upload that breaks off is aborted.
    ("export", "s3:AbortMultipartUpload", "ExportsBucket"),
    ("report", "s3:AbortMultipartUpload", "ExportsBucket"),
    ("mail", "sqs:SendMessage", "MailDeadLetters"),
    # Lambda tells there of batches of bells that it gives up, with the function's role.
    ("live", "sqs:SendMessage", "LiveDeadLetters"),
    # A record that cannot be shown.
    ("live", "dynamodb:PutItem", "JournalTable"),
    # Athena writes results and reads tables with the rights of who asks, and is asked to stop when we give up.
    ("report", "s3:PutObject", "ExportsBucket"),
    ("report", "s3:ListMultipartUploadParts", "ExportsBucket"),
    ("report", "s3:GetBucketLocation", "ExportsBucket"),
    ("report", "s3:GetBucketLocation", "LakeBucket"),
    ("report", "s3:ListBucket", "LakeBucket"),
    ("report", "s3:GetObject", "LakeBucket"),
    ("report", "athena:StopQueryExecution", "AthenaWorkgroup"),
    ("report", "athena:GetQueryResults", "AthenaWorkgroup"),
    # Without the right to list, S3 answers 403 instead of 404 for an object that does not exist.
    ("rollup", "s3:ListBucket", "LakeBucket"),
    ("export", "s3:ListBucket", "LakeBucket"),
    ("export", "s3:ListBucket", "ExportsBucket"),
    ("report", "s3:ListBucket", "ExportsBucket"),
    ("api", "s3:ListBucket", "LakeBucket"),
    # The signed address is checked against it when it is used.
    ("api", "s3:GetObject", "ExportsBucket"),
}
# Used by Lambda itself with the function's role.
SERVICE_ACTIONS = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
}


@pytest.mark.parametrize("function", ASKING)
def test_a_function_may_do_all_that_it_does(played: House, function: str) -> None:
    calls = played.calls[function]
    assert calls
    refused = {
        f"{c.action} on {c.resource or 'everything'} {dict(c.context)}" for c in calls if not _allowed(function, c)
    }
    assert not refused


def _allowed(function: str, call: Call) -> bool:
    return any(allows(statement, call) for statement in granted(function))


@pytest.mark.parametrize("function", ASKING)
def test_a_function_may_do_little_more_than_it_does(played: House, function: str) -> None:
    used = {(call.action, call.resource.split("/")[0]) for call in played.calls[function]}
    unused = {
        (function, action, _owner(resource))
        for statement in granted(function)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if action not in SERVICE_ACTIONS and not action.startswith("glue:") and _owner(resource) != "FailuresBucket"
    }
    unused = {right for right in unused if right[1:] not in used}
    assert unused <= SELDOM, sorted(unused - SELDOM)


def test_the_dashboards_function_may_write_its_log_and_nothing_else() -> None:
    role = STACK.aws.resources[target(STACK.aws.resources[FUNCTIONS["dashboard"]].get("Role"))]
    assert not role.get("ManagedPolicyArns")
    assert [(s["Action"], target(s["Resource"])) for s in granted("dashboard")] == [
        (["logs:CreateLogStream", "logs:PutLogEvents"], "DashboardLog")
    ]


def _owner(resource: Any) -> str:
    if ":identity/" in text(resource):
        return "MailFrom"
    if ":configuration-set/" in text(resource):
        return "MailSet"
    if ":workgroup/" in text(resource):
        return "AthenaWorkgroup"
    if "${LiveApi}" in text(resource):
        return "LiveApi"
    return re.sub(r"^\$\{(\w+)\.Arn\}.*", r"\1", text(resource)) or target(resource)


@pytest.mark.parametrize(
    ("function", "call"),
    [
        ("ingest", Call("dynamodb:PutItem", "DirectoryTable", {})),
        ("ingest", Call("dynamodb:GetItem", "DirectoryTable", {"dynamodb:LeadingKeys": ("sub#1",)})),
        ("connect", Call("dynamodb:GetItem", "DirectoryTable", {"dynamodb:LeadingKeys": ("sub#1",)})),
        ("connect", Call("kms:Decrypt", "Key", {"kms:EncryptionContext:connection": ("line",)})),
        ("fold", Call("dynamodb:PutItem", "JournalTable", {"dynamodb:LeadingKeys": ("acme#call#line#1",)})),
        ("rollup", Call("dynamodb:PutItem", "DirectoryTable", {"dynamodb:LeadingKeys": ("workspace#acme",)})),
        ("rollup", Call("dynamodb:UpdateItem", "JournalTable", {"dynamodb:Attributes": ("pk", "sk", "body")})),
        ("rollup", Call("dynamodb:UpdateItem", "JournalTable", {"dynamodb:ReturnValues": ("ALL_OLD",)})),
        ("live", Call("dynamodb:PutItem", "RecordsTable", {"dynamodb:LeadingKeys": ("acme#call#line#1",)})),
        ("live", Call("dynamodb:DeleteItem", "DirectoryTable", {"dynamodb:LeadingKeys": ("sub#1",)})),
        ("live", Call("execute-api:ManageConnections", "LiveApi/live/GET/@connections/a=", {})),
        ("live", Call("kms:Decrypt", "Key", {"kms:EncryptionContext:purpose": ("party_key",)})),
        ("api", Call("dynamodb:PutItem", "LiveTable", {"dynamodb:LeadingKeys": ("board#acme",)})),
        ("api", Call("s3:PutObject", "ExportsBucket/workspace=acme/1/a.csv", {})),
        ("api", Call("dynamodb:DeleteItem", "DirectoryTable", {"dynamodb:LeadingKeys": ("workspace#acme",)})),
        (
            "api",
            Call("dynamodb:UpdateItem", "DirectoryTable", {"dynamodb:LeadingKeys": ("workspace#acme#audit#2026",)}),
        ),
        ("api", Call("dynamodb:Query", "JournalTable", {"dynamodb:LeadingKeys": ("acme#presence#line#anna",)})),
        ("api", Call("s3:ListBucket", "RawBucket", {"s3:prefix": ("failures/",)})),
        ("api", Call("kms:Decrypt", "Key", {"kms:EncryptionContext:connection": ("line",)})),
        ("api", Call("cognito-idp:AdminSetUserPassword", "UserPool", {})),
        ("api", Call("s3:GetObject", "ExportsBucket/athena/1.csv", {})),
        ("export", Call("ses:SendRawEmail", "MailFrom", {"ses:FromAddress": ("ceo@example.com",)})),
        ("mail", Call("ses:SendRawEmail", "MailSet", {"ses:FromAddress": ("ceo@example.com",)})),
        ("mail", Call("dynamodb:PutItem", "DirectoryTable", {"dynamodb:LeadingKeys": ("workspace#acme",)})),
        ("mail", Call("dynamodb:PutItem", "DirectoryTable", {"dynamodb:LeadingKeys": ("pass#1",)})),
        ("mail", Call("dynamodb:Query", "DirectoryTable", {"dynamodb:LeadingKeys": ("pass#1",)})),
        ("archive", Call("s3:GetObject", "RawBucket/raw/workspace=acme/day=2026-11-21/a.gz", {})),
    ],
)
def test_the_evaluator_refuses_what_is_not_granted(function: str, call: Call) -> None:
    assert not _allowed(function, call)


def test_a_name_before_the_senders_address_changes_nothing() -> None:
    spoken = Call("ses:SendRawEmail", "MailFrom", {"ses:FromAddress": (f"Ringlake <{MAIL_FROM}>",)})
    assert _allowed("export", spoken)
