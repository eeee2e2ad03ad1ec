"""Identities: who can sign in. What somebody may see stands in the directory, never here."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import RLock
from typing import Any, Protocol

from ringlake.errors import Conflict, NotFound

from .clients import client, translated


class Identities(Protocol):
    """People of a user pool by `sub`, which never changes; the e-mail address is what they sign in with.

    Every method raises `Unavailable` when the service does not answer; those with a `sub` raise `NotFound`.
    """

    def find(self, email: str) -> str:
        """The `sub` of this address, "" when nobody has it."""
        ...

    def invite(self, email: str) -> str:
        """Make an identity and mail its first password to the address; returns the `sub`.

        Raises `Conflict` when somebody has the address.
        """
        ...

    def invite_again(self, sub: str) -> None:
        """Mail a new first password to somebody who has not signed in yet; `Conflict` when he has."""
        ...

    def add(self, email: str, password: str) -> str:
        """Create the identity or find it, set its password when given, return its `sub`; sends no mail."""
        ...

    def rename(self, sub: str, email: str) -> None:
        """Sign in with another address from now on; `Conflict` when somebody has it."""
        ...

    def disable(self, sub: str) -> None:
        """Nobody signs in as this any more, and sessions get no new tokens; idempotent."""
        ...

    def enable(self, sub: str) -> None:
        """Undo `disable`; idempotent."""
        ...


@dataclass
class Person:
    """One identity of the twin."""

    email: str
    password: str = ""
    enabled: bool = True
    mails: int = 0
    sessions_ended: int = 0


@dataclass
class MemoryIdentities:
    """The twin. Who has a password has signed in."""

    people: dict[str, Person] = field(default_factory=dict)
    lock: Any = field(default_factory=RLock, repr=False)

    def find(self, email: str) -> str:
        with self.lock:
            return next((sub for sub, person in self.people.items() if person.email == email.lower()), "")

    def invite(self, email: str) -> str:
        with self.lock:
            if self.find(email):
                raise Conflict("somebody has this address")
            return self._new(email, mails=1)

    def invite_again(self, sub: str) -> None:
        person = self._person(sub)
        if person.password:
            raise Conflict("this person has signed in already")
        person.mails += 1

    def add(self, email: str, password: str) -> str:
        with self.lock:
            sub = self.find(email) or self._new(email, mails=0)
            self.people[sub].password = password or self.people[sub].password
            return sub

    def rename(self, sub: str, email: str) -> None:
        person = self._person(sub)
        if self.find(email) not in ("", sub):
            raise Conflict("somebody has this address")
        person.email = email.lower()

    def disable(self, sub: str) -> None:
        person = self._person(sub)
        person.enabled = False
        person.sessions_ended += 1

    def enable(self, sub: str) -> None:
        self._person(sub).enabled = True

    def _new(self, email: str, mails: int) -> str:
        sub = f"sub-{len(self.people) + 1}"
        self.people[sub] = Person(email=email.lower(), mails=mails)
        return sub

    def _person(self, sub: str) -> Person:
        if sub not in self.people:
            raise NotFound(sub)
        return self.people[sub]


class CognitoIdentities:
    """A Cognito user pool without self sign-up, through its admin API. The user name is the `sub`.

    Addresses are written in lower case, as the pool compares them.
    """

    def __init__(self, pool: str) -> None:
        self._pool = pool

    def find(self, email: str) -> str:
        cognito = client("cognito-idp")
        with translated():
            try:
                return _sub(cognito.admin_get_user(UserPoolId=self._pool, Username=email.lower())["UserAttributes"])
            except cognito.exceptions.UserNotFoundException:
                return ""

    def invite(self, email: str) -> str:
        found = self._create(email, DesiredDeliveryMediums=["EMAIL"])
        if not found:
            raise Conflict("somebody has this address")
        return found

    def invite_again(self, sub: str) -> None:
        user = self._asked("admin_get_user", sub)
        if user.get("UserStatus") != "FORCE_CHANGE_PASSWORD":
            raise Conflict("this person has signed in already")
        # A new person's name has to be an address, also when the invitation is only repeated.
        email = next(a["Value"] for a in user["UserAttributes"] if a["Name"] == "email")
        self._asked("admin_create_user", email, MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"])

    def add(self, email: str, password: str) -> str:
        sub = self._create(email, MessageAction="SUPPRESS") or self.find(email)
        if password:
            self._asked("admin_set_user_password", sub, Password=password, Permanent=True)
        return sub

    def rename(self, sub: str, email: str) -> None:
        if self.find(email) not in ("", sub):
            raise Conflict("somebody has this address")
        self._asked("admin_update_user_attributes", sub, UserAttributes=_attributes(email))

    def disable(self, sub: str) -> None:
        self._asked("admin_disable_user", sub)
        self._asked("admin_user_global_sign_out", sub)

    def enable(self, sub: str) -> None:
        self._asked("admin_enable_user", sub)

    def _create(self, email: str, **how: Any) -> str:
        """The `sub` of the new identity, "" when somebody has the address."""
        cognito = client("cognito-idp")
        with translated():
            try:
                made = cognito.admin_create_user(
                    UserPoolId=self._pool, Username=email.lower(), UserAttributes=_attributes(email), **how
                )
            except cognito.exceptions.UsernameExistsException:
                return ""
        return _sub(made["User"]["Attributes"])

    def _asked(self, operation: str, name: str, **arguments: Any) -> dict[str, Any]:
        cognito = client("cognito-idp")
        with translated():
            try:
                answer: dict[str, Any] = getattr(cognito, operation)(UserPoolId=self._pool, Username=name, **arguments)
            except cognito.exceptions.UserNotFoundException:
                raise NotFound(name) from None
            except cognito.exceptions.AliasExistsException:
                raise Conflict("somebody has this address") from None
        return answer


def _attributes(email: str) -> list[dict[str, str]]:
    return [{"Name": "email", "Value": email.lower()}, {"Name": "email_verified", "Value": "true"}]


def _sub(attributes: list[dict[str, str]]) -> str:
    return next(a["Value"] for a in attributes if a["Name"] == "sub")
