"""Sample requests of a provider become captures, with the maker's own expectations kept beside them.

A folder holds one JSON file per request, in one of three shapes:

- `{"_meta": {"description", "test_secret", "expect"}, "method", "path", "query", "headers", "body"}`;
- `{"method", "url", "headers", "body"}`, with the expectations of the whole folder in `expected.json`:
  per file name `valid`, `freeze_clock_at` and what the request means;
- an event of EventBridge (`detail-type`, `detail`), which arrives without HTTP.

`valid` and `says` of a capture come from there and are never written by our code.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .captures import FOLDER

# Schemes that sign the address: the sample's own address is kept.
URL_SIGNED = {"twilio"}
# Words of `_meta.test_secret` -> names of secrets, where a provider has several.
SECRET_NAMES = {
    "LEGACY_TEST_SECRET": "openphone app",
    "QUO_TEST_SECRET_1": "openphone first",
    "QUO_TEST_SECRET_2": "openphone second",
    "NOVOFON2_TEST_TOKEN": "novofon 2.0",
}
# Samples that say no clock arrive one second after another from here on.
CLOCK = datetime(2026, 3, 10, 14, 30, tzinfo=UTC)
EXPECTED = "expected.json"


def bring(folder: Path, provider: str) -> None:
    """Write a capture of every sample of a folder; one that is there keeps its own settings of the connection."""
    said = json.loads((folder / EXPECTED).read_text(encoding="utf-8")) if (folder / EXPECTED).exists() else {}
    into = FOLDER / provider
    into.mkdir(exist_ok=True)
    paths = [path for path in sorted(folder.glob("*.json")) if path.name != EXPECTED]
    for number, path in enumerate(paths):
        target = into / path.name
        earlier = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
        found = capture_of(json.loads(path.read_text(encoding="utf-8")), provider, said.get(path.name, {}))
        found["about"] = found["about"] or path.stem.partition("_")[2].replace("_", " ")
        found["now"] = earlier.get("now") or found["now"] or _iso(CLOCK + timedelta(seconds=number))
        kept = {name: earlier[name] for name in ("secrets", "connection", "expect") if name in earlier}
        target.write_text(json.dumps(found | kept, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def capture_of(sample: dict[str, Any], provider: str, expected: dict[str, Any]) -> dict[str, Any]:
    """A sample as a capture, without what Ringlake makes of it."""
    meta = sample.get("_meta", {})
    says = dict(meta.get("expect", expected))
    valid = says.pop("valid", says.pop("accept", True))
    now = says.pop("freeze_clock_at", "")
    # The decoded body stands in the body.
    says.pop("claims", None)
    marker = str(meta.get("test_secret") or "")
    secret = next((name for mark, name in SECRET_NAMES.items() if marker.startswith(mark)), provider)
    return {
        "about": meta.get("description", ""),
        "provider": provider,
        "secrets": [secret],
        "now": _iso(_instant(now)) if now else "",
        "valid": bool(valid),
        "says": says,
        "request": _request(sample, provider),
        "expect": {"outcome": "accepted" if valid else "not_authentic"},
    }


def _request(sample: dict[str, Any], provider: str) -> dict[str, Any]:
    if "detail-type" in sample:
        return {"method": "EVENT", "headers": {}, "query": "", "body": json.dumps(sample, ensure_ascii=False)}
    query = sample["query"] if "query" in sample else urlsplit(sample["url"]).query
    headers = {name: value for name, value in sample["headers"].items() if name.lower() != "host"}
    address: dict[str, Any] = {"url": sample["url"]} if provider in URL_SIGNED else {}
    body: dict[str, Any] = {name: sample[name] for name in ("body", "body_base64") if name in sample}
    return {"method": sample["method"], **address, "headers": headers, "query": query, **body}


def _instant(clock: str | float) -> datetime:
    return datetime.fromtimestamp(clock, UTC) if isinstance(clock, int | float) else datetime.fromisoformat(clock)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
