"""An alert on the deployed stack: made by the API, looked at by the function, told once by mail, tried by webhook."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.conftest import SEED, Stack
from tools.simulator import people, seeding
from tools.simulator.observe import text_of, wait_for

pytestmark = pytest.mark.slow

# A name that nobody has: the function is deployed, and finds nobody there.
NOWHERE = "https://nobody.ringlake-example.com/in"


def test_a_firing_is_one_mail_however_often_it_is_looked_at(stack: Stack, aws: Callable[[str], Any]) -> None:
    place = seeding.seed(stack.site, f"a-{secrets.token_hex(4)}", "Alert", people.company(SEED), seeding.new_keys)
    login = place.login("olivia")
    token = stack.observer.sign_in(login.email, login.password)

    def ask(method: str, path: str, body: object = None) -> Any:
        said = stack.observer.call(method, path, token, body)
        assert said.status < 300, said.body
        return said.json

    def look(_number: int = 0) -> None:
        answer = aws("lambda").invoke(FunctionName=stack.outputs["FunctionAlert"], Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()
        assert json.loads(answer["Payload"].read())["rules"] >= 1

    def mails() -> list[Any]:
        found = stack.observer._opened(sorted(stack.observer.mails()))
        own = [mail for mail in found if login.email in str(mail["To"])]
        return [mail for mail in own if "nobody is online" in str(mail["Subject"]).lower()]

    told = {"recipients": [{"user": "olivia"}], "webhook": NOWHERE}
    rule = {"name": "Nobody there", "kind": "no_agent", "threshold": 1000, "open_hours": False, **told}
    made = ask("POST", "/v1/alerts", rule)
    path = f"/v1/alerts/{made['id']}"
    assert made["webhook"]["secret"].startswith("whsec_")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(look, range(3)))
    look()
    assert ask("GET", path)["state"]["phase"] == "firing"
    (mail,) = wait_for("the mail", lambda: mails() or None)
    assert "Nobody there" in text_of(mail)
    assert mail["List-Unsubscribe"]

    def tried() -> Any:
        (event,) = ask("GET", f"{path}/history")["events"]
        hook = event["deliveries"][1]
        return hook if hook["attempts"] and hook["state"] != "sending" else None

    hook = wait_for("the first attempt", tried)
    assert (hook["state"], hook["said"]) == ("queued", "its name is not known")

    ask("POST", f"{path}/test")
    look()
    wait_for("the trial", lambda: True if len(mails()) == 2 else None)
    look()
    assert len(mails()) == 2
    ask("DELETE", path)
