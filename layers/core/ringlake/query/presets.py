"""Named date ranges in local dates, both ends inclusive (features.md O17-O20, F9)."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from enum import StrEnum


class Preset(StrEnum):
    TODAY = "today"
    YESTERDAY = "yesterday"
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


def dates_of(preset: Preset, today: date) -> tuple[date, date]:
    """First and last date of the range. Rolling ranges include today; they begin on the day after
    the same date 3 or 12 calendar months back.
    """
    day = timedelta(days=1)
    match preset:
        case Preset.TODAY:
            return today, today
        case Preset.YESTERDAY:
            return today - day, today - day
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
            return today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), today
        case Preset.YEAR_TO_DATE:
            return today.replace(month=1, day=1), today
        case Preset.PREVIOUS_MONTH:
            last = today.replace(day=1) - day
            return last.replace(day=1), last
