"""Every rule holds for the template, and every rule can fail: each is shown a template that breaks it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ringlake.access.routes import SITE
from tools.template_rules import contract, rules
from tools.template_rules.stack import Stack, load

pytestmark = pytest.mark.slow

Source = dict[str, Any]
Mutation = Callable[[Source], object]
STACK = load()


def of(source: Source, name: str) -> dict[str, Any]:
    """The properties of a resource, to be broken."""
    properties: dict[str, Any] = source["Resources"][name]["Properties"]
    return properties


def put(name: str, path: str, value: object) -> Mutation:
    """Set one property; the path's steps are names and list positions."""

    def mutate(source: Source) -> None:
        here: Any = source["Resources"][name]
        *steps, last = path.split(".")
        for step in steps:
            here = here[int(step) if isinstance(here, list) else step]
        here[int(last) if isinstance(here, list) else last] = value

    return mutate


def drop(name: str, path: str = "") -> Mutation:
    """Remove a resource, or one property of it."""

    def mutate(source: Source) -> None:
        here: Any = source["Resources"]
        *steps, last = [name, *path.split(".")] if path else [name]
        for step in steps:
            here = here[int(step) if isinstance(here, list) else step]
        del here[int(last) if isinstance(here, list) else last]

    return mutate


def allow(role: str, action: str, resource: object) -> Mutation:
    """Give a role one more right."""
    statement = {"Sid": "More", "Effect": "Allow", "Action": [action], "Resource": resource}
    return lambda source: of(source, role)["Policies"][0]["PolicyDocument"]["Statement"].append(statement)


def right(source: Source, role: str, sid: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = of(source, role)["Policies"][0]["PolicyDocument"]["Statement"]
    return next(statement for statement in found if statement["Sid"] == sid)


def add(name: str, type: str, properties: dict[str, Any], **more: Any) -> Mutation:
    """One more resource."""
    return lambda source: source["Resources"].update({name: {"Type": type, "Properties": properties, **more}})


def output_removed(source: Source) -> None:
    del source["Outputs"]["LakeBucket"]


def trace(source: Source) -> dict[str, Any]:
    event: dict[str, Any] = of(source, "FoldFunction")["Events"]["Journal"]["Properties"]
    return event


def bell(source: Source) -> dict[str, Any]:
    event: dict[str, Any] = of(source, "LiveFunction")["Events"]["Records"]["Properties"]
    return event


def job(source: Source) -> dict[str, Any]:
    event: dict[str, Any] = of(source, "ExportFunction")["Events"]["Job"]["Properties"]
    return event


JOURNAL_ARN = {"Fn::GetAtt": ["JournalTable", "Arn"]}
S = "Properties"
ROUTE = "every route is guarded or listed as open"
DOOR = "screens come in by one door"
AUTHORIZER = "the authorizer knows our pool and client only"
PERMISSION = "api gateway may call every integration"
OUR_API = "permissions are for our api only"
HEARD = "topics that a function hears lose nothing"
BUS = "events of the bus are repeated and then given up in sight"
PATIENCE = "functions give up before the api does"
ACCESS_LOG = "access logs hold no path and no query"
THROTTLE = "throttles act only against an attack"
TABLE = "tables are protected"
INDEX = "keys and indexes are those that the stores use"
CLOSED = "buckets are closed"
FORGET = "buckets forget"
TLS = "buckets queues and topics refuse plain http"
OTHER_KEY = "buckets take no other key"
EVERYBODY = "nobody is everybody"
KEPT = "what cannot be made again is kept"
KEY = "the key rotates and serves this stack only"
DEAD = "queues are encrypted and end in dead letters"
HIDDEN = "a message stays hidden for six time outs"
CLAIM = "a jobs claim outlives its worker"
PROMISED = "files live as long as promised"
DEFAULTS = "defaults are those of the settings"
QUEUE_CONSUMER = "queue consumers report failures one by one"
STREAM = "stream consumers leave nothing to defaults"
DELETIONS = "stream consumers skip deletions"
TWO = "a stream has at most two consumers"
GIVEN_UP = "given up batches reach the failures bucket"
SCHEDULE = "schedules retry and then give up in sight"
NEEDS = "functions say what they need"
LAYERS = "functions get only the layers they use"
VARIABLES = "functions get only variables that the settings declare"
READ = "functions get the variables that their code reads"
LOG_GROUP = "every function has its own log group"
LOGS_END = "logs end and are encrypted"
OWN_ROLE = "every function has its own role"
TRUST = "roles trust one service"
SPELLED = "rights are spelled out"
TOUCH = "functions may touch what they are given and nothing else"
SECRETS = "webhook secrets are opened by ingest alone"
NEVER = "the audit trail is never deleted"
GLUE = "glue columns are the models"
PROJECTION = "projection finds every file that the lake writes"
BOUNDED = "queries are bounded"
NAMED = "named queries are the shipped files"
SIGN_UP = "nobody signs up and tokens die soon"
BROWSERS = "browsers sign in by code and come back to us only"
SECRET = "no secret stands in the template"
ALARM = "everything that can fail has an alarm"
SAID = "alarms wait for metrics that the code writes"
REACH = "alarms reach somebody"
TAGS = "everything is tagged"
LOCAL = "the local stack accepts every resource"
EXCEPTIONS = "the emulators exceptions stay local"
OUTPUTS = "outputs are what the tools read"
ENVIRONMENTS = "environments set only declared parameters"
PROCESSOR = "every layer is built for the environments processor"

MUTATIONS: list[tuple[str, str, Mutation]] = [
    (ROUTE, "a route lost its authorizer", put("ExportListRoute", f"{S}.AuthorizationType", "NONE")),
    (ROUTE, "a route uses another authorizer", put("MeRoute", f"{S}.AuthorizerId", {"Ref": "HttpApi"})),
    (ROUTE, "a route asks for no scope", drop("MeRoute", f"{S}.AuthorizationScopes")),
    (ROUTE, "a route is missing", drop("MeRoute")),
    (ROUTE, "a route without a permission", put("MeRoute", f"{S}.RouteKey", "GET /v1/everything")),
    (ROUTE, "an open route is not where the list says", put("WebhookRoute", f"{S}.RouteKey", "POST /hooks/{token}")),
    (
        ROUTE,
        "a catch-all route appeared",
        add("All", "AWS::ApiGatewayV2::Route", {"ApiId": {"Ref": "HttpApi"}, "RouteKey": "$default"}),
    ),
    (DOOR, "another message route", put("LiveDefaultRoute", f"{S}.RouteKey", "shout")),
    (DOOR, "no farewell", drop("LiveDisconnectRoute")),
    (DOOR, "a door that asks the gateway", put("LiveConnectRoute", f"{S}.AuthorizationType", "AWS_IAM")),
    (DOOR, "a third API", put("MeRoute", f"{S}.ApiId", {"Ref": "Other"})),
    (AUTHORIZER, "another pool", put("Authorizer", f"{S}.JwtConfiguration.Issuer", "https://example.com/")),
    (AUTHORIZER, "any client", put("Authorizer", f"{S}.JwtConfiguration.Audience", [])),
    (AUTHORIZER, "token in the query", put("Authorizer", f"{S}.IdentitySource", ["$request.querystring.token"])),
    (PERMISSION, "no permission", drop("ApiPermission")),
    (PERMISSION, "permission for another path", put("ApiPermission", f"{S}.SourceArn", {"Fn::Sub": "x:${HttpApi}/v2"})),
    (PERMISSION, "an integration without a function", put("ApiIntegration", f"{S}.IntegrationUri", "https://a.b")),
    (PERMISSION, "screens without permission", drop("LivePermission")),
    (
        PERMISSION,
        "screens lead nowhere",
        put("LiveIntegration", f"{S}.IntegrationUri", {"Fn::Sub": ["a:${F}", {"F": "x"}]}),
    ),
    (OUR_API, "anybody's API", put("ApiPermission", f"{S}.SourceArn", "arn:aws:execute-api:*")),
    (OUR_API, "anybody's service", put("IngestPermission", f"{S}.Principal", "*")),
    (OUR_API, "anybody's rule", put("ConnectRulePermission", f"{S}.SourceArn", "arn:aws:events:*")),
    (OUR_API, "another function's rule", put("ConnectRulePermission", f"{S}.FunctionName", {"Ref": "FoldFunction"})),
    (OUR_API, "anybody's topic", put("MailTopicPermission", f"{S}.SourceArn", "arn:aws:sns:*")),
    (OUR_API, "another function's topic", put("MailTopicPermission", f"{S}.FunctionName", {"Ref": "FoldFunction"})),
    (HEARD, "no permission", drop("MailTopicPermission")),
    (HEARD, "no failure destination", drop("MailFunction", f"{S}.EventInvokeConfig.DestinationConfig")),
    (HEARD, "anybody's notices", drop("MailTopicPolicy", f"{S}.PolicyDocument.Statement.0.Condition")),
    (HEARD, "nobody's notices", drop("MailTopicPolicy", f"{S}.PolicyDocument.Statement.0")),
    (BUS, "no permission", drop("ConnectRulePermission")),
    (BUS, "every source", drop("ConnectRule", f"{S}.EventPattern.source")),
    (BUS, "default retries", drop("ConnectRule", f"{S}.Targets.0.RetryPolicy")),
    (BUS, "no dead letters", drop("ConnectRule", f"{S}.Targets.0.DeadLetterConfig")),
    (BUS, "dead letters refused", drop("ConnectDeadLettersPolicy", f"{S}.PolicyDocument.Statement.1")),
    (BUS, "no failure destination", drop("ConnectFunction", f"{S}.EventInvokeConfig.DestinationConfig")),
    (PATIENCE, "slow function", put("ApiFunction", f"{S}.Timeout", 60)),
    (PATIENCE, "old payload format", put("IngestIntegration", f"{S}.PayloadFormatVersion", "1.0")),
    (PATIENCE, "screens by GET", put("LiveIntegration", f"{S}.IntegrationMethod", "GET")),
    (PATIENCE, "slow board", put("LiveFunction", f"{S}.Timeout", 60)),
    (
        ACCESS_LOG,
        "a ticket",
        put("LiveApiStage", f"{S}.AccessLogSettings.Fn::If.1.Format", '{"t":"$context.requestOverride.querystring"}'),
    ),
    (ACCESS_LOG, "no log of screens", drop("LiveApiStage", f"{S}.AccessLogSettings")),
    (ACCESS_LOG, "path", put("HttpApiStage", f"{S}.AccessLogSettings.Format", '{"path":"$context.path"}')),
    (ACCESS_LOG, "no log", drop("HttpApiStage", f"{S}.AccessLogSettings")),
    (THROTTLE, "low", put("HttpApiStage", f"{S}.DefaultRouteSettings.ThrottlingRateLimit", 10)),
    (THROTTLE, "free for all", drop("HttpApiStage", f"{S}.RouteSettings.GET /v1/me")),
    (
        THROTTLE,
        "webhooks held back",
        put("HttpApiStage", f"{S}.RouteSettings.POST /webhooks/{{provider}}/{{token}}", {}),
    ),
    (THROTTLE, "none", drop("HttpApiStage", f"{S}.DefaultRouteSettings")),
    (THROTTLE, "screens without", drop("LiveApiStage", f"{S}.DefaultRouteSettings")),
    (THROTTLE, "screens unbound", put("LiveApiStage", f"{S}.DefaultRouteSettings.ThrottlingRateLimit", 10_000)),
    (THROTTLE, "screens by hand", put("LiveApiStage", f"{S}.AutoDeploy", False)),
    (THROTTLE, "manual", put("HttpApiStage", f"{S}.AutoDeploy", False)),
    (TABLE, "no recovery", drop("JournalTable", f"{S}.PointInTimeRecoverySpecification")),
    (TABLE, "no TTL", drop("DirectoryTable", f"{S}.TimeToLiveSpecification")),
    (TABLE, "AWS's key", drop("RecordsTable", f"{S}.SSESpecification.KMSMasterKeyId")),
    (TABLE, "no deletion protection", put("JournalTable", f"{S}.DeletionProtectionEnabled", False)),
    (TABLE, "protected local stack", put("JournalTable", f"{S}.DeletionProtectionEnabled", True)),
    (TABLE, "provisioned", put("JournalTable", f"{S}.BillingMode", "PROVISIONED")),
    (INDEX, "no dirty index", drop("RecordsTable", f"{S}.GlobalSecondaryIndexes.1")),
    (INDEX, "wide", put("RecordsTable", f"{S}.GlobalSecondaryIndexes.0.Projection", {"ProjectionType": "ALL"})),
    (INDEX, "images", put("JournalTable", f"{S}.StreamSpecification.StreamViewType", "NEW_IMAGE")),
    (INDEX, "no images", put("RecordsTable", f"{S}.StreamSpecification.StreamViewType", "KEYS_ONLY")),
    (INDEX, "no sort key", put("RecordsTable", f"{S}.KeySchema", [{"AttributeName": "pk", "KeyType": "HASH"}])),
    (CLOSED, "public", put("LakeBucket", f"{S}.PublicAccessBlockConfiguration.BlockPublicAcls", False)),
    (CLOSED, "ACLs", drop("LakeBucket", f"{S}.OwnershipControls")),
    (CLOSED, "canned ACL", put("LakeBucket", f"{S}.AccessControl", "PublicRead")),
    (CLOSED, "no encryption", drop("RawBucket", f"{S}.BucketEncryption")),
    (CLOSED, "no versions", drop("RawBucket", f"{S}.VersioningConfiguration")),
    (FORGET, "unfinished uploads", drop("LakeBucket", f"{S}.LifecycleConfiguration.Rules.0")),
    (FORGET, "old versions", drop("LakeBucket", f"{S}.LifecycleConfiguration.Rules.1")),
    (FORGET, "exports stay", put("ExportsBucket", f"{S}.LifecycleConfiguration.Rules.1.ExpirationInDays", 400)),
    (FORGET, "lake goes", put("LakeBucket", f"{S}.LifecycleConfiguration.Rules.1.ExpirationInDays", 30)),
    (TLS, "bucket without policy", drop("RawBucketPolicy")),
    (TLS, "queue without policy", drop("ExportDeadLettersPolicy")),
    (TLS, "topic without it", drop("AlarmTopicPolicy", f"{S}.PolicyDocument.Statement.1")),
    (TLS, "allowed", put("LakeBucketPolicy", f"{S}.PolicyDocument.Statement.0.Effect", "Allow")),
    (TLS, "bucket only", drop("LakeBucketPolicy", f"{S}.PolicyDocument.Statement.0.Resource.1")),
    (TLS, "wrong way", put("LakeBucketPolicy", f"{S}.PolicyDocument.Statement.0.Condition", {})),
    (OTHER_KEY, "any key", drop("LakeBucketPolicy", f"{S}.PolicyDocument.Statement.1")),
    (OTHER_KEY, "any encryption", drop("RawBucketPolicy", f"{S}.PolicyDocument.Statement.2")),
    (OTHER_KEY, "every write", drop("RawBucketPolicy", f"{S}.PolicyDocument.Statement.1.Condition.Null")),
    (EVERYBODY, "bucket", put("LakeBucketPolicy", f"{S}.PolicyDocument.Statement.1.Effect", "Allow")),
    (EVERYBODY, "topic", put("AlarmTopicPolicy", f"{S}.PolicyDocument.Statement.0.Principal", {"AWS": "*"})),
    (KEPT, "table", drop("JournalTable", "DeletionPolicy")),
    (KEPT, "replaced", put("LakeBucket", "UpdateReplacePolicy", "Delete")),
    (KEY, "no rotation", put("Key", f"{S}.EnableKeyRotation", False)),
    (KEY, "any account's logs", drop("Key", f"{S}.KeyPolicy.Statement.1.Condition")),
    (KEY, "a user", put("Key", f"{S}.KeyPolicy.Statement.0.Principal", {"AWS": "arn:aws:iam::1:user/x"})),
    (DEAD, "no redrive", drop("ExportQueue", f"{S}.RedrivePolicy")),
    (DEAD, "impatient", put("ExportQueue", f"{S}.RedrivePolicy.maxReceiveCount", 1)),
    (DEAD, "plain", drop("ReportQueue", f"{S}.KmsMasterKeyId")),
    (DEAD, "short", put("ReportDeadLetters", f"{S}.MessageRetentionPeriod", 3600)),
    (DEAD, "FIFO", put("ReportQueue", f"{S}.FifoQueue", True)),
    (HIDDEN, "short visibility", put("ExportQueue", f"{S}.VisibilityTimeout", 5399)),
    (HIDDEN, "default visibility", drop("ReportQueue", f"{S}.VisibilityTimeout")),
    (CLAIM, "slow worker", put("ReportFunction", f"{S}.Timeout", 2000)),
    (PROMISED, "short life", put("ExportsBucket", f"{S}.LifecycleConfiguration.Rules.1.ExpirationInDays", 7)),
    (DEFAULTS, "another default", lambda s: s["Parameters"]["JournalDays"].update(Default=30)),
    (QUEUE_CONSUMER, "batches", lambda s: job(s).update(BatchSize=10)),
    (QUEUE_CONSUMER, "no partial failures", lambda s: job(s).pop("FunctionResponseTypes")),
    (QUEUE_CONSUMER, "no limit", lambda s: job(s).pop("ScalingConfig")),
    (STREAM, "LATEST", lambda s: trace(s).update(StartingPosition="LATEST")),
    (STREAM, "no bisect", lambda s: trace(s).pop("BisectBatchOnFunctionError")),
    (STREAM, "no partial failures", lambda s: trace(s).pop("FunctionResponseTypes")),
    (STREAM, "for ever", lambda s: trace(s).pop("MaximumRetryAttempts")),
    (STREAM, "a day", lambda s: trace(s).update(MaximumRecordAgeInSeconds=86_400)),
    (STREAM, "too many", lambda s: trace(s).update(BatchSize=20_000)),
    (STREAM, "eleven at once", lambda s: trace(s).update(ParallelizationFactor=11)),
    (STREAM, "default window", lambda s: trace(s).pop("MaximumBatchingWindowInSeconds")),
    (DELETIONS, "no filter", lambda s: trace(s).pop("FilterCriteria")),
    (
        DELETIONS,
        "removals only",
        lambda s: trace(s).update(FilterCriteria={"Filters": [{"Pattern": '{"eventName": ["REMOVE"]}'}]}),
    ),
    (DELETIONS, "every record", lambda s: bell(s).update(FilterCriteria=trace(s)["FilterCriteria"])),
    (
        TWO,
        "a third reader",
        lambda s: of(s, "RollupFunction").update(Events={"J": of(s, "FoldFunction")["Events"]["Journal"]}),
    ),
    (GIVEN_UP, "nowhere", lambda s: trace(s).pop("DestinationConfig")),
    (GIVEN_UP, "no right to write", lambda s: right(s, "FoldRole", "GiveUpToFailures").update(Action=["s3:GetObject"])),
    (GIVEN_UP, "no right to list", lambda s: right(s, "ArchiveRole", "ListFailures").update(Action=["s3:GetObject"])),
    (
        GIVEN_UP,
        "customers' data in a bucket",
        lambda s: bell(s).update(DestinationConfig=trace(s)["DestinationConfig"]),
    ),
    (GIVEN_UP, "bells nowhere", lambda s: bell(s).pop("DestinationConfig")),
    (GIVEN_UP, "no right to queue", lambda s: right(s, "LiveRole", "GiveUp").update(Action=["sqs:ReceiveMessage"])),
    (SCHEDULE, "default retries", drop("RollupSchedule", f"{S}.Target.RetryPolicy")),
    (SCHEDULE, "no dead letters", drop("RollupSchedule", f"{S}.Target.DeadLetterConfig")),
    (SCHEDULE, "local time", put("RollupSchedule", f"{S}.ScheduleExpressionTimezone", "Europe/Berlin")),
    (SCHEDULE, "asynchronous defaults", drop("RollupFunction", f"{S}.EventInvokeConfig")),
    (NEEDS, "default memory", drop("FoldFunction", f"{S}.MemorySize")),
    (NEEDS, "default time-out", drop("FoldFunction", f"{S}.Timeout")),
    (NEEDS, "old runtime", put("FoldFunction", f"{S}.Runtime", "python3.9")),
    (NEEDS, "handler elsewhere", put("FoldFunction", f"{S}.Handler", "app.handler")),
    (NEEDS, "code elsewhere", put("FoldFunction", f"{S}.CodeUri", "functions/")),
    (NEEDS, "another name", put("FoldFunction", f"{S}.FunctionName", "fold")),
    (LAYERS, "pandas in ingest", lambda s: of(s, "IngestFunction")["Layers"].append({"Ref": "WranglerLayer"})),
    (LAYERS, "no core", lambda s: of(s, "FoldFunction")["Layers"].pop(0)),
    (VARIABLES, "unknown", put("FoldFunction", f"{S}.Environment.Variables.RINGLAKE_TABLE", "x")),
    (VARIABLES, "other table", put("FoldFunction", f"{S}.Environment.Variables.RINGLAKE_JOURNAL_TABLE", "x")),
    (VARIABLES, "other name", put("FoldFunction", f"{S}.Environment.Variables.POWERTOOLS_SERVICE_NAME", "x")),
    (READ, "missing", drop("IngestFunction", f"{S}.Environment.Variables.RINGLAKE_PUBLIC_URL")),
    (READ, "unread", put("ArchiveFunction", f"{S}.Environment.Variables.RINGLAKE_PUBLIC_URL", "https://a.example")),
    (LOG_GROUP, "somebody else's", put("FoldFunction", f"{S}.LoggingConfig.LogGroup", {"Ref": "IngestLog"})),
    (LOG_GROUP, "none", drop("FoldFunction", f"{S}.LoggingConfig")),
    (LOGS_END, "for ever", drop("HttpApiLog", f"{S}.RetentionInDays")),
    (LOGS_END, "plain", drop("FoldLog", f"{S}.KmsKeyId")),
    (OWN_ROLE, "shared", put("FoldFunction", f"{S}.Role", {"Fn::GetAtt": ["IngestRole", "Arn"]})),
    (OWN_ROLE, "foreign", put("FoldFunction", f"{S}.Role", "arn:aws:iam::1:role/admin")),
    (
        TRUST,
        "two services",
        put("FoldRole", f"{S}.AssumeRolePolicyDocument.Statement.0.Principal", {"Service": ["lambda.a", "ec2.a"]}),
    ),
    (TRUST, "AWS's policy", put("FoldRole", f"{S}.ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"])),
    (SPELLED, "any action", allow("FoldRole", "dynamodb:*", JOURNAL_ARN)),
    (SPELLED, "any reading", allow("FoldRole", "dynamodb:Get*", JOURNAL_ARN)),
    (SPELLED, "any resource", allow("FoldRole", "dynamodb:GetItem", "*")),
    (SPELLED, "any mail", lambda s: right(s, "ExportRole", "SendMail").update(Resource="*")),
    (SPELLED, "all but", lambda s: right(s, "FoldRole", "ReadEvents").update(NotAction=["iam:PassRole"])),
    (TOUCH, "too much", allow("ArchiveRole", "dynamodb:GetItem", {"Fn::GetAtt": ["DirectoryTable", "Arn"]})),
    (TOUCH, "too little", lambda s: right(s, "ArchiveRole", "WriteArchive").update(Resource=JOURNAL_ARN)),
    (TOUCH, "opens secrets", allow("RollupRole", "kms:Decrypt", {"Fn::GetAtt": ["Key", "Arn"]})),
    (SECRETS, "the API opens them", allow("ApiRole", "kms:Decrypt", {"Fn::GetAtt": ["Key", "Arn"]})),
    (SECRETS, "not narrowed", lambda s: right(s, "FoldRole", "OpenPartyKey").pop("Condition")),
    (SECRETS, "those that go out, not narrowed", lambda s: right(s, "HookRole", "OpenSecrets").pop("Condition")),
    (
        SECRETS,
        "those that go out, by another",
        lambda s: right(s, "FoldRole", "OpenPartyKey").update(
            Condition=right(s, "HookRole", "OpenSecrets")["Condition"]
        ),
    ),
    (NEVER, "more than old tokens", lambda s: right(s, "ApiRole", "EndTokens").pop("Condition")),
    (NEVER, "more than orders of files", lambda s: right(s, "ApiRole", "ForgetJobs").pop("Condition")),
    (NEVER, "deletes beside boards", lambda s: right(s, "LiveRole", "KeepBoards").update(Resource=JOURNAL_ARN)),
    (NEVER, "deletes", allow("FoldRole", "dynamodb:DeleteItem", JOURNAL_ARN)),
    (GLUE, "a column is missing", drop("CallsGlueTable", f"{S}.TableInput.StorageDescriptor.Columns.3")),
    (GLUE, "another type", put("CallsGlueTable", f"{S}.TableInput.StorageDescriptor.Columns.3.Type", "bigint")),
    (GLUE, "another order", lambda s: of(s, "LegsGlueTable")["TableInput"]["StorageDescriptor"]["Columns"].reverse()),
    (GLUE, "no such table", drop("LegsGlueTable")),
    (GLUE, "one partition key", drop("LegsGlueTable", f"{S}.TableInput.PartitionKeys.0")),
    (PROJECTION, "off", lambda s: _projection(s, "projection.enabled", "false")),
    (PROJECTION, "everybody", lambda s: _projection(s, "projection.workspace.type", "enum")),
    (PROJECTION, "late", lambda s: _projection(s, "projection.day.range", "2026-01-01,NOW+1DAY")),
    (PROJECTION, "yesterday", lambda s: _projection(s, "projection.day.range", "2020-01-01,NOW-1DAY")),
    (PROJECTION, "other format", lambda s: _projection(s, "projection.day.format", "yyyy/MM/dd")),
    (PROJECTION, "weekly", lambda s: _projection(s, "projection.day.interval", "7")),
    (
        PROJECTION,
        "other folders",
        lambda s: _projection(
            s, "storage.location.template", {"Fn::Sub": "s3://${LakeBucket}/calls/ws=${!workspace}/day=${!day}/"}
        ),
    ),
    (
        PROJECTION,
        "outside of Location",
        put("CallsGlueTable", f"{S}.TableInput.StorageDescriptor.Location", {"Fn::Sub": "s3://${RawBucket}/calls/"}),
    ),
    (BOUNDED, "not enforced", lambda s: _workgroup(s, EnforceWorkGroupConfiguration=False)),
    (BOUNDED, "no limit", lambda s: _workgroup(s, BytesScannedCutoffPerQuery=0)),
    (BOUNDED, "results elsewhere", lambda s: _workgroup(s, ResultConfiguration={"OutputLocation": "s3://a/"})),
    (BOUNDED, "limit below Athena's", lambda s: s["Parameters"]["AthenaScanLimitBytes"].update(MinValue=1)),
    (
        NAMED,
        "a query of nobody",
        add("MoreQuery", "AWS::Athena::NamedQuery", {"Name": "more", "QueryString": "select 1"}, Condition="NotLocal"),
    ),
    (SIGN_UP, "anybody", drop("UserPool", f"{S}.AdminCreateUserConfig")),
    (SIGN_UP, "no second factor", put("UserPool", f"{S}.MfaConfiguration", "OFF")),
    (SIGN_UP, "names", drop("UserPool", f"{S}.UsernameAttributes")),
    (SIGN_UP, "deletable pool", put("UserPool", f"{S}.DeletionProtection", "INACTIVE")),
    (SIGN_UP, "passwords", put("UserPoolClient", f"{S}.ExplicitAuthFlows", ["ALLOW_USER_PASSWORD_AUTH"])),
    (SIGN_UP, "old refresh", put("UserPoolClient", f"{S}.RefreshTokenRotation.Feature", "DISABLED")),
    (BROWSERS, "tokens in addresses", put("UserPoolClient", f"{S}.AllowedOAuthFlows", ["code", "implicit"])),
    (BROWSERS, "a secret", put("UserPoolClient", f"{S}.GenerateSecret", True)),
    (BROWSERS, "somebody else's word", put("UserPoolClient", f"{S}.SupportedIdentityProviders", ["COGNITO", "Google"])),
    (BROWSERS, "no scope", put("UserPoolClient", f"{S}.AllowedOAuthScopes", ["openid"])),
    (BROWSERS, "codes for others", put("UserPoolClient", f"{S}.CallbackURLs", ["https://example.com/signed-in"])),
    (BROWSERS, "a machine's own", put("UserPoolClient", f"{S}.CallbackURLs.1", "http://localhost:5173/signed-in")),
    (BROWSERS, "no way back", drop("UserPoolClient", f"{S}.LogoutURLs")),
    (BROWSERS, "no page", drop("LoginDomain")),
    (SIGN_UP, "a day", put("UserPoolClient", f"{S}.TokenValidityUnits.AccessToken", "days")),
    (SIGN_UP, "tells who exists", drop("UserPoolClient", f"{S}.PreventUserExistenceErrors")),
    (SECRET, "parameter", lambda s: s["Parameters"].update(ApiToken={"Type": "String", "Default": "hunter2"})),
    (SECRET, "access key", put("FoldFunction", f"{S}.Environment.Variables.KEY", "AKIA" + "IOSFODNN7EXAMPLE")),
    (SECRET, "random", put("FoldFunction", f"{S}.Environment.Variables.KEY", "0f8a" * 10)),
    (ALARM, "errors", drop("FoldErrors")),
    (ALARM, "throttles", drop("ApiThrottles")),
    (ALARM, "delay", drop("ArchiveDelay")),
    (ALARM, "dead letters", drop("ExportDeadLettersWaiting")),
    (ALARM, "failures", drop("StreamFailures")),
    (ALARM, "failures not counted", drop("FailuresBucket", f"{S}.MetricsConfigurations")),
    (ALARM, "API", drop("ApiServerErrors")),
    (ALARM, "screens", drop("LiveServerErrors")),
    (ALARM, "boards that lag", drop("LiveDelay")),
    (ALARM, "unanswered screens", drop("LiveUnavailable")),
    (ALARM, "freshness", drop("RollupStale")),
    (SAID, "renamed metric", put("RollupStale", f"{S}.MetricName", "RollupDone")),
    (REACH, "mute", put("FoldErrors", f"{S}.AlarmActions", [])),
    (REACH, "missing data", drop("FoldErrors", f"{S}.TreatMissingData")),
    (REACH, "nobody subscribed", drop("AlarmSubscription")),
    (REACH, "plain topic", drop("AlarmTopic", f"{S}.KmsMasterKeyId")),
    (TAGS, "table", drop("JournalTable", f"{S}.Tags")),
    (TAGS, "API", drop("HttpApi", f"{S}.Tags.env")),
    (LOCAL, "named query", add("Q", "AWS::Athena::NamedQuery", {"Name": "q", "QueryString": "select 1"})),
    (LOCAL, "TLS-only", drop("LakeBucketPolicy", "Condition")),
    (LOCAL, "API id", put("HttpApi", f"{S}.Tags.ms-custom-id", "other")),
    (LOCAL, "id of screens", drop("LiveApi", f"{S}.Tags.ms-custom-id")),
    (LOCAL, "issuer", put("Authorizer", f"{S}.JwtConfiguration.Issuer", {"Fn::GetAtt": ["UserPool", "ProviderURL"]})),
    (EXCEPTIONS, "prod only", lambda s: s["Conditions"].update(IsProd={"Fn::Equals": [{"Ref": "Env"}, "prod"]})),
    (EXCEPTIONS, "local only", put("FoldErrors", "Condition", "IsLocal")),
    (OUTPUTS, "missing", output_removed),
    (ENVIRONMENTS, "renamed parameter", lambda s: s["Parameters"].pop("LogDays")),
    (ENVIRONMENTS, "value not allowed", lambda s: s["Parameters"]["LogDays"].update(AllowedValues=[1])),
    (PROCESSOR, "elsewhere", drop("CoreLayer", "Metadata.WorkingDirectory")),
    (PROCESSOR, "one cache for all", drop("ArrowLayer", "Metadata.BuildArchitecture")),
]


def _projection(source: Source, name: str, value: object) -> None:
    of(source, "CallsGlueTable")["TableInput"]["Parameters"][name] = value


def _workgroup(source: Source, **settings: object) -> None:
    of(source, "AthenaWorkgroup")["WorkGroupConfiguration"].update(settings)


def broken(mutation: Mutation) -> Stack:
    source = copy.deepcopy(STACK.source)
    mutation(source)
    return Stack("", source)


@pytest.mark.parametrize("name", rules.RULES)
def test_the_template_keeps_the_rule(name: str) -> None:
    assert list(rules.RULES[name](STACK)) == []


@pytest.mark.parametrize(("name", "what", "mutation"), MUTATIONS, ids=[f"{n}: {w}" for n, w, _ in MUTATIONS])
def test_the_rule_notices(name: str, what: str, mutation: Mutation) -> None:
    assert list(rules.RULES[name](broken(mutation))), f"{name} did not notice: {what}"


def test_every_rule_has_a_template_that_breaks_it() -> None:
    of_text = {"no yaml anchors", "generated sections are current"}
    assert {name for name, _, _ in MUTATIONS} | of_text == set(rules.RULES)


def test_an_anchor_is_noticed() -> None:
    text = STACK.text.replace("Runtime: python3.13", "Runtime: &python python3.13", 1)
    assert text != STACK.text
    assert list(rules.RULES["no yaml anchors"](replace(STACK, text=text)))


def test_a_hand_edited_generated_section_is_noticed() -> None:
    text = STACK.text.replace("{Name: record_id, Type:", "{Name: call_id, Type:", 1)
    assert text != STACK.text
    assert list(rules.RULES["generated sections are current"](replace(STACK, text=text)))


def test_open_routes_need_a_token_in_the_path_or_hand_out_the_site_only() -> None:
    others = contract.OPEN_ROUTES - set(SITE)
    assert all(key.partition(" /")[2].split("/")[0] in ("webhooks", "mail", "wall") for key in others)
    assert all("/{token}" in key for key in others)
    assert all(key.startswith("GET /") and not key.startswith("GET /v1") for key in SITE)
