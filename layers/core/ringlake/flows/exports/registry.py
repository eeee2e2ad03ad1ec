"""All reports that can be exported, by name; the first is what is meant when none is named."""

from __future__ import annotations

from types import MappingProxyType

from . import interactions
from .order import Report

REPORTS: MappingProxyType[str, Report] = MappingProxyType({report.name: report for report in (interactions.REPORT,)})
