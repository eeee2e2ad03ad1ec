"""Every bench still runs: on tiny sizes, without looking at any time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench import packages, report, tables, timing
from tests.bench.benches import BENCHES


# What needs a stack and a browser is tried beside the other browser tests.
@pytest.mark.parametrize("name", [name for name in BENCHES if name != "browser"])
def test_a_bench_measures_what_it_has_a_bar_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "packages":
        monkeypatch.setattr(packages, "BUILD", Path("no build here"))
    outcome = BENCHES[name](True)
    assert json.loads(json.dumps(outcome.as_dict()))["name"] == outcome.name
    assert outcome.text()
    assert bool(outcome.bars) == (name != "packages")
    assert all(bar.value > 0 for bar in outcome.bars)


def test_packages_are_a_function_s_code_and_its_layers(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        "Resources:\n"
        "  OneFunction:\n    Type: AWS::Serverless::Function\n"
        "    Properties: {Handler: one.handler, Layers: [!Ref BigLayer]}\n"
        "  BigLayer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: BigLayer}}\n"
    )
    for folder, size in (("OneFunction", 1_000), ("BigLayer", 3_000_000)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").write_bytes(bytes(size))
    assert packages.packages(tmp_path) == {"one": {"code": 0.001, "BigLayer": 3.0}}


def test_a_bar_from_above_and_one_from_below() -> None:
    assert report.Bar("slow", 1.3, 1.2).met is False
    assert report.Bar("slow", 1.2, 1.2).met is True
    assert report.Bar("fast", 0.9, 1.0, at_least=True).met is False


def test_a_ratio_is_taken_between_neighbours() -> None:
    ours, peer = timing.Sample((2.0, 20.0, 6.0)), timing.Sample((1.0, 10.0, 2.0))
    assert timing.ratio(ours, peer) == 2.0


def test_peers_take_turns() -> None:
    seen: list[str] = []

    def peer(name: str) -> float:
        seen.append(name)
        return 1.0

    timing.interleaved({"a": lambda: peer("a"), "b": lambda: peer("b")}, 2)
    assert seen == ["a", "b", "b", "a"]


def _key(name: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": name}, "sk": {"S": "record"}}


def _tables() -> tables.Tables:
    return tables.Tables({"t": (tables.Index("dirty", "ws", "key"),)})


def test_a_write_costs_the_larger_size_and_only_index_entries_that_change() -> None:
    store = _tables()
    marked = {"ws": {"S": "acme"}, "key": {"S": "1"}}
    store._put_item({"TableName": "t", "Item": {**_key("a"), **marked, "doc": {"B": bytes(1_500)}}})
    assert store.writes == {"t: items": 2, "t: index dirty": 1}
    store._put_item({"TableName": "t", "Item": {**_key("a"), **marked}})
    assert store.writes == {"t: items": 4, "t: index dirty": 1}
    store._put_item({"TableName": "t", "Item": _key("a")})
    assert store.writes == {"t: items": 5, "t: index dirty": 2}


def test_a_refused_write_costs_what_is_there_and_changes_nothing() -> None:
    store = _tables()
    put = {"TableName": "t", "Item": {**_key("a"), "doc": {"B": bytes(1_500)}}}
    store._put_item(put)
    with pytest.raises(tables._RefusedError):
        store._put_item({**put, "Item": _key("a"), "ConditionExpression": "attribute_not_exists(pk)"})
    assert store.writes["t: refused"] == 2
    assert "doc" in store.items["t"]["a"]["record"]


def test_reads_cost_by_four_kilobytes_and_half_when_eventually_consistent() -> None:
    store = _tables()
    store._put_item({"TableName": "t", "Item": {**_key("a"), "doc": {"B": bytes(5_000)}}})
    query = {
        "TableName": "t",
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "a"}},
    }
    store._query({**query, "ConsistentRead": True})
    assert store.reads == {"t: items": 2}
    store._query(query)
    assert store.reads == {"t: items": 3}
    store._get_item({"TableName": "t", "Key": _key("nobody")})
    assert store.reads == {"t: items": 3.5}


def test_an_unknown_condition_is_no_free_condition() -> None:
    store = _tables()
    with pytest.raises(ValueError, match="unknown condition"):
        store._put_item({"TableName": "t", "Item": _key("a"), "ConditionExpression": "size(pk) > :n"})
