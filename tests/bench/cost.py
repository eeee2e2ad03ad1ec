"""P8: USD for a million webhooks at list prices (us-east-1), by component, from measured units.

Everything that can be measured here is: write and read units (P3), CPU (P1, P3, a roll-up), bytes
of items, logs and objects. What cannot be measured without an account is assumed below, in one
place, and stated in docs/cost.md.
"""

from __future__ import annotations

import math
from typing import Any

import yaml

from tests.bench import fold, ingest, rollup
from tests.bench.packages import Tags
from tests.bench.report import Bar, Outcome
from tests.bench.timing import ROOT

BAR_USD = 3.00
MILLION = 1_000_000
GB = 1e9

# List prices, us-east-1, USD.
HTTP_API_REQUEST = 1.00 / MILLION
LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_ARM_GB_S = 0.0000133334
WRITE_UNIT = 0.625 / MILLION
READ_UNIT = 0.125 / MILLION
TABLE_GB_MONTH = 0.25
BACKUP_GB_MONTH = 0.20
S3_PUT = 0.005 / 1_000
S3_GET = 0.0004 / 1_000
S3_GB_MONTH = 0.023
KMS_REQUEST = 0.03 / 10_000
LOGS_GB = 0.50
SCHEDULE = 1.00 / MILLION

# Assumptions. A month of a company with a million webhooks, in its working hours.
BUSY_MINUTES = 22 * 10 * 60
MINUTES = 30 * 24 * 60
# A full processor belongs to 1,769 MB of Lambda memory; ours here counts as one.
FULL_CPU_MB = 1_769
# Waiting for one request inside the region.
DYNAMODB_MS, S3_MS = 4.0, 25.0
# START, END and REPORT of an invocation in text format, with CloudWatch's 26 bytes for each event.
PLATFORM_LOG_BYTES, LOG_EVENT_BYTES = 330 + 3 * 26, 26
# DynamoDB stores 100 bytes of index data with each item.
ITEM_OVERHEAD = 100
# Shards of the journal's stream: an on-demand table begins with four.
SHARDS = 4
ARCHIVE_WINDOW_MINUTES = 5
# calls, legs, messages, charges, activity of the day.
OBJECTS_A_MINUTE = 5
# The measured minute has calls only; its messages are read as well.
MESSAGE_READS = 3
KEPT_VERSIONS_DAYS = 7
WAKE_UP_MS = 40.0


def bench(tiny: bool = False) -> Outcome:
    outcome = Outcome("P8", "USD for a million webhooks, list prices of us-east-1")
    webhook, folded = ingest.bench(tiny).figures, fold.bench(tiny).figures
    changes = max(1, round(MILLION / BUSY_MINUTES * folded["records_per_webhook"]))
    day_rows = round(MILLION / 22 * folded["records_per_webhook"])
    minute = rollup.busy_minute(200 if tiny else day_rows // 2, 20 if tiny else changes)
    parts, kept = processing(webhook, folded, minute), storage(folded, minute)
    for title, components in (("processing", parts), ("storage of the first month", kept)):
        outcome.line(title, f"{sum(components.values()):.2f}")
        for name, usd in sorted(components.items(), key=lambda kv: -kv[1]):
            outcome.line(f"  {name}", f"{usd:.3f}")
    total = sum(parts.values()) + sum(kept.values())
    outcome.line("all", f"{total:.2f}")
    outcome.bars.append(Bar("a million webhooks, processed and kept for the first month", total, BAR_USD, "USD"))
    outcome.figures |= {**parts, **kept, "total": total}
    outcome.notes.append("prices and assumptions: docs/cost.md")
    return outcome


def processing(webhook: dict[str, float], folded: dict[str, float], minute: Any) -> dict[str, float]:
    """What a million webhooks cost while they are worked on, in USD."""
    memory, text_logs = _functions()
    # The simulated company is small; here several webhooks share a second, and so a batch.
    per_second = MILLION / BUSY_MINUTES / 60
    batches = MILLION / (1 + per_second)
    folds = MILLION * folded["folds_per_webhook"]
    archives = BUSY_MINUTES / ARCHIVE_WINDOW_MINUTES * SHARDS

    def gb_s(function: str, cpu_ms: float, wait_ms: float) -> float:
        billed_ms = math.ceil(cpu_ms * max(1.0, FULL_CPU_MB / memory[function]) + wait_ms)
        return billed_ms / 1000 * memory[function] / 1024

    # Requests of the fold were answered in its process; transport is added at the price of a put's CPU.
    fold_ms = folded["fold_cpu_ms"] + 3 * webhook["request_cpu_ms"]
    batch_gb_s = gb_s("fold", fold_ms * folds / batches, 3 * DYNAMODB_MS * folds / batches)
    minute_requests = minute.answer["reads"] + MESSAGE_READS + OBJECTS_A_MINUTE
    minute_gb_s = gb_s("rollup", minute.cpu_s * 1000 + changes_cpu_ms(webhook, minute), S3_MS * minute_requests)
    idle_gb_s = gb_s("rollup", 3 * webhook["request_cpu_ms"], WAKE_UP_MS)
    events = MILLION / archives
    archive_gb_s = gb_s("archive", folded["archive_cpu_ms"] * events, math.ceil(events / 100) * DYNAMODB_MS + S3_MS)
    platform = PLATFORM_LOG_BYTES if text_logs else 0
    log_bytes = {
        "ingest": (webhook["log_bytes"] + LOG_EVENT_BYTES + platform) * MILLION,
        "fold": (folded["fold_log_bytes"] + LOG_EVENT_BYTES + platform) * batches,
        "others": (400 + LOG_EVENT_BYTES + platform) * (MINUTES + archives),
    }
    return {
        "HTTP API requests": HTTP_API_REQUEST * MILLION,
        "DynamoDB writes": WRITE_UNIT * (folded["write_units"] * MILLION + folded["write_units_per_minute"] * MINUTES),
        "DynamoDB reads": READ_UNIT * (folded["read_units"] * MILLION + folded["read_units_per_minute"] * MINUTES),
        "Lambda ingest": LAMBDA_REQUEST * MILLION
        + LAMBDA_ARM_GB_S * MILLION * gb_s("ingest", webhook["cpu_ms"], DYNAMODB_MS),
        "Lambda fold": LAMBDA_REQUEST * batches + LAMBDA_ARM_GB_S * batches * batch_gb_s,
        "Lambda roll-up": LAMBDA_REQUEST * MINUTES
        + LAMBDA_ARM_GB_S * (BUSY_MINUTES * minute_gb_s + (MINUTES - BUSY_MINUTES) * idle_gb_s),
        "Lambda archive": archives * (LAMBDA_REQUEST + LAMBDA_ARM_GB_S * archive_gb_s),
        "CloudWatch logs": LOGS_GB * sum(log_bytes.values()) / GB,
        "S3 requests of the roll-up": BUSY_MINUTES
        * (S3_PUT * OBJECTS_A_MINUTE + S3_GET * (minute.answer["reads"] + 3)),
        "S3 requests of the archive": archives * S3_PUT,
        "KMS requests": KMS_REQUEST * folded["decrypts_per_rollup"] * MINUTES,
        "Scheduler": SCHEDULE * MINUTES,
    }


def changes_cpu_ms(webhook: dict[str, float], minute: Any) -> float:
    """Requests of a busy minute to the records: two batches of reads per hundred, one clearing per record."""
    changes = minute.answer["records"]
    return float(webhook["request_cpu_ms"] * (changes + 2 * math.ceil(changes / 100)))


def storage(folded: dict[str, float], minute: Any) -> dict[str, float]:
    """What keeping a million webhooks costs for the month in which they came, in USD."""
    journal_gb = (folded["journal_bytes"] + ITEM_OVERHEAD) * MILLION / GB
    records = folded["records_per_webhook"] * MILLION
    records_gb = (folded["record_bytes"] + ITEM_OVERHEAD) * records / GB
    replaced_gb = minute.answer["written"] * BUSY_MINUTES / GB
    return {
        "journal": journal_gb * (TABLE_GB_MONTH + BACKUP_GB_MONTH),
        "records": records_gb * (TABLE_GB_MONTH + BACKUP_GB_MONTH),
        "lake": folded["lake_bytes_per_record"] * records / GB * S3_GB_MONTH,
        "replaced versions in the lake": replaced_gb * S3_GB_MONTH * KEPT_VERSIONS_DAYS / 30,
    }


def _functions() -> tuple[dict[str, int], bool]:
    """Memory in MB by function, and whether the platform's own text lines go to the log."""
    resources = yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), Loader=Tags)["Resources"]
    properties = {
        r["Properties"]["Handler"].partition(".")[0]: r["Properties"]
        for r in resources.values()
        if r["Type"] == "AWS::Serverless::Function"
    }
    quiet = all(p.get("LoggingConfig", {}).get("SystemLogLevel") == "WARN" for p in properties.values())
    return {name: p["MemorySize"] for name, p in properties.items()}, not quiet
