"""An alert on the deployed stack: made by the API, looked at by the function, told once by mail, tried by webhook."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.deployed import SEED, Stack
from tools.simulator import deliver, people, render, seeding
from tools.simulator.history import history
from tools.simulator.observe import text_of, wait_for
from tools.simulator.truth import truth

pytestmark = pytest.mark.slow

# A name that nobody has: the function is deployed, and finds nobody there.
NOWHERE = "https://nobody.ringlake-example.com/in"
# VisibilityTimeout of the queue of webhooks.
HOOK_VISIBILITY_S = 180


def test_a_firing_is_one_mail_however_often_it_is_looked_at(stack: Stack, aws: Callable[[str], Any]) -> None:
    company = people.company(SEED)
    place = seeding.seed(stack.site, f"a-{secrets.token_hex(4)}", "Alert", company, seeding.new_keys)
    # Last week's statuses hold until somebody says something else.
    today = datetime.now(UTC).astimezone(ZoneInfo(company.zone)).date()
    story = history(company, SEED, (today - timedelta(days=today.isoweekday() + 4),), 0.1)
    notices = render.notices(story)
    deliver.deliver(deliver.plan(notices, deliver.NONE, seed=1), place.endpoints)
    expected = truth(story).parts
    wait_for(
        "the fold of all events",
        lambda: True if stack.observer.folded(place.workspace, expected).events >= len(notices) else None,
        poll_s=0.5,
    )
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

    # A worker that died on a busy machine leaves the notice to the next one, when the queue shows it again.
    hook = wait_for("the first attempt", tried, patience_s=HOOK_VISIBILITY_S + 60)
    assert (hook["state"], hook["said"]) == ("queued", "its name is not known")

    ask("POST", f"{path}/test")
    look()
    wait_for("the trial", lambda: True if len(mails()) == 2 else None)
    look()
    assert len(mails()) == 2
    ask("DELETE", path)
