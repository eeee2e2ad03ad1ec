"""docs/alerts.md says what is posted, and its code verifies it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ringlake.model.alerts import AlertKind
from tests.unit.alerts.tower import URL, Tower

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def posted() -> tuple[Tower, dict[str, str], bytes]:
    tower = Tower()
    tower.rule("waiting", 1, webhook=URL)
    tower.call("queued", "c1")
    tower.minute()
    tower.post_one()
    _, headers, body = tower.webhooks.posted[0]
    return tower, headers, body


def shape(value: Any) -> Any:
    """Names and kinds of values, whatever they are."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return [shape(one) for one in value] if isinstance(value, list) else type(value)


def test_the_example_is_what_is_posted() -> None:
    _, _, body = posted()
    assert shape(json.loads(block("json"))) == shape(json.loads(body))


def test_the_code_of_the_page_accepts_ours_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    tower, headers, body = posted()
    (rule_id,) = tower.alerts.watched()["acme"]
    secret = tower.secret(rule_id)
    names: dict[str, Any] = {}
    exec(block("python"), names)
    monkeypatch.setattr(names["time"], "time", lambda: tower.clock().timestamp() + 299)

    assert names["verified"](headers, body, secret)
    assert not names["verified"](headers, body + b" ", secret)
    assert not names["verified"](headers, body, "whsec_" + "A" * 44)
    monkeypatch.setattr(names["time"], "time", lambda: tower.clock().timestamp() + 301)
    assert not names["verified"](headers, body, secret)


def test_every_kind_is_on_the_page() -> None:
    assert all(f"| `{kind.value}` |" in PAGE for kind in AlertKind)
