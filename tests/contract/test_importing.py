"""Sample requests of either shape become captures, and the maker's own word stays his."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from . import importing

BY_ADDRESS = {"method": "POST", "url": "https://hooks.example.com/x?tenant=a", "headers": {"Host": "h", "X": "1"}}


@pytest.fixture
def captured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Brings samples in, and gives the captures by name."""
    monkeypatch.setattr(importing, "FOLDER", tmp_path)

    def bring(provider: str, expected: dict[str, Any] | None = None, **samples: dict[str, Any]) -> dict[str, Any]:
        folder = tmp_path / "samples"
        folder.mkdir(exist_ok=True)
        for name, sample in samples.items():
            (folder / f"{name}.json").write_text(json.dumps(sample), encoding="utf-8")
        if expected:
            (folder / "expected.json").write_text(json.dumps(expected), encoding="utf-8")
        importing.bring(folder, provider)
        return {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in (tmp_path / provider).glob("*.json")}

    return bring


def test_expectations_of_a_folder(captured: Any) -> None:
    expected = {"01_busy.json": {"valid": False, "freeze_clock_at": 1773151201, "status": "busy"}}
    found = captured("telnyx", expected, **{"01_busy": {**BY_ADDRESS, "body": "{}"}})["01_busy"]
    assert (found["valid"], found["says"], found["now"]) == (False, {"status": "busy"}, "2026-03-10T14:00:01Z")
    assert found["request"] == {"method": "POST", "headers": {"X": "1"}, "query": "tenant=a", "body": "{}"}
    assert found["about"] == "busy"
    assert "url" in captured("twilio", **{"01_busy": {**BY_ADDRESS, "body": ""}})["01_busy"]["request"]


def test_expectations_in_the_sample_itself(captured: Any) -> None:
    meta = {"description": "A call", "test_secret": "NOVOFON2_TEST_TOKEN (query)", "expect": {"event": "CALL_IN"}}
    body = base64.b64encode(b"\xff").decode()
    sample = {"_meta": meta, "method": "GET", "path": "/x", "query": "token=t", "headers": {}, "body_base64": body}
    found = captured("novofon", a_call=sample)["a_call"]
    assert (found["about"], found["secrets"], found["valid"]) == ("A call", ["novofon 2.0"], True)
    assert found["request"] == {"method": "GET", "headers": {}, "query": "token=t", "body_base64": body}


def test_bringing_in_again_keeps_what_was_set_here(captured: Any, tmp_path: Path) -> None:
    captured("vonage", a=BY_ADDRESS | {"body": "{}"})
    path = tmp_path / "vonage" / "a.json"
    own = {"connection": {"options": {"api_key": "k"}}, "expect": {"outcome": "quarantined"}, "says": {"mine": 1}}
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | own), encoding="utf-8")
    found = captured("vonage", a=BY_ADDRESS | {"body": "[]"})["a"]
    assert (found["connection"], found["expect"], found["says"]) == (own["connection"], own["expect"], {})
    assert found["request"]["body"] == "[]"
