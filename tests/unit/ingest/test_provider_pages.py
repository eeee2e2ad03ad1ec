"""The providers' pages: there is one for each, they name the right address, and their code works."""

from __future__ import annotations

import re
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ringlake import providers
from ringlake.flows.directory.hints import hints
from ringlake.model.events import Delivery
from tests.contract.captures import SECRETS, capture

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs/providers"
NAMES = providers.names()


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_provider_has_a_page_with_its_set_up_and_its_limits(name: str) -> None:
    text = page(name)
    # What comes over the bus has no address.
    wanted = "instance_arn" if not providers.adapter(name).by_http else f"/webhooks/{name}/<token"
    assert wanted in text
    assert "## Limits" in text
    assert re.search(rf"connection add <workspace>\s+{name}\b", text)


@pytest.mark.parametrize("name", NAMES)
def test_every_provider_has_a_line_in_the_table_and_hints_that_lead_to_its_page(name: str) -> None:
    assert f"]({name}.md) |" in page("README")
    shown = hints(name)
    assert shown.steps
    assert (ROOT / shown.page).exists()


@pytest.mark.parametrize("name", NAMES)
def test_every_option_that_an_adapter_reads_is_on_its_page(name: str) -> None:
    source = (ROOT / f"layers/core/ringlake/providers/{name}.py").read_text(encoding="utf-8")
    for option in re.findall(r'options\.get\("(\w+)"', source):
        assert f"`{option}`" in page(name), option


def test_there_is_no_page_of_a_provider_that_is_not_there() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == {*NAMES, "README"}


def test_the_senders_code_on_the_generic_page_signs_what_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    [code] = re.findall(r"```python\n(.*?)```", page("generic"), re.DOTALL)
    space: dict[str, Any] = {}
    exec(compile(code, "generic.md", "exec"), space)
    sent: list[urllib.request.Request] = []
    monkeypatch.setattr(urllib.request, "urlopen", lambda request, timeout: sent.append(request))
    space["send"]("https://calls.example.com/webhooks/generic/t", SECRETS["generic"], "evt_1", {"type": "call.ringing"})
    [request] = sent
    assert isinstance(request.data, bytes)
    headers = {name.lower(): value for name, value in request.header_items()}
    delivery = Delivery(method=request.get_method(), url=request.full_url, headers=headers, query="", body=request.data)
    connection = capture("generic/04_fcc_queue").connection
    providers.adapter("generic").verify(delivery, [SECRETS["generic"].encode()], connection, datetime.now(UTC))
    assert delivery.method == "POST"
