"""All reports that can be exported, by name; the first is what is meant when none is named."""

from __future__ import annotations

from types import MappingProxyType

from . import beside, chart, detailed, interactions, messages, people, transcripts, work
from .order import Report

REPORTS: MappingProxyType[str, Report] = MappingProxyType(
    {
        report.name: report
        for report in (
            interactions.REPORT,
            detailed.REPORT,
            beside.LEGS_REPORT,
            messages.REPORT,
            people.TEAM,
            people.NUMBERS,
            chart.REPORT,
            work.CASES,
            people.PRESENCE,
            work.CONTACTS,
            work.RESPONSES,
            work.DEALS,
            beside.CHARGES_REPORT,
            transcripts.REPORT,
        )
    }
)
