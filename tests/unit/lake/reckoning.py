"""What each finance report must say, counted row by row in plain Python: nothing is shared with the SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ringlake.model.tables import (
    CALLS,
    CASES,
    CHARGES,
    CLOSED_CHARGES,
    CLOSINGS,
    LEGS,
    MESSAGES,
    PRESENCE,
    RECONCILIATIONS,
)
from tests.unit.lake.books import FIRST, LAST, Books, Row

type Rows = list[Row]
ORACLES: dict[str, Callable[[Books], Rows]] = {}
_WRAP = {"wrapup", "wrap_up", "wrap-up", "wut_start", "acw", "after_call_work"}


def oracle(told: Callable[[Books], Rows]) -> Callable[[Books], Rows]:
    ORACLES[told.__name__] = told
    return told


def month(row: Row) -> date:
    first: date = row["local_date"].replace(day=1)
    return first


def groups(rows: Iterable[Row], *names: str) -> list[tuple[dict[str, Any], Rows]]:
    """Rows by month and columns, in this order."""
    found: dict[tuple[Any, ...], Rows] = defaultdict(list)
    for row in rows:
        found[month(row), *(row[name] for name in names)].append(row)
    return [(dict(zip(("month", *names), key, strict=True)), found[key]) for key in sorted(found)]


def total(rows: Iterable[Row], name: str) -> Any:
    """The sum of what is known, None where nothing is."""
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known, known[0] - known[0]) if known else None


def known(rows: Iterable[Row], name: str) -> int:
    return sum(row[name] is not None for row in rows)


def share(part: Any, whole: Any, places: int = 4) -> float | None:
    return None if not whole or part is None else round(float(part) / float(whole), places)


def latest(rows: Sequence[Row], name: str) -> Any:
    return max(rows, key=lambda row: row["started_at"])[name]


def highest(rows: Iterable[Row], name: str) -> Any:
    return max((row[name] for row in rows if row[name] is not None), default=None)


def calls(books: Books) -> Rows:
    return [row for row in books.of(CALLS) if row["is_call"]]


def wanted(books: Books) -> Rows:
    """Calls as metrics count them: no spam, nothing internal."""
    return [row for row in calls(books) if not row["is_spam"] and row["direction"] != "internal"]


# --- spend


def spend(rows: Rows, by: Sequence[str], names: Sequence[str] = ()) -> Rows:
    found = []
    for key, mine in groups(rows, *by):
        charged = [row for row in mine if row["cost_amount"] is not None]
        for currency in sorted({row["cost_currency"] for row in charged}) or [None]:
            paid = [row for row in charged if row["cost_currency"] == currency]
            found.append(
                key
                | {name: latest(mine, name) for name in names}
                | {
                    "currency": currency,
                    "interactions": len(mine),
                    "charged": len(charged),
                    "coverage": share(len(charged), len(mine)),
                    "spend": total(paid, "cost_amount"),
                    "home_spend": total(paid, "home_amount"),
                    "home_currency": max((row["home_currency"] for row in paid), default=None),
                    "in_home_spend": known(paid, "home_amount") if paid else None,
                }
            )
    return found


@oracle
def spend_by_month(books: Books) -> Rows:
    return spend(
        [row | {"channel": "call"} for row in calls(books)]
        + [row | {"channel": "message"} for row in books.of(MESSAGES)],
        ["channel"],
    )


@oracle
def spend_by_team(books: Books) -> Rows:
    return spend([*calls(books), *books.of(MESSAGES)], ["team_id"], ["team_name"])


@oracle
def spend_by_user(books: Books) -> Rows:
    return spend([*calls(books), *books.of(MESSAGES)], ["user_id"], ["user_name"])


@oracle
def spend_by_number(books: Books) -> Rows:
    return spend([*calls(books), *books.of(MESSAGES)], ["business_number"], ["business_number_name"])


@oracle
def spend_by_source(books: Books) -> Rows:
    return spend(calls(books), ["source", "source_campaign"])


def billed(row: Row) -> Any:
    return row["charged_s"] if row["charged_s"] is not None else row["billable_s"]


@oracle
def spend_by_destination_and_month(books: Books) -> Rows:
    charges = [row | {"billed_s": billed(row)} for row in books.of(CHARGES) if row["is_charge"]]
    found = []
    for key, mine in groups(charges, "channel", "destination_country", "prefix", "cost_currency"):
        up = [row for row in mine if row["billed_s"]]
        found.append(
            {name: value for name, value in key.items() if name != "cost_currency"}
            | {
                "destination": highest(mine, "destination"),
                "currency": key["cost_currency"],
                "units": len(mine),
                "billed_s": total(mine, "billed_s"),
                "segments": total(mine, "segments"),
                "spend": total(mine, "cost_amount"),
                "home_spend": total(mine, "home_amount"),
                "home_currency": highest(mine, "home_currency"),
                "price_per_minute": share((total(up, "cost_amount") or 0) * 60, total(up, "billed_s")),
            }
        )
    return found


@oracle
def charges_without_amount(books: Books) -> Rows:
    rows = [row for row in books.of(CHARGES) if row["is_current"] and row["cost_amount"] is None]
    return [
        key
        | {
            "units": len(mine),
            "interactions": len({row["record_id"] for row in mine}),
            "first_at": min(row["started_at"] for row in mine),
            "last_at": max(row["started_at"] for row in mine),
        }
        for key, mine in groups(rows, "connection", "unpriced", "destination_country")
    ]


@oracle
def rated_again(books: Books) -> Rows:
    units: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in books.of(CHARGES):
        units[row["record_id"], row["unit"]].append(row)
    pairs = []
    for ratings in units.values():
        ratings.sort(key=lambda row: int(row["rating"]))
        first, now = ratings[0], ratings[-1]
        if first is not now:
            same = first["cost_currency"] in ("", now["cost_currency"])
            pairs.append(
                first
                | {
                    "currency": first["cost_currency"] or now["cost_currency"],
                    "before": first["cost_amount"],
                    "now": now["cost_amount"] if same else None,
                }
            )
    found = []
    for key, mine in groups(pairs, "connection", "currency"):
        both = [row for row in mine if row["before"] is not None and row["now"] is not None]
        found.append(
            key
            | {
                "units": len(mine),
                "first_spend": total(mine, "before"),
                "spend_now": total(mine, "now"),
                "difference": total(both, "now") - total(both, "before") if both else None,
                "without_before": len(mine) - known(mine, "before"),
                "without_now": len(mine) - known(mine, "now"),
            }
        )
    return found


@oracle
def unit_prices(books: Books) -> Rows:
    rows = [row for row in books.of(CHARGES) if row["is_charge"] and row["is_call"] and billed(row)]
    by = ("connection", "destination_country", "prefix", "cost_currency")
    before: dict[tuple[Any, ...], tuple[date, float]] = {}
    found = []
    for key, mine in groups(rows, *by):
        paid = total(mine, "cost_amount")
        price = round(float(paid) * 60 / sum(billed(row) for row in mine), 4)
        line = tuple(key[name] for name in by)
        then, old = before.get(line, (None, None))
        before[line] = (key["month"], price)
        found.append(
            {name: value for name, value in key.items() if name != "cost_currency"}
            | {
                "currency": key["cost_currency"],
                "units": len(mine),
                "few": int(len(mine) < 10),
                "spend": paid,
                "price_per_minute": price,
                "month_before": then,
                "price_before": old,
                "change": round(price / old - 1, 4) if old else None,
            }
        )
    return found


# --- cost per call and sale


@oracle
def cost_per_answered_call(books: Books) -> Rows:
    found = []
    for key, mine in groups(wanted(books), "team_id"):
        charged = [row for row in mine if row["home_amount"] is not None]
        answered = sum(row["is_answered"] for row in charged)
        found.append(
            key
            | {
                "team_name": latest(mine, "team_name"),
                "calls": len(mine),
                "charged": len(charged),
                "coverage": share(len(charged), len(mine)),
                "answered": answered,
                "spend": total(charged, "home_amount"),
                "currency": highest(mine, "home_currency"),
                "cost_per_answered_call": share(total(charged, "home_amount"), answered),
            }
        )
    return found


@oracle
def cost_per_sale(books: Books) -> Rows:
    found = []
    for key, mine in groups(wanted(books), "source"):
        charged = [row for row in mine if row["home_amount"] is not None]
        found.append(
            key
            | {
                "calls": len(mine),
                "sales": total(mine, "is_sale"),
                "charged": len(charged),
                "coverage": share(len(charged), len(mine)),
                "spend": total(charged, "home_amount"),
                "currency": highest(mine, "home_currency"),
                "cost_per_sale": share(total(charged, "home_amount"), total(charged, "is_sale")),
            }
        )
    return found


# --- calls, cases


@oracle
def missed_and_recovered_by_team_and_month(books: Books) -> Rows:
    found = []
    for key, mine in groups([row for row in wanted(books) if row["is_inbound"]], "team_id"):
        offered, missed, short = (total(mine, f"is_{name}") for name in ("offered", "missed", "short_abandon"))
        recovered = [row for row in mine if row["is_recovered"]]
        found.append(
            key
            | {
                "team_name": latest(mine, "team_name"),
                "offered": offered,
                "missed": missed,
                "short_abandons": short,
                "missed_rate": share(missed, offered - short),
                "needing": total(mine, "is_candidate"),
                "recovered": len(recovered),
                "reached": total(mine, "is_reached"),
                "resolved_by_customer": total(mine, "is_resolved_by_customer"),
                "unrecovered": total(mine, "is_unrecovered"),
                "recovered_rate": share(len(recovered), total(mine, "is_candidate")),
                "average_recovery_s": share(total(recovered, "recovery_s"), known(recovered, "recovery_s"), 1),
            }
        )
    return found


@oracle
def service_level_by_week(books: Books) -> Rows:
    weeks: dict[date, Rows] = defaultdict(list)
    for row in calls(books):
        if not row["is_spam"]:
            weeks[row["local_date"] - timedelta(days=row["local_date"].weekday())].append(row)
    found = []
    for week, mine in sorted(weeks.items()):
        answered = [row for row in mine if row["is_answered_offered"]]
        names = ("offered", "within_service", "short_abandon", "callback_requested", "missed")
        offered, within, short, asked, missed = (total(mine, f"is_{name}") for name in names)
        found.append(
            {
                "week_start": week,
                "is_partial": int(week < FIRST or week + timedelta(days=6) > LAST),
                "offered": offered,
                "answered": len(answered),
                "within_service": within,
                "short_abandons": short,
                "callbacks_requested": asked,
                "missed": missed,
                "service_level": share(within, offered - short - asked),
                "average_answer_s": share(total(answered, "wait_s"), known(answered, "wait_s"), 1),
                "longest_wait_s": highest(answered, "wait_s"),
            }
        )
    return found


@oracle
def calls_by_weekday_and_hour(books: Books) -> Rows:
    cells: dict[tuple[int, int], Rows] = defaultdict(list)
    for row in wanted(books):
        cells[row["local_weekday"], row["local_hour"]].append(row)
    return [
        {
            "local_weekday": weekday,
            "local_hour": hour,
            "days": len({row["local_date"] for row in mine}),
            "received": total(mine, "is_inbound"),
            "made": total(mine, "is_outbound"),
            "offered": total(mine, "is_offered"),
            "missed": total(mine, "is_missed"),
            "few": int(total(mine, "is_offered") < 10),
            "missed_rate": share(total(mine, "is_missed"), total(mine, "is_offered") - total(mine, "is_short_abandon")),
            "talk_s": total(mine, "talk_s") or 0,
        }
        for (weekday, hour), mine in sorted(cells.items())
    ]


@oracle
def callback_promise_by_month(books: Books) -> Rows:
    found = []
    for key, mine in groups(books.of(CASES), "team_id"):
        tried = [row for row in mine if row["is_attempted"]]
        flags = {
            "attempted": "attempted", "within_promise": "within_sla", "recovered": "recovered", "reached": "reached",
            "resolved_by_customer": "resolved_by_customer", "resolved_by_text": "resolved_by_text",
            "dismissed": "dismissed", "still_open": "open",
        }  # fmt: skip
        counts = {name: total(mine, f"is_{flag}") for name, flag in flags.items()}
        found.append(
            key
            | {"team_name": latest(mine, "team_name"), "cases": len(mine), "misses": total(mine, "misses")}
            | counts
            | {
                "kept": share(counts["within_promise"], len(mine) - counts["dismissed"]),
                "average_first_attempt_s": share(total(tried, "first_attempt_s"), known(tried, "first_attempt_s"), 1),
            }
        )
    return found


@oracle
def quality_by_provider_and_destination(books: Books) -> Rows:
    rows = [row for row in wanted(books) if row["is_outbound"]]
    found = []
    for key, mine in groups(rows, "connection", "business_number", "remote_country"):
        answered = [row for row in mine if row["is_answered"]]
        talked = [row for row in mine if row["talk_s"] and row["home_amount"] is not None]
        found.append(
            key
            | {
                "attempts": len(mine),
                "given_up": total(mine, "is_aborted"),
                "answered": len(answered),
                "busy": total(mine, "is_busy"),
                "failed": total(mine, "is_failed"),
                "asr": share(len(answered), len(mine)),
                "connect_rate": share(len(answered), len(mine) - total(mine, "is_aborted")),
                "acd_s": share(total(answered, "talk_s"), known(answered, "talk_s"), 1),
                "coverage": share(known(mine, "home_amount"), len(mine)),
                "spend": total(mine, "home_amount"),
                "currency": highest(mine, "home_currency"),
                "price_per_minute": share((total(talked, "home_amount") or 0) * 60, total(talked, "talk_s")),
            }
        )
    return found


@oracle
def top_callers(books: Books) -> Rows:
    of: dict[str, Rows] = defaultdict(list)
    for row in wanted(books):
        of[row["party_key"]].append(row | {"call": 1})
    for row in books.of(MESSAGES):
        if not row["is_spam"]:
            of[row["party_key"]].append(row | {"call": 0})
    del of[""]
    ranked = sorted(of.items(), key=lambda one: (-len(one[1]), one[0]))[:100]
    found = []
    for place, (key, mine) in enumerate(ranked, start=1):
        rung = [row for row in mine if row["call"]]
        found.append(
            {
                "place": place,
                "party_key": key,
                "remote_number": f"+48600000{key[1:]}",
                "remote_name": f"Customer {key}",
                "interactions": len(mine),
                "calls": len(rung),
                "calls_received": total(rung, "is_inbound") or 0,
                "calls_made": total(rung, "is_outbound") or 0,
                "answered": total(rung, "is_answered") or 0,
                "missed": total(rung, "is_missed") or 0,
                "messages": len(mine) - len(rung),
                "talk_s": total(rung, "talk_s") or 0 if rung else 0,
                "spend": total(mine, "home_amount"),
                "currency": max(row["home_currency"] for row in mine),
                "last_at": max(row["started_at"] for row in mine),
            }
        )
    return found


# --- people


def _people(books: Books) -> Rows:
    return [row for row in books.of(PRESENCE) if row["user_id"]]


@oracle
def attendance_by_day(books: Books) -> Rows:
    days: dict[tuple[date, str], Rows] = defaultdict(list)
    for row in _people(books):
        days[row["local_date"], row["user_id"]].append(row)
    found = []
    for (day, user), mine in sorted(days.items()):
        at_work = [row for row in mine if row["status"] in ("talking", "online")]
        found.append(
            {
                "local_date": day,
                "user_id": user,
                "user_name": mine[0]["user_name"],
                "team_name": mine[0]["team_name"],
                "first_at": min((row["started_at"] for row in at_work), default=None),
                "last_at": highest(at_work, "ended_at"),
                **{f"{name}_s": total(mine, f"{name}_s") or 0 for name in ("talking", "online", "dnd", "offline")},
                "lasting": sum(row["ended_at"] is None for row in mine),
            }
        )
    return found


@oracle
def occupancy_by_user_and_month(books: Books) -> Rows:
    """Second by second: each second of a stretch online in which a ring of the person begins, lasts or both."""
    rings: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for leg in books.rows[LEGS.name]:
        if leg["row_kind"] == "leg" and leg["kind"] == "agent":
            rings[leg["user_id"]].append((_second(leg["started_at"]), _second(leg["answered_at"] or leg["ended_at"])))
    found = []
    for key, mine in groups([row for row in _people(books) if row["ended_at"]], "user_id"):
        talking, online = total(mine, "talking_s"), total(mine, "online_s")
        wrap = [row for row in mine if row["status"] == "online" and _word(row) in _WRAP]
        ringing: set[int] = set()
        for row in mine:
            if row["status"] == "online" and _word(row) not in _WRAP:
                start, end = _second(row["started_at"]), _second(row["ended_at"])
                for rang, ended in rings[key["user_id"]]:
                    ringing |= set(range(max(start, rang), min(end, ended)))
        wrapped = total(wrap, "online_s") or 0
        engaged = talking + len(ringing) + wrapped
        found.append(
            key
            | {
                "user_name": mine[0]["user_name"],
                "talking_s": talking,
                "online_s": online,
                "ringing_s": len(ringing),
                "wrap_up_s": wrapped,
                "occupancy": min(share(engaged, talking + online) or 0, 1) if talking + online else None,
            }
        )
    return found


def _word(row: Row) -> str:
    return str(row["raw"]).partition(":")[0].strip().lower()


def _second(at: Any) -> int:
    return int((at - at.min).total_seconds())


# --- invoices, closed months


def _entries(books: Books) -> Rows:
    return books.of(RECONCILIATIONS, by="period_from")


@oracle
def invoice_reconciliation(books: Books) -> Rows:
    rows = [row for row in _entries(books) if row["state"] != "matched"]
    rows.sort(key=lambda row: (row["period_from"], row["invoice_id"], row["state"], row["entry"]))
    names = (
        "invoice_name", "invoice_id", "connection", "period_from", "period_to", "state", "differs", "line", "line_id",
        "line_text", "record_id", "business_number", "remote_number", "invoiced_at", "charged_at", "invoiced_s",
        "billable_s", "charged_s", "invoiced_amount", "invoiced_currency", "charged_amount", "charged_currency",
        "difference",
    )  # fmt: skip
    return [{name: row[name] for name in names} for row in rows]


@oracle
def invoice_totals(books: Books) -> Rows:
    found: dict[tuple[Any, ...], Rows] = defaultdict(list)
    for row in _entries(books):
        currency = row["invoiced_currency"] or row["charged_currency"]
        found[
            row["period_from"], row["invoice_id"], row["business_number"], row["month"], row["state"], currency
        ].append(row)
    return [
        {
            "invoice_name": mine[0]["invoice_name"],
            "invoice_id": invoice,
            "connection": "line",
            "period_from": first,
            "period_to": mine[0]["period_to"],
            "business_number": number,
            "month": of,
            "state": state,
            "currency": currency,
            "entries": len(mine),
            "invoiced": total(mine, "invoiced_amount") or 0,
            "charged": total([row for row in mine if row["charged_currency"] == currency], "charged_amount") or 0,
            "difference": total(mine, "difference") or 0,
            "unknown": sum(row["difference"] is None for row in mine),
        }
        for (first, invoice, number, of, state, currency), mine in sorted(found.items())
    ]


@oracle
def month_close(books: Books) -> Rows:
    now: dict[tuple[date, str, str], Rows] = defaultdict(list)
    seconds = {"charges": "billable_s", "calls": "talk_s", "messages": "segments"}
    for part, table, flag in (
        ("charges", CHARGES, "is_charge"), ("calls", CALLS, "is_call"), ("messages", MESSAGES, "is_message")
    ):  # fmt: skip
        for row in books.of(table):
            if row[flag]:
                now[month(row), part, row["cost_currency"] if row["cost_amount"] is not None else ""].append(row)
    frozen: dict[tuple[date, str, str], Rows] = defaultdict(list)
    for row in books.of(CLOSINGS, by="month"):
        if row["is_latest"]:
            frozen[row["month"], row["part"], row["currency"]].append(row)
    closed = {key[0]: rows[0] for key, rows in frozen.items()}
    found = []
    for key in sorted(frozen.keys() | {key for key in now if key[0] in closed}):
        of, part, currency = key
        then, present = frozen.get(key, []), now.get(key, [])
        said = {
            "rows_frozen": total(then, "row_count") or 0,
            "rows_now": len(present),
            "seconds_frozen": total(then, "seconds") or 0,
            "seconds_now": (total(present, seconds[part]) or 0) if part != "messages" else 0,
            "amount_frozen": total(then, "amount") or Decimal(0),
            "amount_now": total(present, "cost_amount") or Decimal(0),
        }
        same = all(said[f"{name}_frozen"] == said[f"{name}_now"] for name in ("rows", "seconds", "amount"))
        told = {name: closed[of][name] for name in ("closed_at", "closed_by", "closing_sha256")}
        found.append(
            {"month": of, "part": part, "currency": currency, "closing": closed[of]["closing"]}
            | said
            | {"drifted": int(not same)}
            | told
        )
    return found


@oracle
def closed_month_drift(books: Books) -> Rows:
    frozen = {
        (row["month"], row["record_id"], row["unit"]): row
        for row in books.of(CLOSED_CHARGES, by="month")
        if row["is_latest"]
    }
    closed = {row["month"] for row in books.of(CLOSINGS, by="month")}
    now = {
        (month(row), row["record_id"], row["unit"]): row
        for row in books.of(CHARGES)
        if row["is_charge"] and month(row) in closed
    }
    found = []
    for key in sorted(frozen.keys() | now.keys()):
        then, present = frozen.get(key), now.get(key)
        money = [(one["cost_amount"], one["cost_currency"]) if one else (None, None) for one in (then, present)]
        if money[0] == money[1]:
            continue
        of: Any = then or present
        found.append(
            {
                "month": key[0],
                "record_id": key[1],
                "unit": key[2],
                "started_at": of["started_at"],
                "business_number": of["business_number"],
                "finding": "changed" if then and present else "gone" if then else "added",
                "amount_frozen": money[0][0],
                "currency_frozen": money[0][1],
                "amount_now": money[1][0],
                "currency_now": money[1][1],
            }
        )
    return found
