"""A mail that had to wait carries nothing to who may not have it any more (features.md O49, demands.md D74)."""

from __future__ import annotations

from typing import Any

import pytest

from ringlake.flows.workshop import Later
from ringlake.model.directory import Ability, Role
from ringlake.model.jobs import JobState, MailState
from ringlake.stores.mail import MailThrottled

from .world import NOW, World


class Busy:
    """SES at its limit."""

    def send(self, message: Any) -> None:
        raise MailThrottled("quota")


def waiting(world: World, user: str = "manager") -> str:
    """A file of which the mail could not leave yet."""
    world.change("manager", manages=())
    job_id = world.order(user)
    with pytest.raises(Later):
        world.run(job_id, lambda store: Busy() if store is world.mail else store)
    assert world.job(job_id).state is JobState.READY
    world.wait(600)
    return job_id


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"suspended_at": NOW}, "active user"),
        ({"deleted_at": NOW}, "active user"),
        ({"email": "elsewhere@example.com"}, "active user"),
        ({"role": Role.MEMBER, "numbers": ("n9",)}, "rights"),
        ({"without": (Ability.SEE_NUMBERS,)}, "rights"),
        ({"without": (Ability.EXPORT,)}, "rights"),
    ],
    ids=str,
)
def test_who_lost_his_rights_gets_no_file_by_mail(change: dict[str, Any], said: str) -> None:
    world = World()
    job_id = waiting(world)
    world.change("manager", **change)
    world.run(job_id)

    (letter,) = world.job(job_id).letters
    assert world.mail.sent == []
    assert letter.state is MailState.FAILED
    assert said in letter.error


def test_who_kept_them_gets_it() -> None:
    """The test above can fail."""
    world = World()
    job_id = waiting(world)
    world.run(job_id)

    assert len(world.mail.sent) == 1
    assert world.job(job_id).letters[0].state is MailState.SENT
