"""The lake's tables, declared once: Parquet schema, Glue columns and data dictionary come from here.

Types are the portable names that Glue uses: string, int (32 bit), bigint, date, timestamp
(milliseconds, UTC, without zone), boolean, decimal(12,4). `workspace` and `day` are partition
keys in the path and not columns of the files. Indicator columns (`is_*`) hold 0 or 1, so that
every rate is a sum over a sum. Durations are whole seconds, rounded half up, null for a phase
that never happened.
"""

from __future__ import annotations

from .base import Model


class Column(Model, frozen=True, kw_only=True):
    """`statistics=False` keeps a personal value out of the Parquet footer (security.md 8)."""

    name: str
    type: str
    doc: str
    statistics: bool = True


class Table(Model, frozen=True, kw_only=True):
    """`order` are the columns that files are sorted by; `key` identifies a row."""

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    order: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)


def _c(name: str, type: str, doc: str, *, statistics: bool = True) -> Column:
    return Column(name=name, type=type, doc=doc, statistics=statistics)


_IDENTITY = (
    _c("record_id", "string", "Stable id of the interaction inside its workspace: connection, colon, provider's id"),
    _c("connection", "string", "Connection that delivered it"),
    _c("provider", "string", "Provider name"),
    _c("provider_id", "string", "The provider's own id of the call or message"),
)
_NUMBERS = (
    _c("business_number", "string", "Our number, E.164: the number finally serving the interaction", statistics=False),
    _c("business_number_id", "string", "Our id of that number, empty when the directory does not know it"),
    _c("business_number_name", "string", "Name of that number at the time"),
    _c("remote_number", "string", "Customer's number, E.164, or the word anonymous", statistics=False),
    _c("remote_name", "string", "Customer's name as the provider sent it", statistics=False),
    _c("remote_country", "string", "ISO country of the customer's number, empty when unknown"),
    _c("party_key", "string", "Keyed hash of the customer's number: joins and distinct counts without the number"),
)
_PEOPLE = (
    _c("user_id", "string", "Our user who owns the interaction, empty when nobody"),
    _c("user_name", "string", "That user's name at the time", statistics=False),
    _c("user_email", "string", "That user's e-mail address", statistics=False),
    _c("user_account", "string", "The provider's id of the person, also when not mapped to a user", statistics=False),
    _c("unattributed", "string", "Why no user is set: unmapped, nobody, group_call or system; empty when one is set"),
    _c("team_id", "string", "Team at the time"),
    _c("team_name", "string", "Name of that team"),
)
_LOCAL = (
    _c("local_date", "date", "Date of the start in the workspace zone"),
    _c("local_hour", "int", "Hour of the start in the workspace zone, 0 to 23"),
    _c("local_weekday", "int", "Weekday of the start in the workspace zone, 1 Monday to 7 Sunday"),
    _c("zone", "string", "Workspace zone used (IANA)"),
)
_COST = (
    _c("cost_amount", "decimal(12,4)", "Provider's charge, null when unknown; unknown is not 0"),
    _c("cost_currency", "string", "ISO 4217 currency of cost_amount, empty when unknown"),
)

CALLS = Table(
    name="calls",
    grain="one row per call; classifier rows are in it with is_call = 0",
    key=("record_id",),
    order=("user_id", "started_at", "record_id"),
    columns=(
        *_IDENTITY,
        _c("kind", "string", "voice, campaign, callback_customer, mobile_app, survey_outbound, classifier, ..."),
        _c("direction", "string", "inbound, outbound or internal; empty when unknown"),
        _c(
            "outcome",
            "string",
            "answered, no_answer, caller_abandoned, busy, failed, voicemail, outbound_aborted; empty while live",
        ),
        _c("live", "string", "queued, ringing or in_progress while the call lasts, else empty"),
        _c("telephony_status", "string", "The provider's own closing word"),
        _c("missed_reason", "string", "Why an inbound call was not answered; exactly one per unanswered inbound call"),
        *_NUMBERS,
        _c("entry_number", "string", "Number that the customer dialled", statistics=False),
        *_PEOPLE,
        _c("queue", "string", "Queue name"),
        _c("campaign", "string", "Campaign name; empty means outside any campaign"),
        _c("scheme", "string", "Name of the routing scheme at the time"),
        _c("source", "string", "Source of the call by provider attribute or number"),
        _c("started_at", "timestamp", "Arrival or dial, UTC"),
        _c("queued_at", "timestamp", "First queue entry, UTC"),
        _c("ringing_at", "timestamp", "First ring of a person of ours, UTC"),
        _c("answered_at", "timestamp", "First pick-up by a person, UTC"),
        _c("ended_at", "timestamp", "End, UTC; null while live"),
        *_LOCAL,
        _c("ivr_s", "int", "Seconds in the menu"),
        _c("wait_s", "int", "Seconds from queue entry (or first ring) to answer or end"),
        _c("ring_s", "int", "Seconds of ringing until answer or end"),
        _c("hold_s", "int", "Seconds on hold, part of talk_s"),
        _c("talk_s", "int", "Seconds from answer to end, hold included"),
        _c("total_s", "int", "Seconds from start to end"),
        _c("hangup_by", "string", "customer, agent, system or unknown"),
        _c("cause", "string", "Provider's or SIP cause code"),
        _c("answered_by", "string", "Who or what picked up: person, machine, ivr, voicemail, ai"),
        _c("voicemail_s", "int", "Length of the voicemail left"),
        _c("voicemail_status", "string", "none or left"),
        _c("recordings", "int", "Number of recordings"),
        _c("transcript", "int", "1 when a transcript exists"),
        _c("summary", "int", "1 when a summary exists"),
        _c("classifier", "string", "Disposition"),
        _c("record_ref", "string", "Customer record id at the provider", statistics=False),
        _c("reference", "string", "Ticket id"),
        _c("significant", "string", "Display field of the customer record", statistics=False),
        _c("tags", "string", "Tags, sorted, joined by semicolon"),
        _c("legs", "int", "Number of legs, without consultations and surveys, which are in table legs"),
        _c("answered_elsewhere", "int", "Legs that rang while a colleague answered"),
        _c("transfers", "int", "Completed transfers"),
        *_COST,
        _c("roaming", "boolean", "Whether the call was made outside the home region; null when unknown"),
        _c("flags", "string", "Data-quality findings, sorted, joined by semicolon"),
        _c("revision", "int", "Number of provider events that the row was folded from"),
        _c("is_call", "int", "1 for a customer-visible call, 0 for classifier rows"),
        _c("is_inbound", "int", "1 when is_call and inbound"),
        _c("is_outbound", "int", "1 when is_call and outbound"),
        _c("is_internal", "int", "1 when is_call and internal"),
        _c("is_answered", "int", "1 when is_call and outcome answered"),
        _c("is_offered", "int", "1 for an inbound call in open hours that left the menu (metrics: OFFERED)"),
        _c("is_missed", "int", "1 for an offered call that no person answered and that is no short abandon"),
        _c("is_short_abandon", "int", "1 for an offered call that the caller gave up within the short threshold"),
        _c("is_closed_hours", "int", "1 for an inbound unanswered call outside open hours"),
        _c("is_ivr_abandon", "int", "1 for an inbound call that ended inside the menu"),
        _c("is_voicemail", "int", "1 when is_call and outcome voicemail"),
        _c("is_abandoned", "int", "1 when is_call and outcome caller_abandoned"),
        _c("is_no_answer", "int", "1 when is_call and outcome no_answer"),
        _c("is_busy", "int", "1 when is_call and outcome busy"),
        _c("is_failed", "int", "1 when is_call and outcome failed"),
        _c("is_aborted", "int", "1 when is_call and outcome outbound_aborted"),
        _c("is_answered_offered", "int", "1 for an offered call that a person answered (metrics: ANS)"),
        _c("is_within_service", "int", "1 for an offered call answered within the service threshold"),
        _c("is_anonymous", "int", "1 when is_call and the customer withheld the number"),
    ),
)

MESSAGES = Table(
    name="messages",
    grain="one row per message",
    key=("record_id",),
    order=("user_id", "started_at", "record_id"),
    columns=(
        *_IDENTITY,
        _c("kind", "string", "sms, mms, email, chat or messenger"),
        _c("direction", "string", "inbound or outbound"),
        _c("status", "string", "pending, sent, delivered, undelivered, received or unknown"),
        _c("status_detail", "string", "The provider's own status word"),
        _c("error_code", "string", "Provider's error code of an undelivered message"),
        *_NUMBERS,
        _c("remote_count", "int", "Number of customers in the conversation; above 1 for a group text"),
        *_PEOPLE,
        _c("campaign", "string", "Campaign name"),
        _c("started_at", "timestamp", "Creation, UTC"),
        _c("delivered_at", "timestamp", "Positive delivery receipt, UTC"),
        _c("scheduled_for", "timestamp", "Ordered send time, UTC"),
        *_LOCAL,
        _c("segments", "int", "SMS segments; a cost field, never a count of messages"),
        _c("media_count", "int", "Attached media"),
        _c("is_bulk", "int", "1 for mass sends and auto-replies"),
        _c("reference", "string", "Ticket id"),
        _c("conversation", "string", "Provider's conversation id"),
        *_COST,
        _c("flags", "string", "Data-quality findings, sorted, joined by semicolon"),
        _c("revision", "int", "Number of provider events that the row was folded from"),
        _c("is_message", "int", "Always 1"),
        _c("is_inbound", "int", "1 when inbound"),
        _c("is_outbound", "int", "1 when outbound"),
        _c("is_delivered", "int", "1 when status delivered"),
        _c("is_undelivered", "int", "1 when status undelivered"),
        _c("is_pending", "int", "1 when outbound and neither delivered nor undelivered"),
    ),
)

LEGS = Table(
    name="legs",
    grain="one row per leg and per timeline step of a call",
    key=("record_id", "row_kind", "seq"),
    order=("record_id", "row_kind", "seq"),
    columns=(
        _c("record_id", "string", "Call that the row belongs to"),
        _c("row_kind", "string", "leg or step"),
        _c("seq", "int", "Position inside the call, from 1, by time"),
        _c("leg_id", "string", "Provider's leg id"),
        _c(
            "kind",
            "string",
            "Leg: agent, consultation, external_transfer, ...; step: queued, ringing, step, answered, ...",
        ),
        _c("user_id", "string", "Our user on the leg"),
        _c("user_name", "string", "That user's name at the time", statistics=False),
        _c("user_account", "string", "The provider's id of the person", statistics=False),
        _c("started_at", "timestamp", "Ring start of a leg, or time of the step, UTC"),
        _c("answered_at", "timestamp", "Pick-up, UTC"),
        _c("ended_at", "timestamp", "End, UTC"),
        _c("ring_s", "int", "Seconds rung"),
        _c("talk_s", "int", "Seconds talked"),
        _c("outcome", "string", "answered, no_answer, answered_elsewhere, declined, failed; empty for steps"),
        _c("value", "string", "IVR choice, queue name or transfer target of a step", statistics=False),
    ),
)

_DIMENSIONS = (
    _c("bucket_start", "timestamp", "Start of the 15-minute interval, UTC, of the interaction's start"),
    _c("local_date", "date", "Date of the interval in the workspace zone"),
    _c("local_hour", "int", "Hour of the interval in the workspace zone"),
    _c("local_weekday", "int", "Weekday in the workspace zone, 1 Monday to 7 Sunday"),
    _c("user_id", "string", "Our user, empty when nobody"),
    _c("user_name", "string", "That user's name, as at the first interaction of the interval", statistics=False),
    _c("team_id", "string", "Team at the time"),
    _c("business_number", "string", "Our number, E.164", statistics=False),
    _c("direction", "string", "inbound, outbound or internal"),
    _c("channel", "string", "call or message"),
    _c("outcome", "string", "Outcome of calls, status of messages"),
    _c("source", "string", "Source"),
)
MEASURES = (
    "calls", "messages", "answered", "offered", "missed", "short_abandons", "closed_hours", "ivr_abandons",
    "within_service", "delivered", "undelivered", "ivr_s", "wait_s", "ring_s", "hold_s", "talk_s", "total_s",
    "answered_wait_s", "answered_offered",
)  # fmt: skip
_MEASURE_DOCS = {
    "calls": "Sum of is_call",
    "messages": "Sum of is_message",
    "answered": "Sum of is_answered",
    "offered": "Sum of is_offered",
    "missed": "Sum of is_missed",
    "short_abandons": "Sum of is_short_abandon",
    "closed_hours": "Sum of is_closed_hours",
    "ivr_abandons": "Sum of is_ivr_abandon",
    "within_service": "Sum of is_within_service",
    "delivered": "Sum of is_delivered",
    "undelivered": "Sum of is_undelivered",
    "answered_wait_s": "Sum of wait_s over answered offered calls",
    "answered_offered": "Sum of is_answered_offered",
}

ACTIVITY = Table(
    name="activity",
    grain="15-minute interval by user, team, number, direction, channel, outcome and source; measures add up",
    key=("bucket_start", "user_id", "team_id", "business_number", "direction", "channel", "outcome", "source"),
    order=("bucket_start", "user_id", "team_id", "business_number", "direction", "channel", "outcome", "source"),
    columns=(
        *_DIMENSIONS,
        *(_c(m, "bigint", _MEASURE_DOCS.get(m, f"Sum of {m}; a phase that never was adds nothing")) for m in MEASURES),
    ),
)

TABLES: tuple[Table, ...] = (CALLS, MESSAGES, LEGS, ACTIVITY)
