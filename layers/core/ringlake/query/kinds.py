"""Contact types: what the type filter of lists and reports offers (features.md F16-F28).

A code is a kind of call or message, or a kind with a direction. Parts of a call (a consultation, a hand-over
to an outside number, a survey afterwards) are no calls of their own: their code asks for the
calls that have such a part.
"""

from __future__ import annotations

from types import MappingProxyType

from ringlake.model.base import Model
from ringlake.model.facts import CallKind, Direction, MessageKind
from ringlake.model.tables import CALLS, MESSAGES


class ContactType(Model, frozen=True, kw_only=True):
    """Rows of `table` with one of these values of `kind`, and this direction ("" is every one).

    `campaign` is whether the interaction belongs to a campaign, None is either; `parts` also takes calls
    that have a leg of the kind.
    """

    table: str
    kinds: tuple[str, ...]
    direction: str = ""
    campaign: bool | None = None
    parts: bool = False


PARTS = (CallKind.CONSULTATION, CallKind.SURVEY_POST_CALL, CallKind.EXTERNAL_TRANSFER, CallKind.CALLBACK_AGENT)

_USUAL = (CallKind.VOICE.value, CallKind.CAMPAIGN.value)
_SMS = (MessageKind.SMS.value, MessageKind.MMS.value)
_IN, _OUT = Direction.INBOUND.value, Direction.OUTBOUND.value

KINDS: MappingProxyType[str, ContactType] = MappingProxyType(
    {
        **{k.value: ContactType(table=CALLS.name, kinds=(k.value,), parts=k in PARTS) for k in CallKind},
        **{k.value: ContactType(table=MESSAGES.name, kinds=(k.value,)) for k in MessageKind},
        # F17-F19: the people's own calls; an inbound one is direct, or came in to a campaign.
        "call_outbound": ContactType(table=CALLS.name, kinds=_USUAL, direction=_OUT),
        "call_inbound": ContactType(table=CALLS.name, kinds=_USUAL, direction=_IN, campaign=False),
        "call_inbound_campaign": ContactType(table=CALLS.name, kinds=_USUAL, direction=_IN, campaign=True),
        "email_outbound": ContactType(table=MESSAGES.name, kinds=(MessageKind.EMAIL.value,), direction=_OUT),
        "email_inbound": ContactType(table=MESSAGES.name, kinds=(MessageKind.EMAIL.value,), direction=_IN),
        "sms_outbound": ContactType(table=MESSAGES.name, kinds=_SMS, direction=_OUT),
        "sms_inbound": ContactType(table=MESSAGES.name, kinds=_SMS, direction=_IN),
        "mobile_app_outbound": ContactType(table=CALLS.name, kinds=(CallKind.MOBILE_APP.value,), direction=_OUT),
        "mobile_app_inbound": ContactType(table=CALLS.name, kinds=(CallKind.MOBILE_APP.value,), direction=_IN),
    }
)
