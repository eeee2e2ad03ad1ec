"""One error tree; its children are named by what the caller does next."""

from __future__ import annotations

from datetime import datetime


class RinglakeError(Exception):
    """Root of every error that Ringlake raises on purpose."""


class Rejected(RinglakeError):
    """The sender is at fault and should not simply send the same again."""


class NotAuthentic(Rejected):
    """The signature, token or time window is wrong: answer 401, store nothing.

    The text never says which part failed (security.md 6: one answer for every bad signature).
    """

    def __init__(self) -> None:
        super().__init__("signature not accepted")


class Unreadable(Rejected):
    """A signed delivery that cannot be understood: quarantine it, answer 2xx.

    `field` is the path of the offending field (`data.call.id`), `reason` says what is wrong.
    Neither holds a value of the delivery, so both may be logged.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class InvalidRequest(Rejected):
    """A request of a signed-in user is wrong in named fields: answer 400 (RFC 9457).

    `field` and `reason` are the first of `errors`.
    """

    def __init__(self, field: str, reason: str, *more: tuple[str, str]) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.errors = ((field, reason), *more)


class Forbidden(Rejected):
    """The viewer lacks the ability: answer 403."""


class PlanTooLow(Forbidden):
    """The workspace's plan does not include this: answer 402. Events are kept all the same (O1)."""


class NotFound(Rejected):
    """Not there, or not the viewer's; the two are never told apart: answer 404."""


class Absent(NotFound):
    """The thing is the viewer's, and a part of it is not there any more or never was: answer 404 and say why."""


class Taken(Rejected):
    """What the request names belongs to something else, or something else still needs it: answer 409."""


class Outdated(Rejected):
    """The request was made from a version that is no longer the current one: answer 412, read again."""


class Unversioned(Rejected):
    """The request replaces something without saying which version it was made from: answer 428."""


class LimitReached(Rejected):
    """The viewer or his workspace has taken as much as may be taken: answer 429.

    `limit` is the setting that says how much, `most` its value; from `until` on it may be tried again.
    """

    def __init__(self, said: str, limit: str, most: int, until: datetime) -> None:
        super().__init__(said)
        self.limit = limit
        self.most = most
        self.until = until


class Unavailable(RinglakeError):
    """A store or service did not answer or is overloaded: retry later, answer 503."""


class Gone(RinglakeError):
    """The other side of a connection has hung up: forget the connection."""


class Conflict(RinglakeError):
    """Somebody else wrote first: read again and repeat."""


class SettingsError(RinglakeError):
    """A setting of the function's environment is missing or wrong; names the variable."""
