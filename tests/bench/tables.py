"""DynamoDB in this process, for counting: what every call costs by AWS's published rules.

A client's calls are answered before they would leave (botocore's `before-call`), so requests are
built and errors raised as always. Only the expressions that our stores use are known; another
one fails loudly.

Units (AWS, `DynamoDB read and write operations`): a write costs its item's larger size, before
or after, in whole KB; a refused conditional write costs the size of what is there; every index
entry made, removed or replaced costs a unit of its own, an entry that stays as it is costs
nothing; a transaction costs double. A strongly consistent read costs what it read in units of
4 KB, an eventually consistent one half, an empty one as much as the smallest.
"""

from __future__ import annotations

import json
import math
import re
from base64 import b64decode
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

type Item = dict[str, dict[str, Any]]

KB = 1024


class Index(NamedTuple):
    """A keys-only secondary index; items without both attributes are not in it."""

    name: str
    hash: str
    range: str

    def entry(self, item: Item | None) -> tuple[str, str] | None:
        if item is None or self.hash not in item or self.range not in item:
            return None
        return item[self.hash]["S"], item[self.range]["S"]


class _RefusedError(Exception):
    """A condition did not hold."""


@dataclass
class Tables:
    """All tables of an installation. `writes` and `reads` are units, `calls` are requests, by table and purpose."""

    indexes: Mapping[str, tuple[Index, ...]]
    items: dict[str, dict[str, dict[str, Item]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(dict)))
    writes: Counter[str] = field(default_factory=Counter)
    reads: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: Counter[str] = field(default_factory=Counter)
    sizes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def attach(self, client: Any) -> None:
        """Answer this client's calls."""
        client.meta.events.register_first("before-call.dynamodb", self._answer)

    def _answer(self, model: Any, params: Mapping[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        request = _binary(json.loads(params["body"]))
        self.calls[f"{model.name} {request.get('TableName', '')}".strip()] += 1
        try:
            return _Http(200), getattr(self, f"_{_snake(model.name)}")(request)
        except _RefusedError as refused:
            error = {"Code": "ConditionalCheckFailedException", "Message": "The conditional request failed"}
            (old,) = refused.args
            return _Http(400), {"Error": error, "ResponseMetadata": {}, **({"Item": old} if old else {})}

    # --- writes

    def _put_item(self, request: dict[str, Any]) -> dict[str, Any]:
        table, item = request["TableName"], request["Item"]
        old = self._find(table, item)
        self._check(table, request, old)
        self._store(table, old, item)
        return {}

    def _update_item(self, request: dict[str, Any]) -> dict[str, Any]:
        table, key = request["TableName"], request["Key"]
        old = self._find(table, key)
        self._check(table, request, old)
        names = request.get("ExpressionAttributeNames", {})
        new = dict(old or key)
        clauses = re.split(r"\b(SET|REMOVE|ADD) ", request["UpdateExpression"])[1:]
        for verb, terms in zip(clauses[::2], clauses[1::2], strict=True):
            for term in terms.strip().split(", "):
                name, _, value = term.replace(" = ", " ").partition(" ")
                attribute = names.get(name, name)
                if verb == "REMOVE":
                    new.pop(attribute, None)
                elif verb == "SET":
                    new[attribute] = request["ExpressionAttributeValues"][value]
                else:
                    added = int(request["ExpressionAttributeValues"][value]["N"])
                    new[attribute] = {"N": str(int(new.get(attribute, {"N": "0"})["N"]) + added)}
        self._store(table, old, new)
        return {}

    def _transact_write_items(self, request: dict[str, Any]) -> dict[str, Any]:
        for write in request["TransactItems"]:
            put = write["Put"]
            self._put_item({"TableName": put["TableName"], "Item": put["Item"]})
            self.writes[f"{put['TableName']}: transaction"] += _kb(put["Item"])
        return {}

    def _check(self, table: str, request: dict[str, Any], old: Item | None) -> None:
        if "ConditionExpression" in request and not _holds(request, old or {}):
            self.writes[f"{table}: refused"] += _kb(old)
            raise _RefusedError(old if request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else None)

    def _store(self, table: str, old: Item | None, new: Item) -> None:
        purpose = _purpose(new["pk"]["S"])
        self.writes[f"{table}: {purpose}"] += max(_kb(old), _kb(new))
        if purpose == "items":
            self.sizes[table].append(item_bytes(new))
        for index in self.indexes.get(table, ()):
            before, after = index.entry(old), index.entry(new)
            if before != after:
                self.writes[f"{table}: index {index.name}"] += (before is not None) + (after is not None)
        self.items[table][new["pk"]["S"]][new["sk"]["S"]] = new

    # --- reads

    def _get_item(self, request: dict[str, Any]) -> dict[str, Any]:
        found = self._find(request["TableName"], request["Key"])
        self._read(request, [found] if found else [], request["Key"]["pk"]["S"])
        return {"Item": found} if found else {}

    def _batch_get_item(self, request: dict[str, Any]) -> dict[str, Any]:
        answers: dict[str, list[Item]] = {}
        for table, asked in request["RequestItems"].items():
            answers[table] = []
            for key in asked["Keys"]:
                found = self._find(table, key)
                self._read({"TableName": table, **asked}, [found] if found else [], key["pk"]["S"])
                answers[table] += [found] if found else []
        return {"Responses": answers, "UnprocessedKeys": {}}

    def _query(self, request: dict[str, Any]) -> dict[str, Any]:
        table = request["TableName"]
        names = request.get("ExpressionAttributeNames", {})
        keyed = re.fullmatch(r"(\S+) = (:\w+)(?: AND (.+))?", request["KeyConditionExpression"])
        if keyed is None:
            raise ValueError(request["KeyConditionExpression"])
        name, value, ranged = keyed.groups()
        attribute, values = names.get(name, name), request["ExpressionAttributeValues"]
        wanted = values[value]["S"]
        if "IndexName" in request:
            index = next(i for i in self.indexes[table] if i.name == request["IndexName"])
            entries = [
                {n: item[n] for n in ("pk", "sk", index.hash, index.range)}
                for item in self._all(table)
                if (index.entry(item) or ("", ""))[0] == wanted and attribute == index.hash
            ]
            found = sorted(entries, key=lambda e: e[index.range]["S"])
        else:
            found = [item for _, item in sorted(self.items[table].get(wanted, {}).items())]
        if ranged:
            found = [item for item in found if _in_range(ranged, item, names, values)]
        found = found[:: 1 if request.get("ScanIndexForward", True) else -1][: request.get("Limit")]
        self._read(request, found, wanted)
        return {"Items": found, "Count": len(found)}

    def _read(self, request: Mapping[str, Any], found: Iterable[Item], partition: str) -> None:
        size = sum(item_bytes(item) for item in found)
        units = max(1, math.ceil(size / (4 * KB)))
        purpose = f"index {request['IndexName']}" if "IndexName" in request else _purpose(partition)
        self.reads[f"{request['TableName']}: {purpose}"] += units if request.get("ConsistentRead") else units / 2

    def _find(self, table: str, key: Item) -> Item | None:
        return self.items[table].get(key["pk"]["S"], {}).get(key["sk"]["S"])

    def _all(self, table: str) -> Iterable[Item]:
        return (item for partition in self.items[table].values() for item in partition.values())


class _Http(NamedTuple):
    status_code: int


def _in_range(condition: str, item: Item, names: Mapping[str, str], values: Mapping[str, Any]) -> bool:
    """`a < :v`, `a <= :v`, `a >= :v`, `a BETWEEN :v AND :w` about a sort key."""
    if between := re.fullmatch(r"(\S+) BETWEEN (:\w+) AND (:\w+)", condition):
        name, first, last = between.groups()
        return bool(values[first]["S"] <= item[names.get(name, name)]["S"] <= values[last]["S"])
    compared = re.fullmatch(r"(\S+) (<|<=|>=) (:\w+)", condition)
    if compared is None:
        raise ValueError(f"unknown condition: {condition}")
    found, bound = item[names.get(compared[1], compared[1])]["S"], values[compared[3]]["S"]
    return bool({"<": found < bound, "<=": found <= bound, ">=": found >= bound}[compared[2]])


def _purpose(partition: str) -> str:
    """What the items of a partition are for, where one table serves several purposes."""
    if partition.startswith("trail#"):
        return "trails"
    if partition.endswith("#marks"):
        return "marks"
    return "contacts" if "#contacts#" in partition or "#caller#" in partition else "items"


def _holds(request: dict[str, Any], item: Item) -> bool:
    """AND of `attribute_exists(a)`, `attribute_not_exists(a)`, `a = :v`, `a <= :v`; OR of two such."""
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})

    def one(term: str) -> bool:
        if asked := re.fullmatch(r"attribute_(not_)?exists\((\S+)\)", term):
            return (names.get(asked[2], asked[2]) in item) is (asked[1] is None)
        compared = re.fullmatch(r"(\S+) (=|<=|<) (:\w+)", term)
        if compared is None:
            raise ValueError(f"unknown condition: {term}")
        found, wanted = item.get(names.get(compared[1], compared[1])), values[compared[3]]
        if found is None:
            return False
        left, right = (float(v["N"]) if "N" in v else v["S"] for v in (found, wanted))
        return bool({"=": left == right, "<=": left <= right, "<": left < right}[compared[2]])

    alternatives = request["ConditionExpression"].split(" OR ")
    return any(all(one(term) for term in either.split(" AND ")) for either in alternatives)


def item_bytes(item: Mapping[str, Any]) -> int:
    """Size of an item as it is billed (AWS, `DynamoDB item sizes and formats`)."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _kb(item: Item | None) -> int:
    return max(1, math.ceil(item_bytes(item) / KB)) if item else 1


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(content)
        case "N":
            # About half a byte per significant digit, and one.
            return (len(content.strip("-0.")) + 1) // 2 + 1
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + _value_bytes(v) for v in content)
        case "M":
            return 3 + sum(1 + len(k.encode()) + _value_bytes(v) for k, v in content.items())
        case "SS":
            return 3 + sum(1 + len(v.encode()) for v in content)
    raise ValueError(kind)


def _binary(value: Any) -> Any:
    """Base64 on the wire, bytes in the client."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("B"), str):
            return {"B": b64decode(value["B"])}
        return {k: _binary(v) for k, v in value.items()}
    return [_binary(v) for v in value] if isinstance(value, list) else value


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
