"""What the rules compare the template with: lists that are stated once, and what the code says itself."""

from __future__ import annotations

import ast
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tools.template_rules.stack import ROOT

sys.path[:0] = [p for p in (str(ROOT / "layers" / "core"),) if p not in sys.path]

from ringlake.access.routes import PAGES, SITE, UNKNOWN, WALLS  # noqa: E402
from ringlake.access.routes import ROUTES as PEOPLES_ROUTES  # noqa: E402

RUNTIME = "python3.13"
# Ids of the APIs on the local stack, which the template pins by a tag.
LOCAL_API_IDS = {"HttpApi": "ringlake1", "LiveApi": "ringlakelive"}
ACCESS_TOKEN_SCOPE = "aws.cognito.signin.user.admin"

# Logical id -> folder, handler module and service name.
FUNCTIONS = {
    "IngestFunction": "ingest",
    "ConnectFunction": "connect",
    "FoldFunction": "fold",
    "ArchiveFunction": "archive",
    "RollupFunction": "rollup",
    "ApiFunction": "api",
    "LiveFunction": "live",
    "ExportFunction": "export",
    "ReportFunction": "report",
    "MailFunction": "mail",
    "SchedulesFunction": "schedule",
    "AlertFunction": "alert",
    "HookFunction": "hook",
    "DashboardFunction": "dashboard",
}
LAYERS = {
    "IngestFunction": ("Core", "Runtime"),
    "ConnectFunction": ("Core", "Runtime"),
    "FoldFunction": ("Core", "Runtime"),
    "ArchiveFunction": ("Core", "Runtime"),
    "RollupFunction": ("Core", "Runtime", "Arrow"),
    "ApiFunction": ("Core", "Runtime", "Arrow", "Files"),
    "LiveFunction": ("Core", "Runtime"),
    "ExportFunction": ("Core", "Runtime", "Arrow", "Files"),
    "ReportFunction": ("Core", "Runtime", "Wrangler", "Files"),
    "MailFunction": ("Core", "Runtime", "Files"),
    "SchedulesFunction": ("Core", "Runtime", "Arrow"),
    "AlertFunction": ("Core", "Runtime", "Arrow", "Files"),
    "HookFunction": ("Core", "Runtime"),
    "DashboardFunction": (),
}

# Who calls these proves himself by a signature over the body; the token in the path finds the connection.
WEBHOOKS = frozenset({"POST /webhooks/{provider}/{token}", "GET /webhooks/{provider}/{token}"})
# Pages behind links of mails are for whoever holds the link, walls for whoever holds their address; the files of the
# dashboard are the same for everybody.
OPEN_ROUTES = WEBHOOKS | frozenset(PAGES) | frozenset(WALLS) | frozenset(SITE)
# The routes of the WebSocket API. Only who brings a ticket gets through the first, and it is the first that opens the
# others.
LIVE_ROUTES = frozenset({"$connect", "$disconnect", "$default"})
# The table of permissions is the list of routes: a route that is not in it fails the build, and is refused.
ROUTES = OPEN_ROUTES | frozenset(PEOPLES_ROUTES) | frozenset(UNKNOWN)
LOGGED_FIELDS = frozenset(
    {
        "requestId",
        "requestTime",
        "routeKey",
        "status",
        "responseLength",
        "responseLatency",
        "integrationLatency",
        "integrationStatus",
        "error.responseType",
        "authorizer.error",
    }
)
# Requests per second: several times what the largest customer's providers send in their busiest second.
LEAST_RATE = 1000
# And of all people together on one route.
MOST_PEOPLES_RATE = 100
# And of all screens of live boards.
MOST_SCREENS_RATE = 200

# What the ciphertext of a workspace's party key is bound to (ringlake/stores/directory.py, party_key_context).
PARTY_PURPOSE = "party_key"
# And that of a webhook's secret, which goes out (ringlake/flows/alerts/hooks.py, hook_context): one function's alone.
HOOK_PURPOSE = "alert_webhook"
HOOK_ROLE = "HookRole"
# Old tokens and identities, which lead nowhere any more; orders of files, whose giving stays in the audit trail.
MAY_BE_DELETED = (
    {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["token#*", "sub#*"]}},
    {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["workspace#*#jobs"]}},
)

INDEXES = {"RecordsTable": {"live": ("live_ws", "live_at"), "dirty": ("dirty_ws", "dirty_key")}}
STREAMS = {"JournalTable": "KEYS_ONLY", "RecordsTable": "NEW_AND_OLD_IMAGES"}
# What a consumer of a stream is woken for, where that is less than everything that is written: what is or was
# marked for the index of live calls.
_WRITTEN = ["INSERT", "MODIFY"]
STREAM_FILTERS = {
    "JournalTable": [{"eventName": _WRITTEN}],
    "RecordsTable": [
        {"eventName": _WRITTEN, "dynamodb": {image: {"live_ws": {"S": [{"exists": True}]}}}}
        for image in ("NewImage", "OldImage")
    ],
}
EXPIRING_BUCKETS = {"ExportsBucket": 30, "FailuresBucket": 90}

LONGEST_RETENTION_S = 1_209_600
RECEIVES = 5
# Retries 5 to 10 and far less than the stream's 24 hours (aws.md 1.2).
STREAM_RANGES = {
    "BatchSize": (1, 1000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "ParallelizationFactor": (1, 10),
    "MaximumRetryAttempts": (5, 10),
    "MaximumRecordAgeInSeconds": (3600, 43_200),
}

STORES = frozenset(
    {
        "JournalTable",
        "RecordsTable",
        "DirectoryTable",
        "LiveTable",
        "LakeBucket",
        "RawBucket",
        "ExportsBucket",
        "FailuresBucket",
        "ExportQueue",
        "ReportQueue",
        "HookQueue",
        "Key",
        "UserPool",
        "AthenaWorkgroup",
        "GlueDatabase",
    }
)
VARIABLE_TARGETS = {
    "RINGLAKE_JOURNAL_TABLE": "JournalTable",
    "RINGLAKE_RECORDS_TABLE": "RecordsTable",
    "RINGLAKE_DIRECTORY_TABLE": "DirectoryTable",
    "RINGLAKE_LIVE_TABLE": "LiveTable",
    "RINGLAKE_LAKE_BUCKET": "LakeBucket",
    "RINGLAKE_RAW_BUCKET": "RawBucket",
    "RINGLAKE_EXPORTS_BUCKET": "ExportsBucket",
    "RINGLAKE_EXPORT_QUEUE_URL": "ExportQueue",
    "RINGLAKE_REPORT_QUEUE_URL": "ReportQueue",
    "RINGLAKE_HOOK_QUEUE_URL": "HookQueue",
    "RINGLAKE_KEY_ID": "Key",
    "RINGLAKE_USER_POOL": "UserPool",
    "RINGLAKE_ATHENA_WORKGROUP": "AthenaWorkgroup",
    "RINGLAKE_GLUE_DATABASE": "GlueDatabase",
}
# What a service does with the function's role, without the function's own code knowing the name.
UNNAMED = {
    # Lambda writes batches that it gives up.
    "FoldFunction": frozenset({"FailuresBucket"}),
    "ArchiveFunction": frozenset({"FailuresBucket"}),
    # Lambda takes messages from the queue.
    "ExportFunction": frozenset({"ExportQueue"}),
    # The same; and Athena reads the lake with the rights of who runs the query.
    "ReportFunction": frozenset({"ReportQueue", "LakeBucket"}),
}
# Named by the directory's settings; this function opens no secret and may not.
UNUSED = {
    "RollupFunction": frozenset({"Key"}),
    # Hands out the pool's name as the issuer of tokens.
    "DashboardFunction": frozenset({"UserPool"}),
}
# Actions for which the service (or, locally, the emulator) knows no narrower resource.
UNBOUNDED = {
    "aws": frozenset({"dynamodb:ListStreams"}),
    "local": frozenset(
        {
            "dynamodb:ListStreams",
            "ses:SendRawEmail",
            "athena:StartQueryExecution",
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:StopQueryExecution",
            "athena:GetWorkGroup",
        }
    ),
}
FORBIDDEN_ACTIONS = frozenset(
    {
        "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:Scan",
        "dynamodb:DeleteTable",
        "dynamodb:UpdateTable",
        "s3:DeleteBucket",
        "s3:DeleteObjectVersion",
        "s3:PutBucketPolicy",
        "kms:ScheduleKeyDeletion",
        "kms:CreateGrant",
        "iam:PassRole",
        "sts:AssumeRole",
    }
)

# Boards and watchers are made again: what is lost there is nobody's history.
FORGETFUL_TABLES = frozenset({"LiveTable"})

LEAST_SCAN_LIMIT = 10_000_000
# Metrics of our own code (CloudWatch embedded metric format, namespace Ringlake) that an alarm waits for.
OWN_METRICS = frozenset(
    {
        ("quarantined", "ingest"),
        ("unavailable", "ingest"),
        ("not_authentic", "ingest"),
        ("quarantined", "connect"),
        ("Quarantined", "fold"),
        ("Quarantined", "live"),
        ("LiveUnavailable", "live"),
        ("RollupFinished", "rollup"),
    }
)

# AWS access keys, private keys, and long random words. Ids of ours are words.
SECRET_LIKE = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{12,}|-----BEGIN|\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9+/_]{32,}\b")

TAG_PROPERTIES = {
    "ApiGatewayV2::Api": "Tags",
    "ApiGatewayV2::Stage": "Tags",
    "Athena::WorkGroup": "Tags",
    "CloudWatch::Alarm": "Tags",
    "Cognito::UserPool": "UserPoolTags",
    "DynamoDB::Table": "Tags",
    "IAM::Role": "Tags",
    "KMS::Key": "Tags",
    "Lambda::Function": "Tags",
    "Logs::LogGroup": "Tags",
    "S3::Bucket": "Tags",
    "SNS::Topic": "Tags",
    "SQS::Queue": "Tags",
}

# Types that ministack 1.5.33 refuses when it sees them (tests/integration/test_emulator_contract.py).
REFUSED_LOCALLY = frozenset(
    {
        "Athena::NamedQuery",
        "Athena::PreparedStatement",
        "Athena::DataCatalog",
        "Budgets::Budget",
        "CloudWatch::CompositeAlarm",
        "CloudWatch::AnomalyDetector",
        "CodeDeploy::Application",
        "CodeDeploy::DeploymentGroup",
        "Events::Archive",
        "Events::Connection",
        "Events::ApiDestination",
        "WAFv2::WebACLAssociation",
        "WAFv2::IPSet",
        "WAFv2::LoggingConfiguration",
        "SES::Template",
        "SES::ReceiptRule",
        "ApiGatewayV2::VpcLink",
        "Lambda::CodeSigningConfig",
        "Logs::QueryDefinition",
        "SSM::Document",
        "SecretsManager::RotationSchedule",
        "SecretsManager::ResourcePolicy",
        "LakeFormation::Permissions",
        "LakeFormation::DataLakeSettings",
        "Cognito::UserPoolUser",
        "Cognito::UserPoolIdentityProvider",
        "Cognito::UserPoolUserToGroupAttachment",
        "CloudTrail::Trail",
        "ApplicationAutoScaling::ScalableTarget",
        "Backup::BackupSelection",
        "KMS::ReplicaKey",
    }
)

OUTPUTS = frozenset(
    {
        "ApiUrl",
        "LiveUrl",
        "LiveTable",
        "JournalTable",
        "RecordsTable",
        "DirectoryTable",
        "LakeBucket",
        "RawBucket",
        "ExportsBucket",
        "AthenaWorkgroup",
        "GlueDatabase",
        "UserPoolId",
        "UserPoolClientId",
        "ExportQueueUrl",
        "ReportQueueUrl",
        "KeyId",
        "FunctionIngest",
        "FunctionConnect",
        "FunctionFold",
        "FunctionArchive",
        "FunctionRollup",
        "FunctionExport",
        "FunctionReport",
        "FunctionMail",
        "FunctionSchedule",
        "FunctionAlert",
        "FunctionHook",
        "FunctionApi",
        "FunctionLive",
        "FunctionDashboard",
        "DashboardUrl",
        "LoginUrl",
    }
)


# Setting -> parameter that fills it.
DEFAULTED = {"journal_days": "JournalDays", "attach_limit_bytes": "AttachLimitBytes"}


def setting_default(name: str) -> object:
    """The default of a field of ringlake/settings.py."""
    import msgspec

    from ringlake import settings

    fields = (*msgspec.structs.fields(settings.Journal), *msgspec.structs.fields(settings.Mail))
    return next(field.default for field in fields if field.name == name)


def lease_s() -> float:
    """Seconds after which another worker takes over a job."""
    from ringlake.flows.workshop import LEASE

    return LEASE.total_seconds()


def kept_days() -> int:
    """Days that requesters are promised their files."""
    from ringlake.flows.requests import KEPT

    return KEPT.days


@cache
def _settings() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Each kind of settings with its required and its optional variables."""
    import msgspec

    from ringlake import settings
    from ringlake.model.base import Model

    found = {}
    for name, kind in vars(settings).items():
        if isinstance(kind, type) and issubclass(kind, Model) and kind is not Model:
            fields = msgspec.structs.fields(kind)
            found[name] = (
                frozenset(f"RINGLAKE_{f.name.upper()}" for f in fields if f.required),
                frozenset(f"RINGLAKE_{f.name.upper()}" for f in fields if not f.required),
            )
    return found


def said_by(service: str) -> str:
    """The source text in which a function's metric names stand."""
    folders = (ROOT / "functions" / service, ROOT / "layers" / "core" / "ringlake" / "flows")
    return "\n".join(path.read_text(encoding="utf-8") for folder in folders for path in sorted(folder.glob("*.py")))


def declared_variables() -> frozenset[str]:
    """Every variable that ringlake/settings.py can read."""
    return frozenset(name for kinds in _settings().values() for kind in kinds for name in kind)


@dataclass(frozen=True)
class Read:
    """Variables that a function's code asks for."""

    needed: frozenset[str]
    optional: frozenset[str]


_VARIABLE = re.compile(r"RINGLAKE_[A-Z_]+")


@cache
def variables_read_by(function: str) -> Read | None:
    """What `settings.read(settings.X)` in functions/<function>/*.py asks for; None when there is no code."""
    sources = sorted((ROOT / "functions" / function).glob("*.py")) if function else []
    if not sources:
        return None
    needed: set[str] = set()
    optional: set[str] = set()
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            needed |= _named_outright(node)
            if isinstance(node, ast.Call) and _name(node.func) == "read" and len(node.args) == 1:
                kind = _settings().get(_name(node.args[0]))
                if kind is not None:
                    needed |= kind[0]
                    optional |= kind[1]
    return Read(frozenset(needed), frozenset(optional))


def _named_outright(node: ast.AST) -> set[str]:
    """A function without layers has no ringlake/settings.py: it writes its variables as words."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _VARIABLE.fullmatch(node.value):
        return {node.value}
    return set()


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def glue_columns() -> dict[str, list[tuple[str, str]]]:
    """Columns of the lake's tables, in order."""
    from ringlake.model.tables import TABLES

    return {table.name: [(column.name, column.type) for column in table.columns] for table in TABLES}


def lake_keys(table_name: str) -> Iterator[tuple[str, str, str]]:
    """Workspace, day and object key of files that the lake writes: first and last days, leap days, odd names."""
    from ringlake.model.tables import TABLES
    from ringlake.stores.lake import lake_key

    for table in TABLES:
        if table.name == table_name:
            for workspace in ("demo", "a-b_c.1", "0"):
                for day in ("2020-01-01", "2024-02-29", "2026-11-21", "2026-12-31"):
                    yield workspace, day, lake_key(table, workspace, day)


def report_texts() -> dict[str, str]:
    """The shipped queries by name."""
    folder = ROOT / "layers" / "core" / "ringlake" / "reports"
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sql"))}


def environments() -> dict[str, dict[str, str]]:
    """samconfig.toml's environments with the parameters they set."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    return {
        name: dict(
            shlex.split(word)[0].split("=", 1)
            for word in section.get("global", {}).get("parameters", {}).get("parameter_overrides", [])
        )
        for name, section in config.items()
        if isinstance(section, dict)
    }
