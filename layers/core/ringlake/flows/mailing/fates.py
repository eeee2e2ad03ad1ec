"""What became of a mail, as SES tells it, and what follows for the address (docs/adr/0100).

Notices come late, twice and in any order, so an address is what follows from all of them: a complaint outweighs
everything, a bounce for good outweighs a delivery, and a refusal that may pass counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from ringlake.model.base import Model
from ringlake.model.mailing import MailAddress, Soft, Standing, normal

# So many passing refusals in a row, within so long, are for good.
SOFT_BOUNCES = 5
SOFT_WITHIN = timedelta(days=14)
_REASON = 200
# The mail was at fault and not the address.
_OF_THE_MAIL = frozenset({"MessageTooLarge", "ContentRejected", "AttachmentRejected"})


class FateKind(StrEnum):
    """`refused` is a refusal that may pass, `bounced` one for good; `unsent` never left SES."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSENT = "unsent"


class Fate(Model, frozen=True, kw_only=True):
    """One notice about one mail. `id` is the notice's own, `reason` the server's words, cut to one short line."""

    id: str
    kind: FateKind
    workspace: str
    address: str
    at: datetime
    reason: str = ""


def fate_of(notice: Mapping[str, Any]) -> Fate | None:
    """The notice of a configuration set (`eventType`) or of an identity (`notificationType`).

    None for what changes nothing (sent, delayed, opened, a complaint that says "not spam", a refusal of the mail
    itself) and for a mail that is not one of a workspace's with a single recipient. Raises `KeyError`, `TypeError`
    or `ValueError` for what is no notice of SES.
    """
    kind = str(notice.get("eventType") or notice["notificationType"])
    mail = notice["mail"]
    workspaces = (mail.get("tags") or {}).get("workspace") or []
    to = mail["destination"]
    found = _KINDS[kind](notice) if kind in _KINDS else None
    if found is None or len(workspaces) != 1 or len(to) != 1:
        return None
    kind_of, told, reason = found
    return Fate(
        id=str(told.get("feedbackId") or mail["messageId"]),
        kind=kind_of,
        workspace=str(workspaces[0]),
        address=normal(str(to[0])),
        at=_moment(told.get("timestamp") or mail["timestamp"]),
        reason=" ".join(reason.split())[:_REASON],
    )


type _Found = tuple[FateKind, Mapping[str, Any], str] | None


def _delivery(notice: Mapping[str, Any]) -> _Found:
    return FateKind.DELIVERED, notice["delivery"], ""


def _bounce(notice: Mapping[str, Any]) -> _Found:
    told = notice["bounce"]
    if told.get("bounceSubType") in _OF_THE_MAIL:
        return None
    recipients = told.get("bouncedRecipients") or [{}]
    reason = str(recipients[0].get("diagnosticCode") or told.get("bounceSubType") or "")
    return FateKind.BOUNCED if told["bounceType"] == "Permanent" else FateKind.REFUSED, told, reason


def _complaint(notice: Mapping[str, Any]) -> _Found:
    told = notice["complaint"]
    said = str(told.get("complaintFeedbackType") or "")
    return None if said == "not-spam" else (FateKind.COMPLAINED, told, said)


def _reject(notice: Mapping[str, Any]) -> _Found:
    return FateKind.UNSENT, notice["reject"], str(notice["reject"].get("reason") or "")


_KINDS = {"Delivery": _delivery, "Bounce": _bounce, "Complaint": _complaint, "Reject": _reject}


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def after(known: MailAddress, fate: Fate) -> MailAddress:
    """The address as it is after this notice; the same when the notice changes nothing."""
    match fate.kind:
        case FateKind.DELIVERED:
            soft = tuple(one for one in known.soft if one.at > fate.at)
            return _with(known, soft=soft)
        case FateKind.COMPLAINED if known.standing is not Standing.COMPLAINED:
            # Who complains has taken back his consent, too.
            return _with(
                known, standing=Standing.COMPLAINED, since=fate.at, reason=fate.reason, soft=(), confirmed_at=None
            )
        case FateKind.BOUNCED if known.standing is Standing.OK:
            return _with(known, standing=Standing.BOUNCED, since=fate.at, reason=fate.reason, soft=())
        case FateKind.REFUSED if known.standing is Standing.OK and all(one.id != fate.id for one in known.soft):
            soft = tuple(sorted((*known.soft, Soft(id=fate.id, at=fate.at)), key=lambda one: (one.at, one.id)))
            soft = tuple(one for one in soft if soft[-1].at - one.at <= SOFT_WITHIN)
            if len(soft) >= SOFT_BOUNCES:
                return _with(known, standing=Standing.BOUNCED, since=fate.at, reason=fate.reason, soft=())
            return _with(known, reason=fate.reason, soft=soft)
    return known


def _with(known: MailAddress, **changes: Any) -> MailAddress:
    changed = msgspec.structs.replace(known, **changes)
    return known if changed == known else msgspec.structs.replace(changed, version=known.version + 1)
