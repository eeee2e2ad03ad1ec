"""Customers: who calls, how often, whether they have to call again, how fast they hear from us."""

from __future__ import annotations

from .metric import Grain, Metric, Unit

_FCR = ("resolved_dispositions", "unresolved_dispositions")
_WHO = "A customer is a contact when one is known, else a number; withheld numbers are left out."
_NEW = "metrics.md New vs returning callers"
_REPEAT = "metrics.md Repeat-caller rate; demands.md D82"
# The customer of an incoming call that counts.
_CALLER = (
    "case when is_call = 1 and is_inbound = 1 and is_spam = 0 and (contact_id <> '' or party_key <> '') "
    "then case when contact_id <> '' then contact_id else party_key end end"
)


def _people(id: str, name: str, words: str, better: str = "", sql: str = "", denominator: str = "") -> Metric:
    return Metric(
        id=id,
        name=name,
        unit=Unit.SHARE if denominator else Unit.PEOPLE,
        words=f"{words} {_WHO}",
        numerator=name.lower() if denominator else "",
        denominator=denominator,
        grain=Grain.CUSTOMER,
        better=better,
        table="calls",
        sql=sql,
        source=_NEW,
    )


def _calls(id: str, name: str, words: str, better: str = "") -> Metric:
    return Metric(
        id=id,
        name=name,
        unit=Unit.COUNT,
        words=words,
        grain=Grain.CALL,
        settings=_FCR,
        better=better,
        table="calls",
        source=_REPEAT,
    )


METRICS: tuple[Metric, ...] = (
    _people(
        "callers", "Callers", "Customers with at least one incoming call in the period.",
        sql=f"count(distinct {_CALLER})",
    ),
    _people(
        "new_customers", "New callers among customers",
        "Customers whose first incoming call of the period is the first record ever of that number in the workspace.",
        denominator="callers",
    ),
    _people(
        "returning_customers", "Returning callers", "Customers who called in the period and are not new.",
        denominator="callers",
    ),
    _people(
        "new_customers_answered", "New callers answered at once",
        "New callers whose first call a person answered.", "higher", denominator="new callers",
    ),
    _people(
        "caller_band", "Callers by number of calls",
        "Customers who called 1, 2, 3, 4, 5 to 10, or more than 10 times in the period.", denominator="callers",
    ),
    Metric(
        id="fcr",
        name="Resolved at first contact",
        unit=Unit.SHARE,
        words="Share of answered incoming calls after which the same customer did not contact the same team again, by "
        "call or text, within the window (24, 72 or 168 hours after the call ended, edges inside). A proxy: only calls "
        "whose window is closed count, and a disposition that says whether the customer was helped wins. " + _WHO,
        numerator="answered incoming calls without a further contact",
        denominator="answered incoming calls whose window is closed",
        grain=Grain.CALL,
        settings=_FCR,
        better="higher",
        table="calls",
        source=_REPEAT,
    ),
    Metric(
        id="repeat_rate",
        name="Repeat rate",
        unit=Unit.SHARE,
        words="Share of answered incoming calls after which the same customer contacted the same team again within the "
        "window: what resolved at first contact leaves. " + _WHO,
        numerator="answered incoming calls with a further contact",
        denominator="answered incoming calls whose window is closed",
        grain=Grain.CALL,
        settings=_FCR,
        better="lower",
        table="calls",
        source=_REPEAT,
    ),
    _calls("resolved_calls", "Resolved calls", "Answered incoming calls with a closed window and no further contact.",
           "higher"),
    _calls("repeated_calls", "Repeated calls", "Answered incoming calls with a closed window and a further contact.",
           "lower"),
    _calls("open_windows", "Calls with an open window", "Answered incoming calls whose window is not over yet."),
    _calls(
        "open_windows_repeated", "Calls with an open window, repeated already",
        "Of the answered incoming calls whose window is not over yet, those with a further contact: provisional.",
        "lower",
    ),
    _calls(
        "repeat_unknown", "Answered calls that cannot be followed",
        "Answered incoming calls of withheld numbers, and those whose end nobody told.",
    ),
    Metric(
        id="handling_s",
        name="Speed of handling",
        unit=Unit.SECONDS,
        words="Mean time from a customer's first contact in vain of the period (a call that nobody answered, a text) "
        "to the first outgoing call or text to that number. One value per number.",
        numerator="seconds from the first contact in vain to the first outgoing contact",
        denominator="customers who got nobody and heard from us",
        grain=Grain.CUSTOMER,
        better="lower",
        source="features.md N18",
    ),
    Metric(
        id="handling_waiting",
        name="Customers not heard from us",
        unit=Unit.PEOPLE,
        words="Customers who called in vain or wrote in the period and had neither call nor text from us until seven "
        "days after it.",
        grain=Grain.CUSTOMER,
        better="lower",
        source="features.md N18",
    ),
)  # fmt: skip
