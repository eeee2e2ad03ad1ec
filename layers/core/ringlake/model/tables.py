"""The lake's tables, declared once: Parquet schema, Glue columns and data dictionary come from here.

Types are the portable names that Glue uses: string, int (32 bit), bigint, date, timestamp
(milliseconds, UTC, without zone), boolean, decimal(12,4) of amounts and decimal(20,10) of prices and
exchange rates. `workspace` and `day` are partition keys in the path and not columns of the files.
Indicator columns (`is_*`) hold 0 or 1, so that every rate is a sum over a sum. Durations are whole
seconds, rounded half up, null for a phase that never happened.
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


# All flags of a row in one whole number, where they are kept in memory: bit n is the n-th of `flags_of`.
FLAGS = "flags_packed"
_MOST_FLAGS = 62


def flags_of(table: Table) -> tuple[str, ...]:
    """The indicator columns of a table, which hold 0 or 1."""
    return tuple(column.name for column in table.columns if column.name.startswith("is_"))[:_MOST_FLAGS]


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
    _c("business_number_ref", "string", "The provider's own id of that number, empty when it gives none"),
    _c("remote_number", "string", "Customer's number, E.164, or the word anonymous", statistics=False),
    _c(
        "remote_name",
        "string",
        "Customer's name: the contact's (with +n when n more have the number), else as the provider sent it",
        statistics=False,
    ),
    _c("remote_country", "string", "ISO country of the customer's number, empty when unknown"),
    _c("party_key", "string", "Keyed hash of the customer's number: joins and distinct counts without the number"),
    _c("contact_id", "string", "Our id of the contact with that number, the one changed last; empty when unknown"),
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
    _c("cost_amount", "decimal(12,4)", "Provider's charge, else by our tariff; null when unknown, which is not 0"),
    _c("cost_currency", "string", "ISO 4217 currency of cost_amount, empty when unknown"),
    _c("cost_source", "string", "Where the cost comes from: provider or tariff, empty when unknown"),
    _c(
        "home_amount",
        "decimal(12,4)",
        "The cost in the workspace's currency, each charge converted at the stored rate of its day where it is in "
        "another; null when unknown, or when a rate is missing",
    ),
    _c("home_currency", "string", "Currency of home_amount: the workspace's when the row was made; empty when unknown"),
    _c("is_cost_converted", "int", "1 when any charge of home_amount was in another currency"),
)
_OPEN_HOURS = _c("in_open_hours", "int", "1 when the start lies in the open hours of team, number or workspace")
# What other records of the same customer, and people, say about a call (features.md W32-W36, N14, N15).
_CONSEQUENCES = (
    _c("contact_no", "int", "Position among all calls and messages with the customer, from 1; null when unknown"),
    _c("is_unique", "int", "1 for the first call or message ever with the customer, or labelled so"),
    _c("is_repeat", "int", "1 when an earlier call or message lies within the repeat days, or labelled so"),
    _c("is_target", "int", "1 for the first call of a sale cycle with enough talk, or labelled so"),
    _c("is_spam", "int", "1 when blocked by the provider, on the spam list, or labelled so"),
    _c("is_candidate", "int", "1 for a missed inbound call that needs a call back"),
    _c("is_recovered", "int", "1 for a candidate that an outbound call to the customer followed in time"),
    _c("is_reached", "int", "1 for a candidate whose customer was talked to in such a call"),
    _c("is_resolved_by_customer", "int", "1 for a candidate whose customer rang again and was answered before that"),
    _c("is_unrecovered", "int", "1 for a candidate that is neither recovered nor resolved by the customer"),
    _c("recovery_s", "int", "Seconds from the end of the miss to the start of the call that recovered it"),
    _c(
        "recovery_state",
        "string",
        "open, attempted, reached, resolved_by_customer, resolved_by_text, assigned or dismissed; empty for others",
    ),
    _c("recovery_call", "string", "Record id of the call back that recovered it, else of the first try"),
    _c("recovered_by", "string", "User who called back"),
    _c("is_success", "int", "1 when people marked the call successful"),
    _c("is_no_success", "int", "1 when people marked the call unsuccessful"),
    _c("legal_hold", "int", "1 when the call and its recordings must not be deleted"),
    _c("deals", "int", "Number of quotes and orders that name the call"),
    _c(
        "is_sale",
        "int",
        "1 when the call ended in a sale: people marked it successful, or nobody marked it and an order names it or "
        "its disposition is one of the workspace's words for a sale",
    ),
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
        _c("requested_kind", "string", "What was called first: user, queue or number of ours, or customer (outbound)"),
        _c(
            "requested_party", "string", "Its name, or our number without a name; empty for customers", statistics=False
        ),
        _c("requested_user_id", "string", "Our user who was called first, empty when no one person was"),
        _c("final_kind", "string", "Who had the call last: user, outside, voicemail, menu, ai, queue; empty: nobody"),
        _c("final_party", "string", "Name of that person or queue", statistics=False),
        _c("final_user_id", "string", "Our user who talked to the customer last, empty when nobody of ours did"),
        _c("final_number", "string", "Outside number that the call was handed to, E.164", statistics=False),
        *_PEOPLE,
        _c("queue", "string", "Queue name"),
        _c("campaign", "string", "Campaign name; empty means outside any campaign"),
        _c("scheme", "string", "Name of the routing scheme at the time"),
        _c("source", "string", "Source of the call by provider attribute or number"),
        _c("source_medium", "string", "Medium of that source"),
        _c("source_campaign", "string", "Campaign of that source"),
        _c("started_at", "timestamp", "Arrival or dial, UTC"),
        _c("queued_at", "timestamp", "First queue entry, UTC"),
        _c("ringing_at", "timestamp", "First ring of a person of ours, UTC"),
        _c("answered_at", "timestamp", "First pick-up by a person, UTC"),
        _c("ended_at", "timestamp", "End, UTC; null while live"),
        *_LOCAL,
        _c("ivr_s", "int", "Seconds in the menu"),
        _c("wait_s", "int", "Seconds from queue entry (or first ring) to answer or end"),
        _c("wait_ms", "int", "The same wait in milliseconds, for thresholds: exactly the threshold is inside"),
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
        _c("transfers_attended", "int", "Of them with a talk to whoever took over before; null when no leg tells"),
        _c("transfers_blind", "int", "Of them without; null when no leg tells"),
        *_COST,
        _c("survey_score", "decimal(12,4)", "Score that the customer gave in a survey about the call; null when none"),
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
        _c("is_callback_requested", "int", "1 for an offered call that the caller left for a call back (metrics: CB)"),
        _c("is_anonymous", "int", "1 when is_call and the customer withheld the number"),
        _OPEN_HOURS,
        *_CONSEQUENCES,
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
        _c("is_spam", "int", "1 when on the spam list, or flagged by the provider"),
        _OPEN_HOURS,
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
            "Leg: agent, consultation, external_transfer, ...; step: queued, ringing, step, answered, recording, ...",
        ),
        _c("user_id", "string", "Our user on the leg"),
        _c("user_name", "string", "That user's name at the time", statistics=False),
        _c("user_account", "string", "The provider's id of the person", statistics=False),
        _c("number", "string", "Number that a leg was dialled to, when the provider says", statistics=False),
        _c("started_at", "timestamp", "Ring start of a leg, or time of the step, UTC"),
        _c("answered_at", "timestamp", "Pick-up, UTC"),
        _c("ended_at", "timestamp", "End, UTC"),
        _c("ring_s", "int", "Seconds rung"),
        _c("talk_s", "int", "Seconds talked"),
        _c("outcome", "string", "answered, no_answer, answered_elsewhere, declined, failed; empty for steps"),
        _c("value", "string", "IVR choice, queue name, transfer target or disposition of a step", statistics=False),
    ),
)

CASES = Table(
    name="cases",
    grain="one row per missed-contact case: misses of one customer in one burst, under the first of them",
    key=("record_id",),
    order=("user_id", "started_at", "record_id"),
    columns=(
        *_IDENTITY,
        _c(
            "state", "string", "open, attempted, reached, resolved_by_customer, resolved_by_text, assigned or dismissed"
        ),
        _c("case_source", "string", "missed, voicemail or requested (a call back was asked for)"),
        _c("reason", "string", "Missed reason of the first miss"),
        _c("misses", "int", "Misses in the case"),
        _c("miss_ids", "string", "Record ids of all misses, first to last, joined by semicolon"),
        *_NUMBERS,
        *_PEOPLE,
        _c("queue", "string", "Queue of the first miss"),
        _c("campaign", "string", "Campaign of the first miss"),
        _c("source", "string", "Source of the first miss"),
        _c("started_at", "timestamp", "Start of the first miss, UTC"),
        _c("opened_at", "timestamp", "End of the first miss, UTC: the clock of recovery starts"),
        _c("last_missed_at", "timestamp", "End of the last miss, UTC"),
        _c("due_at", "timestamp", "When the promised time, counted in open hours, runs out, UTC; null if never open"),
        _c("closed_at", "timestamp", "When it was closed, UTC; null while it is open"),
        *_LOCAL,
        _c("assignee", "string", "User who is to call back"),
        _c("attempts", "int", "Outbound calls to the customer within the recovery window"),
        _c("first_attempt_at", "timestamp", "Start of the first of them, UTC"),
        _c("first_attempt_s", "int", "Seconds from opened_at to the first attempt, by the clock"),
        _c("first_attempt_open_s", "int", "Seconds of open hours from opened_at to the first attempt"),
        _c("recovery_call", "string", "Record id of the call that recovered it"),
        _c("recovered_by", "string", "User who called back"),
        _c("recovery_s", "int", "Seconds from opened_at to the call that recovered it"),
        _c("is_case", "int", "Always 1"),
        _c("is_open", "int", "1 while nothing has closed it"),
        _c("is_attempted", "int", "1 when at least one attempt was made"),
        _c("is_recovered", "int", "1 when an outbound call recovered it"),
        _c("is_reached", "int", "1 when the customer was talked to in an attempt, or people said so"),
        _c("is_within_sla", "int", "1 when the first attempt came within the promised time in open hours"),
        _c("is_resolved_by_customer", "int", "1 when the customer rang again and was answered before that"),
        _c("is_resolved_by_text", "int", "1 when a text to the customer closed it"),
        _c("is_dismissed", "int", "1 when people dismissed it"),
    ),
)

# The cases of `cases` that nothing has closed, of all days in one object: a work list has no horizon (demands.md D9),
# and nobody reads years of days to find what was left. Derived, so it is no table for SQL: `cases` says it all.
OPEN_CASES = Table(
    name="open_cases",
    grain="one row per missed-contact case that is still open, of all days",
    key=("record_id",),
    order=("started_at", "record_id"),
    columns=(
        *CASES.columns,
        _c("rang", "string", "Users whom a group call rang that nobody answered: ids, each between semicolons"),
    ),
)
# Where `open_cases` has the day of other tables.
ALL_DAYS = "all"

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
    "answered_wait_s", "answered_offered", "candidates", "recovered", "reached", "resolved_by_customer", "recovery_s",
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
    "candidates": "Sum of is_candidate",
    "recovered": "Sum of is_recovered",
    "reached": "Sum of is_reached",
    "resolved_by_customer": "Sum of is_resolved_by_customer",
    "recovery_s": "Sum of recovery_s over recovered candidates",
}

ACTIVITY = Table(
    name="activity",
    grain=(
        "15-minute interval by user, team, number, direction, channel, outcome and source; measures add up. Spam and "
        "internal calls are in it, but spam is no part of offered, missed, short_abandons, closed_hours, ivr_abandons, "
        "within_service and answered_offered: to count without spam, as metrics do, read `calls` and `messages`"
    ),
    key=("bucket_start", "user_id", "team_id", "business_number", "direction", "channel", "outcome", "source"),
    order=("bucket_start", "user_id", "team_id", "business_number", "direction", "channel", "outcome", "source"),
    columns=(
        *_DIMENSIONS,
        *(_c(m, "bigint", _MEASURE_DOCS.get(m, f"Sum of {m}; a phase that never was adds nothing")) for m in MEASURES),
    ),
)

PRESENCE = Table(
    name="presence",
    grain=(
        "one row per stretch of one status of one person, or of one account that is nobody's; stretches are cut "
        "at midnight, in UTC and in the workspace zone"
    ),
    key=("line", "started_at"),
    order=("user_id", "line", "started_at"),
    columns=(
        _c("line", "string", "Whose: user and our id of the user, or account, connection and account"),
        _c("user_id", "string", "Our user, empty when the account is nobody's"),
        _c("user_name", "string", "That user's name at the time", statistics=False),
        _c("team_id", "string", "The user's team at the time, empty when in none or in several"),
        _c("team_name", "string", "Name of that team"),
        _c("connection", "string", "Connection of an account that is nobody's, empty for people"),
        _c("user_account", "string", "Provider's name of an account that is nobody's", statistics=False),
        _c("status", "string", "talking, online, dnd or offline: the highest of all accounts of the person"),
        _c(
            "raw",
            "string",
            "The provider's word that the stretch began with; work after a call is a stretch of its own; empty when "
            "from calls or unknown",
        ),
        _c("calls", "string", "Ids of the calls that talking was taken from, sorted, joined by semicolon"),
        _c("started_at", "timestamp", "Start, UTC"),
        _c("ended_at", "timestamp", "End, UTC; null while it lasts"),
        _c("seconds", "int", "Seconds between start and end, each cut to the second; null while it lasts"),
        *_LOCAL,
        _c("talking_s", "int", "seconds when talking, else 0; null while it lasts"),
        _c("online_s", "int", "seconds when online, else 0; null while it lasts"),
        _c("dnd_s", "int", "seconds when dnd, else 0; null while it lasts"),
        _c("offline_s", "int", "seconds when offline, else 0; null while it lasts"),
    ),
)

DEALS = Table(
    name="deals",
    grain="one row per quote or order, under the day of its quote",
    key=("record_id",),
    order=("user_id", "started_at", "record_id"),
    columns=(
        _c("record_id", "string", "Stable id of the deal inside its workspace: connection, colon, sender's id"),
        _c("connection", "string", "Connection that delivered it; _own for what people entered in Ringlake"),
        _c("provider", "string", "Provider name"),
        _c("provider_id", "string", "The sender's own id of the deal"),
        _c("state", "string", "quoted, ordered or lost"),
        _c("brand", "string", "Brand quoted; empty when none was named"),
        _c("amount", "decimal(12,4)", "Amount as told last; null when unknown, which is not 0"),
        _c("currency", "string", "ISO 4217 currency of the amount, empty when unknown"),
        _c("call_id", "string", "Record id of the call that it came of; empty when none was named"),
        _c("call_started_at", "timestamp", "Start of that call, UTC; null while the call is not known"),
        _c("direction", "string", "Direction of that call; empty when unknown"),
        *_NUMBERS,
        *_PEOPLE,
        _c("queue", "string", "Queue of the call"),
        _c("campaign", "string", "Campaign of the call; empty means outside any campaign"),
        _c("source", "string", "Source of the call"),
        _c("started_at", "timestamp", "Date of the quote, UTC; the first word about a deal whose quote was not told"),
        _c("quoted_at", "timestamp", "Date of the quote, UTC; null when nobody told it"),
        _c("ordered_at", "timestamp", "When it became an order, UTC; null unless it is one"),
        _c("lost_at", "timestamp", "When it was lost, UTC; null unless it is"),
        *_LOCAL,
        _c("order_s", "int", "Seconds from quote to order; null unless both are known"),
        _c("flags", "string", "Data-quality findings, sorted, joined by semicolon"),
        _c("revision", "int", "Number of events that the row was folded from"),
        _c("is_deal", "int", "Always 1"),
        _c("is_quote", "int", "1 when a quote was made"),
        _c("is_order", "int", "1 when it is an order now"),
        _c("is_converted", "int", "1 for a quote that is an order now"),
        _c("is_lost", "int", "1 when it is lost"),
    ),
)

CHARGES = Table(
    name="charges",
    grain=(
        "one row per rating of one unit that is charged: a call, a part of it or a leg, a receiver of a message. "
        "Rows with is_charge = 1 say what counts; the others are earlier ratings of the same unit. Spam is in it"
    ),
    key=("interaction", "unit", "rating"),
    order=("user_id", "started_at", "interaction", "unit", "rating"),
    columns=(
        _c("interaction", "string", "call or message, colon, record_id: a call and a message may have the same id"),
        *_IDENTITY,
        _c(
            "unit",
            "string",
            "What was charged: the provider's id of the call, part or leg; of a text the receiver's place",
        ),
        _c("rating", "int", "0 as first rated, else the number of the later rating (POST /v1/charges/ratings)"),
        _c("channel", "string", "call or message"),
        _c("kind", "string", "Kind of the call or message"),
        _c("direction", "string", "Direction of the call or message"),
        _c("outcome", "string", "Outcome of the call, status of the message; empty while live"),
        _c(
            "number",
            "string",
            "Number that the unit was dialled or sent to, E.164; empty when inbound",
            statistics=False,
        ),
        _c("destination", "string", "Name of the destination in the tariff; empty when no rate was found"),
        _c("destination_country", "string", "ISO country of `number`, empty when unknown"),
        _c("prefix", "string", "Longest prefix of the tariff that fitted `number`, without plus"),
        _c("cost_source", "string", "provider: its own amount; tariff: rated by ours; empty when there is no amount"),
        _c("unpriced", "string", "Why there is no amount: no_rate, unknown_time, lasts or no_segments; else empty"),
        _c("tariff_id", "string", "Tariff that rated it"),
        _c("tariff_name", "string", "Name of that tariff"),
        _c("tariff_version", "int", "Version of that tariff, from 1; null unless rated"),
        _c("connect_fee", "decimal(20,10)", "The rate's fee per connection, of texts per segment; null unless rated"),
        _c("per_minute", "decimal(20,10)", "The rate's price per minute; null unless rated"),
        _c("increment_s", "int", "Seconds of one increment; null unless rated"),
        _c("billable_s", "int", "Seconds from the first pick-up to the end, rounded up; null when unknown or a text"),
        _c("charged_s", "int", "billable_s in whole increments; null unless rated"),
        _c("segments", "int", "Segments of a text; null when unknown or a call"),
        _c("cost_amount", "decimal(12,4)", "The charge; null when unknown, which is not 0"),
        _c("cost_currency", "string", "ISO 4217 currency of cost_amount, empty when unknown"),
        _c("home_amount", "decimal(12,4)", "cost_amount * exchange_rate, half up; null when either is unknown"),
        _c("home_currency", "string", "The workspace's currency when the row was made; empty without home_amount"),
        _c("exchange_rate", "decimal(20,10)", "What one of cost_currency was worth: 1 when it is the same; else null"),
        _c("exchange_date", "date", "Day of the stored rate that was used; null when none was needed or known"),
        *_NUMBERS,
        *_PEOPLE,
        _c("queue", "string", "Queue of the call"),
        _c("campaign", "string", "Campaign of the call or message"),
        _c("source", "string", "Source of the call"),
        _c("started_at", "timestamp", "Start of the call or message, UTC"),
        _c("charged_at", "timestamp", "Start of the unit, UTC: the tariff valid then counts"),
        *_LOCAL,
        _c("roaming", "boolean", "Whether the call was made outside the home region; null when unknown"),
        _c("is_current", "int", "1 for the latest rating of the unit"),
        _c("is_charge", "int", "1 for the latest rating of the unit when it has an amount"),
        _c("is_call", "int", "1 for units of a customer-visible call"),
        _c("is_message", "int", "1 for units of a message"),
        _c("is_cost_converted", "int", "1 when home_amount was in another currency"),
        _c("is_spam", "int", "1 when the call or message is spam"),
        _OPEN_HOURS,
    ),
)

RECONCILIATIONS = Table(
    name="reconciliations",
    grain=(
        "one row per line of an imported invoice, and per charge of its period that the invoice lacks; `day` is the "
        "first day of the invoice's period"
    ),
    key=("invoice_id", "entry"),
    order=("invoice_id", "entry"),
    columns=(
        _c("invoice_id", "string", "Our id of the invoice: a digest of its file"),
        _c("invoice_name", "string", "Name that it was imported with"),
        _c("connection", "string", "Connection whose charges it was compared with"),
        _c("period_from", "date", "First day of the invoice, in the workspace zone"),
        _c("period_to", "date", "Last day of the invoice"),
        _c("entry", "int", "Position: lines in the order of the file, then charges that it lacks by time; from 1"),
        _c("state", "string", "matched, different, missing (we have it), extra (only the invoice has it) or fee"),
        _c("differs", "string", "What is not the same in a pair: number, remote, started_at, duration, currency, ..."),
        _c("line", "int", "Line of the file, its header included; null for a charge that the invoice lacks"),
        _c("line_id", "string", "The provider's id on the line"),
        _c("line_text", "string", "The line's text, of fees above all", statistics=False),
        _c("record_id", "string", "Call or message of the charge; empty when we have none"),
        _c("unit", "string", "Unit of the charge"),
        _c("business_number", "string", "Our number, E.164, as the line says; as the charge says", statistics=False),
        _c("remote_number", "string", "Customer's number in the same way, or the word anonymous", statistics=False),
        _c("invoiced_at", "timestamp", "Start on the line, UTC; null for fees and what the invoice lacks"),
        _c("charged_at", "timestamp", "Start of the charge, UTC; null when we have none"),
        _c("local_date", "date", "Date of the start in the workspace zone, the line's first; of fees period_from"),
        _c("month", "date", "First day of that date's month"),
        _c("invoiced_s", "int", "Seconds on the line; null when it has none"),
        _c("billable_s", "int", "Seconds of the charge as it lasted"),
        _c("charged_s", "int", "Seconds of the charge in whole increments; null unless rated by a tariff"),
        _c("invoiced_amount", "decimal(20,10)", "Amount of the line, as exact as the invoice; null when missing"),
        _c("invoiced_currency", "string", "Its currency; empty when missing"),
        _c("charged_amount", "decimal(12,4)", "Amount of our charge; null when unknown or when we have none"),
        _c("charged_currency", "string", "Its currency; empty without an amount"),
        _c(
            "difference",
            "decimal(20,10)",
            "invoiced_amount - charged_amount, the side that is not there being 0; null when the currencies differ or "
            "our amount is unknown",
        ),
        _c("is_line", "int", "1 for a line of the invoice, 0 for what it lacks"),
        _c("is_matched", "int", "1 when state is matched"),
        _c("is_different", "int", "1 when state is different"),
        _c("is_missing", "int", "1 when state is missing"),
        _c("is_extra", "int", "1 when state is extra"),
        _c("is_fee", "int", "1 when state is fee"),
    ),
)

_CLOSED = (
    _c("month", "date", "First day of the closed month"),
    _c("closing", "int", "1 for the first closing of the month; higher when it was closed again"),
    _c("is_latest", "int", "1 for the last closing of the month"),
)

CLOSINGS = Table(
    name="closings",
    grain=(
        "one row per closing of a month, table, UTC day and currency: what was frozen; `day` is the first day of the "
        "month. Closings are never changed"
    ),
    key=("month", "closing", "part", "utc_day", "currency"),
    order=("month", "closing", "part", "utc_day", "currency"),
    columns=(
        *_CLOSED,
        _c("part", "string", "Table that was frozen: charges, calls or messages"),
        _c("utc_day", "date", "UTC day of the rows, which is `day` of that table"),
        _c("currency", "string", "Currency of the amounts; empty for rows without an amount"),
        _c("row_count", "bigint", "Rows of the table that are of the month and of that currency"),
        _c("seconds", "bigint", "Their seconds: talk_s of calls, billable_s of charges, 0 for messages"),
        _c("amount", "decimal(12,4)", "Sum of their cost_amount; 0 where currency is empty"),
        _c("part_sha256", "string", "Digest of the rows of this table and day, over all currencies"),
        _c("closing_sha256", "string", "Digest of the whole closing"),
        _c("zone", "string", "Workspace zone that the month was cut in (IANA)"),
        _c("closed_at", "timestamp", "When it was closed, UTC"),
        _c("closed_by", "string", "User who closed it"),
        _c("lake_as_of", "timestamp", "When the lake was last written before, UTC"),
    ),
)

CLOSED_CHARGES = Table(
    name="closed_charges",
    grain=(
        "one row per charge that counted when its month was closed, as it was then; `day` is the first day of the "
        "month. Nothing in it is about a customer"
    ),
    key=("month", "closing", "channel", "record_id", "unit"),
    order=("month", "closing", "channel", "record_id", "unit"),
    columns=(
        *_CLOSED,
        *(
            column
            for column in CHARGES.columns
            if column.name
            in {
                "record_id", "unit", "rating", "channel", "direction", "destination_country", "prefix", "cost_source",
                "tariff_id", "tariff_version", "billable_s", "charged_s", "segments", "cost_amount", "cost_currency",
                "home_amount", "home_currency", "business_number", "user_id", "team_id", "started_at", "local_date",
                "is_spam",
            }
        ),
    ),
)  # fmt: skip

TABLES: tuple[Table, ...] = (
    CALLS, MESSAGES, LEGS, CASES, ACTIVITY, PRESENCE, DEALS, CHARGES, RECONCILIATIONS, CLOSINGS, CLOSED_CHARGES
)  # fmt: skip
