"""Alert rules, where each stands, and what came of it, in the directory's table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, NamedTuple, Protocol

from ringlake.errors import Conflict
from ringlake.model.alerts import AlertEvent, AlertRule, AlertState
from ringlake.model.base import from_json, to_json

from .clients import client, translated
from .versions import check_previous

# How long history is kept, and the mark of a rule that is no longer looked at.
KEPT = timedelta(days=90)
PAGE = 50


class Standing(NamedTuple):
    """A rule and where it stands; None before anybody looked."""

    rule: AlertRule
    state: AlertState | None


class Alerts(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def watched(self) -> dict[str, list[str]]:
        """Ids of the rules that are to be looked at, by workspace; workspaces without any are not there."""
        ...

    def all(self, workspace: str) -> list[Standing]:
        """Every rule of a workspace by id, deleted ones too, strongly consistent."""
        ...

    def get(self, workspace: str, rule_id: str) -> Standing | None:
        """Strongly consistent."""
        ...

    def put_rule(self, workspace: str, rule: AlertRule, previous: AlertRule | None) -> None:
        """Replace the rule that `previous` is (None: there must be none), and say whether it is to be looked at, in
        one step; raises `Conflict` when somebody else changed it meanwhile.
        """
        ...

    def advance(
        self, workspace: str, after: AlertState, before: AlertState | None, events: Sequence[AlertEvent] = ()
    ) -> None:
        """The next state in place of the one before, and the events on the way, all or nothing; raises `Conflict`
        when somebody else moved the rule meanwhile.
        """
        ...

    def event(self, workspace: str, rule_id: str, event_id: str) -> AlertEvent | None:
        """Strongly consistent."""
        ...

    def replace_event(self, workspace: str, before: AlertEvent, after: AlertEvent) -> None:
        """Raises `Conflict` when the stored event is not `before` to the last field."""
        ...

    def history(self, workspace: str, rule_id: str, before: str = "", limit: int = PAGE) -> list[AlertEvent]:
        """At most `limit` events of a rule with ids below `before`, newest first."""
        ...


class MemoryAlerts:
    """The twin."""

    def __init__(self) -> None:
        self.rules: dict[tuple[str, str], AlertRule] = {}
        self.states: dict[tuple[str, str], AlertState] = {}
        self.events: dict[tuple[str, str, str], AlertEvent] = {}
        self._lock = Lock()

    def watched(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for (workspace, rule_id), rule in sorted(self.rules.items()):
            if rule.watches:
                found.setdefault(workspace, []).append(rule_id)
        return found

    def all(self, workspace: str) -> list[Standing]:
        with self._lock:
            return [
                Standing(rule, self.states.get(key)) for key, rule in sorted(self.rules.items()) if key[0] == workspace
            ]

    def get(self, workspace: str, rule_id: str) -> Standing | None:
        with self._lock:
            rule = self.rules.get((workspace, rule_id))
            return None if rule is None else Standing(rule, self.states.get((workspace, rule_id)))

    def put_rule(self, workspace: str, rule: AlertRule, previous: AlertRule | None) -> None:
        with self._lock:
            check_previous(self.rules.get((workspace, rule.id)), previous)
            self.rules[workspace, rule.id] = rule

    def advance(
        self, workspace: str, after: AlertState, before: AlertState | None, events: Sequence[AlertEvent] = ()
    ) -> None:
        with self._lock:
            check_previous(self.states.get((workspace, after.rule)), before)
            if any((workspace, one.rule, one.id) in self.events for one in events):
                raise Conflict(after.rule)
            self.states[workspace, after.rule] = after
            self.events |= {(workspace, one.rule, one.id): one for one in events}

    def event(self, workspace: str, rule_id: str, event_id: str) -> AlertEvent | None:
        return self.events.get((workspace, rule_id, event_id))

    def replace_event(self, workspace: str, before: AlertEvent, after: AlertEvent) -> None:
        key = workspace, before.rule, before.id
        with self._lock:
            if self.events.get(key) != before:
                raise Conflict(before.id)
            self.events[key] = after

    def history(self, workspace: str, rule_id: str, before: str = "", limit: int = PAGE) -> list[AlertEvent]:
        of_rule = {key[2]: one for key, one in self.events.items() if key[:2] == (workspace, rule_id)}
        return [of_rule[one] for one in sorted(of_rule, reverse=True) if not before or one < before][:limit]


# Partition of the marks of rules that are looked at, one item for each rule.
_WATCHED = "alerting"


class DynamoAlerts:
    """Partition `workspace#<id>#alerts`: `rule#<rule>`, `state#<rule>` and `event#<rule>#<event>`.

    Which rules of which workspaces are looked at stands in one partition, so that one query a minute finds them. A
    mark that is off expires: nothing that runs by itself may delete from the directory.
    """

    def __init__(self, table: str) -> None:
        self._table = table

    def watched(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for item in self._query("pk = :pk", {":pk": {"S": _WATCHED}}):
            if "off" not in item:
                workspace, _, rule_id = item["sk"]["S"].partition("#")
                found.setdefault(workspace, []).append(rule_id)
        return found

    def all(self, workspace: str) -> list[Standing]:
        # Rules stand before states, events before both.
        values = {":pk": {"S": _partition(workspace)}, ":from": {"S": "rule#"}}
        rules: list[AlertRule] = []
        states: dict[str, AlertState] = {}
        for item in self._query("pk = :pk AND sk >= :from", values):
            kind, _, rule_id = item["sk"]["S"].partition("#")
            if kind == "rule":
                rules.append(from_json(item["doc"]["S"], AlertRule))
            else:
                states[rule_id] = from_json(item["doc"]["S"], AlertState)
        return [Standing(rule, states.get(rule.id)) for rule in rules]

    def get(self, workspace: str, rule_id: str) -> Standing | None:
        rule = self._get(workspace, f"rule#{rule_id}", AlertRule)
        return None if rule is None else Standing(rule, self._get(workspace, f"state#{rule_id}", AlertState))

    def put_rule(self, workspace: str, rule: AlertRule, previous: AlertRule | None) -> None:
        mark: dict[str, Any] = {"pk": {"S": _WATCHED}, "sk": {"S": f"{workspace}#{rule.id}"}}
        if not rule.watches:
            mark |= {"off": {"BOOL": True}, "expires_at": _epoch(rule.updated_at + KEPT)}
        self._together(
            [
                self._put(_document(workspace, f"rule#{rule.id}", rule, rule.version), _version_of(previous)),
                self._put(mark, {}),
            ]
        )

    def advance(
        self, workspace: str, after: AlertState, before: AlertState | None, events: Sequence[AlertEvent] = ()
    ) -> None:
        absent = {"ConditionExpression": "attribute_not_exists(pk)"}
        self._together(
            [
                self._put(_document(workspace, f"state#{after.rule}", after, after.version), _version_of(before)),
                *(self._put(_event_item(workspace, event), absent) for event in events),
            ]
        )

    def event(self, workspace: str, rule_id: str, event_id: str) -> AlertEvent | None:
        return self._get(workspace, f"event#{rule_id}#{event_id}", AlertEvent)

    def replace_event(self, workspace: str, before: AlertEvent, after: AlertEvent) -> None:
        with translated():
            client("dynamodb").put_item(
                TableName=self._table,
                Item=_event_item(workspace, after),
                ConditionExpression="doc = :before",
                ExpressionAttributeValues={":before": {"S": to_json(before).decode()}},
            )

    def history(self, workspace: str, rule_id: str, before: str = "", limit: int = PAGE) -> list[AlertEvent]:
        values = {
            ":pk": {"S": _partition(workspace)},
            ":from": {"S": f"event#{rule_id}#"},
            # Ids begin with digits, which stand before every letter.
            ":to": {"S": f"event#{rule_id}#{before or 'a'}"},
        }
        condition = "pk = :pk AND sk BETWEEN :from AND :to"
        # The bound itself is in the answer of a BETWEEN.
        found = self._query(condition, values, limit + 1, ScanIndexForward=False)
        events = [from_json(item["doc"]["S"], AlertEvent) for item in found]
        return [event for event in events if not before or event.id < before][:limit]

    def _get[T](self, workspace: str, sk: str, kind: type[T]) -> T | None:
        key = {"pk": {"S": _partition(workspace)}, "sk": {"S": sk}}
        with translated():
            item = client("dynamodb").get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return None if item is None else from_json(item["doc"]["S"], kind)

    def _query(self, condition: str, values: dict[str, Any], limit: int = 0, **how: Any) -> list[dict[str, Any]]:
        asked = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
            **how,
        }
        found: list[dict[str, Any]] = []
        while True:
            if limit:
                asked["Limit"] = limit - len(found)
            with translated():
                page = client("dynamodb").query(**asked)
            found += page["Items"]
            if not page.get("LastEvaluatedKey") or (limit and len(found) >= limit):
                return found
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _put(self, item: dict[str, Any], condition: dict[str, Any]) -> dict[str, Any]:
        return {"Put": {"TableName": self._table, "Item": item, **condition}}

    def _together(self, actions: list[dict[str, Any]]) -> None:
        with translated():
            client("dynamodb").transact_write_items(TransactItems=actions)


def _partition(workspace: str) -> str:
    return f"workspace#{workspace}#alerts"


def _document(workspace: str, sk: str, document: object, version: int) -> dict[str, Any]:
    return {
        "pk": {"S": _partition(workspace)},
        "sk": {"S": sk},
        "doc": {"S": to_json(document).decode()},
        "version": {"N": str(version)},
    }


def _event_item(workspace: str, event: AlertEvent) -> dict[str, Any]:
    return {
        "pk": {"S": _partition(workspace)},
        "sk": {"S": f"event#{event.rule}#{event.id}"},
        "doc": {"S": to_json(event).decode()},
        "expires_at": _epoch(event.at + KEPT),
    }


def _version_of(previous: AlertRule | AlertState | None) -> dict[str, Any]:
    if previous is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "version = :known",
        "ExpressionAttributeValues": {":known": {"N": str(previous.version)}},
    }


def _epoch(at: datetime) -> dict[str, str]:
    return {"N": str(int(at.timestamp()))}
