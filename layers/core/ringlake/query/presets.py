"""Named date ranges in local dates, both ends inclusive (features.md O17-O20, F9)."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from enum import StrEnum


class Preset(StrEnum):
    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_3_DAYS = "last_3_days"
    LAST_7_DAYS = "last_7_days"
    LAST_4_WEEKS = "last_4_weeks"
    LAST_3_MONTHS = "last_3_months"
    LAST_12_MONTHS = "last_12_months"
    MONTH_TO_DATE = "month_to_date"
    QUARTER_TO_DATE = "quarter_to_date"
    YEAR_TO_DATE = "year_to_date"
    PREVIOUS_MONTH = "previous_month"


def add_months(day: date, months: int) -> date:
    """The same day of another month, clamped to that month's end."""
    month = day.year * 12 + day.month - 1 + months
    year, index = divmod(month, 12)
    last = calendar.monthrange(year, index + 1)[1]
    return date(year, index + 1, min(day.day, last))


def year_start(today: date, fiscal_month: int = 1) -> date:
    """First day of the fiscal year that `today` lies in; of the calendar year when it starts in January."""
    return date(today.year - (today.month < fiscal_month), fiscal_month, 1)


def quarter_start(today: date, fiscal_month: int = 1) -> date:
    """First day of the quarter of the fiscal year that `today` lies in."""
    return add_months(today.replace(day=1), -((today.month - fiscal_month) % 3))


def dates_of(preset: Preset, today: date, fiscal_month: int = 1) -> tuple[date, date]:
    """First and last date of the range. Rolling ranges include today; they begin on the day after
    the same date 3 or 12 calendar months back. Quarters and years are those of the fiscal year, which
    is the calendar year when it starts in January (features.md O19, O20).
    """
    day = timedelta(days=1)
    match preset:
        case Preset.TODAY:
            return today, today
        case Preset.YESTERDAY:
            return today - day, today - day
        case Preset.LAST_3_DAYS:
            return today - 2 * day, today
        case Preset.LAST_7_DAYS:
            return today - 6 * day, today
        case Preset.LAST_4_WEEKS:
            return today - 27 * day, today
        case Preset.LAST_3_MONTHS:
            return add_months(today, -3) + day, today
        case Preset.LAST_12_MONTHS:
            return add_months(today, -12) + day, today
        case Preset.MONTH_TO_DATE:
            return today.replace(day=1), today
        case Preset.QUARTER_TO_DATE:
            return quarter_start(today, fiscal_month), today
        case Preset.YEAR_TO_DATE:
            return year_start(today, fiscal_month), today
        case Preset.PREVIOUS_MONTH:
            last = today.replace(day=1) - day
            return last.replace(day=1), last
