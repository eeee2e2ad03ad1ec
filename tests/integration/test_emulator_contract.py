"""What the product relies on in the local emulator, and what tools/stack puts right in it.

Two kinds of rules, each printed as `rule | expected | seen`:

- *relied upon*: behaviour of AWS that the product needs. When one fails after an upgrade
  of the emulator, local results can no longer be trusted.
- *put right*: the emulator with our launcher does as AWS does, and the published package
  still does not. When the second half fails, upstream has mended it: remove our part.
"""

from __future__ import annotations

import base64
import datetime as dt
import email
import hashlib
import io
import json
import textwrap
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from email.message import EmailMessage
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.integration.emulators import Athena, Emulator, emulator, http

pytestmark = pytest.mark.enable_socket

Check = Callable[[str, Any, Any], None]
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
INJECTED = (
    "CONSTRAINT_VIOLATION: For the injected projected partition column workspace, the WHERE clause must contain "
    "only static equality conditions, and at least one such condition must be present."
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator as the product runs on it."""
    with emulator(tmp_path_factory.mktemp("stack")) as running:
        _lake(running)
        yield running


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The published package, unchanged."""
    with emulator(tmp_path_factory.mktemp("stock"), launcher=None) as running:
        _lake(running)
        yield running


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[tuple[str, str, str]]]:
    """Collects rows and prints them when the module is done, also without -s."""
    rows: list[tuple[str, str, str]] = []
    yield rows
    capture = request.config.pluginmanager.getplugin("capturemanager")
    assert capture is not None
    with capture.global_and_fixture_disabled():
        print("\n\nrule | expected | seen")
        for row in rows:
            print(" | ".join(" ".join(cell.split())[:110] for cell in row))


@pytest.fixture
def check(table: list[tuple[str, str, str]]) -> Check:
    def compare(rule: str, expected: Any, seen: Any) -> None:
        table.append((rule, str(expected), str(seen)))
        assert seen == expected, rule

    return compare


# ---- the lake both emulators get ----


def _parquet(emulated: Emulator, key: str, **columns: Any) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    emulated.client("s3").put_object(Bucket="lake", Key=key, Body=buffer.getvalue())


def _lake(emulated: Emulator) -> None:
    """Two workspaces; `a` has two days, of which the older file lacks `amount`; stray files beside them."""
    s3, glue, athena = (emulated.client(name) for name in ("s3", "glue", "athena"))
    for bucket in ("lake", "results", "elsewhere"):
        s3.create_bucket(Bucket=bucket)
    moment = pa.array([dt.datetime(2026, 3, 1, 3, 4, 5, tzinfo=dt.UTC), None], pa.timestamp("ms"))
    talk = pa.array([10, None], pa.int32())
    _parquet(
        emulated, "calls/workspace=a/day=2026-03-01/data.parquet", call_id=["1", "2"], talk_s=talk, started_at=moment
    )
    _parquet(
        emulated,
        "calls/workspace=a/day=2026-03-02/data.parquet",
        call_id=["3"],
        talk_s=pa.array([30], pa.int32()),
        started_at=pa.array([None], pa.timestamp("ms")),
        amount=pa.array([Decimal("1.50")], pa.decimal128(12, 2)),
    )
    _parquet(emulated, "calls/workspace=b/day=2026-03-01/data.parquet", call_id=["9"], talk_s=[99])
    # Before the projected range, and under names Hive hides.
    _parquet(emulated, "calls/workspace=a/day=2019-12-31/data.parquet", call_id=["old"], talk_s=[1])
    _parquet(emulated, "calls/workspace=a/day=2026-03-01/_staging/data.parquet", call_id=["hidden"], talk_s=[1])
    glue.create_database(DatabaseInput={"Name": "ring"})
    columns = {"call_id": "string", "talk_s": "int", "started_at": "timestamp", "amount": "decimal(12,2)"}
    glue.create_table(
        DatabaseName="ring",
        TableInput={
            "Name": "calls",
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": "workspace", "Type": "string"}, {"Name": "day", "Type": "string"}],
            "Parameters": {
                "classification": "parquet",
                "projection.enabled": "true",
                "projection.workspace.type": "injected",
                "projection.day.type": "date",
                "projection.day.format": "yyyy-MM-dd",
                "projection.day.range": "2020-01-01,NOW+1DAY",
                "storage.location.template": "s3://lake/calls/workspace=${workspace}/day=${day}",
            },
            "StorageDescriptor": {
                "Location": "s3://lake/calls/",
                "InputFormat": PARQUET,
                "Columns": [{"Name": name, "Type": kind} for name, kind in columns.items()],
            },
        },
    )
    _parquet(emulated, "plain/data.parquet", call_id=["1"])
    glue.create_table(
        DatabaseName="ring",
        TableInput={
            "Name": "plain",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet"},
            "StorageDescriptor": {
                "Location": "s3://lake/plain/",
                "InputFormat": PARQUET,
                "Columns": [{"Name": "call_id", "Type": "string"}, {"Name": "amount", "Type": "decimal(12,2)"}],
            },
        },
    )
    view = {"originalSql": "select workspace, sum(talk_s) as talk_s from calls group by 1", "schema": "ring"}
    text = base64.b64encode(json.dumps(view).encode()).decode()
    glue.create_table(
        DatabaseName="ring",
        TableInput={
            "Name": "talk",
            "TableType": "VIRTUAL_VIEW",
            "Parameters": {"presto_view": "true"},
            "ViewOriginalText": f"/* Presto View: {text} */",
            "ViewExpandedText": "/* Presto View */",
        },
    )
    result = {"OutputLocation": "s3://results/finance/"}
    athena.create_work_group(
        Name="finance", Configuration={"EnforceWorkGroupConfiguration": True, "ResultConfiguration": result}
    )


# ---- put right: Athena ----


def test_the_result_file_lies_where_athena_says(stack: Emulator, stock: Emulator, check: Check) -> None:
    sql = "select 1 as n"
    check("Athena: the result is the object at OutputLocation", '"n"\n"1"\n', stack.query(sql).file)
    check("  stock: still stores it elsewhere", "no object at the reported location", stock.query(sql).file)


def test_every_value_in_the_result_file_is_quoted_and_null_is_nothing(
    stack: Emulator, stock: Emulator, check: Check
) -> None:
    sql = "select 'a\"b' as t, cast(null as varchar) as n, '' as e, 1.0e0 as d"
    check("Athena: values quoted, NULL bare", '"t","n","e","d"\n"a""b",,"","1.0"\n', stack.query(sql).file)
    unquoted = _misplaced(stock.query(sql))
    check("  stock: still quotes only where it must", 't,n,e,d\r\n"a""b",,,1.0\r\n', unquoted)


def _misplaced(query: Athena) -> str:
    """The result file under the key where stock leaves it."""
    bucket, key = query.location.removeprefix("s3://").split("/", 1)
    content = query.emulator.client("s3").get_object(Bucket=bucket, Key=f"{key}/{key.rpartition('/')[2]}")
    return str(content["Body"].read().decode())


def test_parameters_are_bound_in_order(stack: Emulator, stock: Emulator, check: Check) -> None:
    sql = "select call_id from calls where workspace = ? and talk_s > ? order by 1"
    bound: dict[str, Any] = {"ExecutionParameters": ["'a'", "5"]}
    check("Athena: ExecutionParameters", [["1"], ["3"]], stack.query(sql, **bound).rows)
    check("  stock: still fails", "FAILED", stock.query(sql, **bound).state)


def test_a_text_parameter_without_quotes_fails(stack: Emulator, check: Check) -> None:
    seen = stack.query("select call_id from calls where workspace = ?", ExecutionParameters=["a"])
    check("Athena: a text parameter needs its quotes", "FAILED", seen.state)


def test_the_workgroup_decides_where_results_go(stack: Emulator, stock: Emulator, check: Check) -> None:
    asked: dict[str, Any] = {"ResultConfiguration": {"OutputLocation": "s3://elsewhere/"}}
    for running, rule, expected in (
        (stack, "Athena: an enforced output location wins", "s3://results/finance"),
        (stock, "  stock: still takes the caller's", "s3://elsewhere"),
    ):
        check(rule, expected, running.query("select 1 as n", **asked).location.rpartition("/")[0])


def test_a_glue_view_is_a_table(stack: Emulator, stock: Emulator, check: Check) -> None:
    sql = "select talk_s from talk where workspace = 'a'"
    check("Athena: Glue views", [["40"]], stack.query(sql).rows)
    check("  stock: still knows no views", "FAILED", stock.query(sql).state)


def test_a_column_that_files_lack_is_null(stack: Emulator, stock: Emulator, check: Check) -> None:
    sql = "select amount from calls where workspace = 'a' and day = '2026-03-01'"
    check("Athena: a missing column is NULL", [[None], [None]], stack.query(sql).rows)
    sql = "select started_at, amount from calls where workspace = 'b'"
    check("  also when no file of the partition has it", [[None, None]], stack.query(sql).rows)
    check("  also without partitions", [[None]], stack.query("select amount from plain").rows)
    failed = stock.query("select amount from plain").reason
    check("  stock: still fails", True, failed.startswith("Binder Error: Referenced column"))


@pytest.mark.parametrize(
    "where",
    ["", "where day = '2026-03-01'", "where workspace like 'a%'", "where workspace = 'a' or talk_s > 5"],
)
def test_a_query_without_a_workspace_fails(stack: Emulator, check: Check, where: str) -> None:
    seen = stack.query(f"select count(*) as n from calls {where}")
    check(f"Athena: injected column, `{where or 'no WHERE'}`", f"FAILED: {INJECTED}", seen.rows)


def test_stock_reads_every_workspace(stock: Emulator, check: Check) -> None:
    seen = stock.query("select count(distinct workspace) as n from calls")
    check("  stock: still answers without a workspace", [["2"]], seen.rows)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select call_id from calls where workspace = 'a' order by 1", ["1", "2", "3"]),
        ("select call_id from calls where workspace in ('a', 'b') order by 1", ["1", "2", "3", "9"]),
        ("with c as (select * from calls) select call_id from c where workspace = 'b'", ["9"]),
        ("select x.call_id from (select * from calls) x where x.workspace = 'b'", ["9"]),
        ("select l.call_id from calls l join calls r on l.workspace = r.workspace where l.workspace = 'b'", ["9"]),
        (
            "select call_id from (select * from calls union all select * from calls) where workspace = 'b'",
            ["9", "9"],
        ),
    ],
)
def test_a_workspace_condition_is_found_wherever_athena_finds_it(
    stack: Emulator, check: Check, sql: str, expected: list[str]
) -> None:
    check(f"Athena: {sql}", [[call_id] for call_id in expected], stack.query(sql).rows)


@pytest.mark.parametrize(
    "sql",
    [
        "with c as (select * from calls limit 1) select * from c where workspace = 'a'",
        "select (select count(*) from calls) as n from calls where workspace = 'a'",
        "select * from (select *, row_number() over (order by call_id) as n from calls) where workspace = 'a'",
        "select c.call_id from calls c, calls d where c.workspace = 'a'",
    ],
)
def test_a_condition_that_does_not_reach_the_scan_does_not_count(stack: Emulator, check: Check, sql: str) -> None:
    check(f"Athena: {sql}", f"FAILED: {INJECTED}", stack.query(sql).rows)


def test_only_projected_paths_are_read(stack: Emulator, stock: Emulator, check: Check) -> None:
    sql = "select count(*) as n from calls where workspace = 'a' and call_id in ('old', 'hidden')"
    check("Athena: nothing outside the projected range", [["0"]], stack.query(sql).rows)
    check("  stock: still reads every file that Hive shows", [["1"]], stock.query(sql).rows)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("approx_percentile(x, 0.5)", "2"),
        ("date_format(timestamp '2026-01-02 03:04:05', '%Y-%m')", "2026-01"),
        ("json_extract_scalar('{\"a\": 5}', '$.a')", "5"),
        ("element_at(map(array['k'], array[7]), 'k')", "7"),
    ],
)
def test_trino_functions_are_translated(
    stack: Emulator, stock: Emulator, check: Check, expression: str, expected: str
) -> None:
    sql = f"select max(v) as v from (select {expression} as v from (values (1), (2), (3)) as t (x))"
    if "percentile" in expression:
        sql = f"select {expression} as v from (values (1), (2), (3)) as t (x)"
    check(f"Athena: {expression}", [[expected]], stack.query(sql).rows)
    check("  stock: still differs", True, stock.query(sql).rows != [[expected]])


def test_integers_divide_to_an_integer(stack: Emulator, stock: Emulator, check: Check) -> None:
    sql = "select 7 / 2 as i, cast(7 as double) / 2 as d"
    check("Athena: integer division", [["3", "3.5"]], stack.query(sql).rows)
    check("  stock: still 3.5", [["3.5", "3.5"]], stock.query(sql).rows)
    check("Athena: division by zero fails", "FAILED", stack.query("select 1 / 0 as n").state)


def test_an_expression_without_a_name_is_called_by_its_position(stack: Emulator, stock: Emulator, check: Check) -> None:
    sql = "select 1 as a, count(*) from (values (1)) as t (x)"
    check("Athena: unnamed columns", ["a", "_col1"], [column[0] for column in stack.query(sql).columns])
    check("  stock: still DuckDB's name", ["a", "count_star()"], [column[0] for column in stock.query(sql).columns])


def test_a_decimal_has_precision_and_scale(stack: Emulator, stock: Emulator, check: Check) -> None:
    sql = "select cast(1.5 as decimal(12, 2)) as amount"
    check("Athena: decimal's metadata", [("amount", "decimal", 12, 2)], stack.query(sql).columns)
    check("  stock: still without", [("amount", "decimal", 38, 0)], stock.query(sql).columns)


def test_values_are_printed_as_athena_prints_them(stack: Emulator, stock: Emulator, check: Check) -> None:
    sql = "select timestamp '2026-01-02 03:04:05' as t, 1.5e7 as d, array['x', null] as a, true as b"
    expected = [["2026-01-02 03:04:05.000", "1.5E7", "[x, null]", "true"]]
    check("Athena: text of timestamps, doubles, arrays", expected, stack.query(sql).rows)
    check("  stock: still as Python prints them", True, stock.query(sql).rows != expected)


# awswrangler 3.17 still passes `copy` to pandas 3.
@pytest.mark.filterwarnings("ignore:The copy keyword")
def test_awswrangler_reads_a_query(
    stack: Emulator, stock: Emulator, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    import awswrangler as wr

    session: Any = boto3.session.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )

    def read(running: Emulator, sql: str) -> Any:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.endpoint)
        return wr.athena.read_sql_query(
            sql,
            database="ring",
            workgroup="finance",
            ctas_approach=False,
            unload_approach=False,
            boto3_session=session,
        )

    frame = read(stack, "select call_id, talk_s, started_at, amount from calls where workspace = 'a' order by call_id")
    kinds = ["string", "Int32", "datetime64[us]", "object"]
    check("awswrangler: types", kinds, [str(kind) for kind in frame.dtypes])
    rows = frame.to_dict("records")
    check("awswrangler: ids", ["1", "2", "3"], [row["call_id"] for row in rows])
    check("awswrangler: money is decimal", Decimal("1.50"), rows[2]["amount"])
    check("awswrangler: timestamps", "2026-03-01T03:04:05", rows[0]["started_at"].isoformat())
    with pytest.raises(wr.exceptions.NoFilesFound):
        read(stock, "select 1 as n")


# ---- put right: deployment ----


def test_ttl_of_a_template_is_dropped(stack: Emulator, check: Check) -> None:
    """deploy.py repeats it; when this fails it need not any more."""
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "ttl",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        },
    }
    _create_stack(stack, "ttl", {"Table": table})
    seen = stack.client("dynamodb").describe_time_to_live(TableName="ttl")["TimeToLiveDescription"]
    check("  emulator: still drops TTL from a template", "DISABLED", seen["TimeToLiveStatus"])


def _create_stack(emulated: Emulator, name: str, resources: dict[str, Any]) -> None:
    cloudformation = emulated.client("cloudformation")
    body = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})
    cloudformation.create_stack(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )


# ---- relied upon: stores ----


@pytest.fixture(scope="module")
def items(stack: Emulator) -> Any:
    dynamodb = stack.client("dynamodb")
    dynamodb.create_table(
        TableName="items",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    return dynamodb


def test_a_conditional_put_stores_once_and_returns_what_is_there(items: Any, check: Check) -> None:
    item = {"pk": {"S": "1"}, "raw": {"B": b"first"}}
    once = {"TableName": "items", "ConditionExpression": "attribute_not_exists(pk)"}
    items.put_item(Item=item, **once)
    with pytest.raises(ClientError) as refused:
        items.put_item(
            Item={"pk": {"S": "1"}, "raw": {"B": b"second"}}, ReturnValuesOnConditionCheckFailure="ALL_OLD", **once
        )
    answer: Any = refused.value.response
    check("DynamoDB: conditional put", "ConditionalCheckFailedException", answer["Error"]["Code"])
    check("DynamoDB: ReturnValuesOnConditionCheckFailure", b"first", answer["Item"]["raw"]["B"])


def test_an_object_is_replaced_only_when_it_is_the_expected_one(stack: Emulator, check: Check) -> None:
    s3 = stack.client("s3")
    s3.create_bucket(Bucket="swap")

    def put(body: bytes, **condition: str) -> str:
        try:
            return str(s3.put_object(Bucket="swap", Key="k", Body=body, **condition)["ETag"])
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    first = put(b"1", IfNoneMatch="*")
    check("S3: If-None-Match on an existing object", "PreconditionFailed", put(b"2", IfNoneMatch="*"))
    check("S3: If-Match with another ETag", "PreconditionFailed", put(b"2", IfMatch='"0"'))
    second = put(b"2", IfMatch=first)
    check("S3: If-Match with its ETag", True, second.startswith('"') and second != first)
    check("S3: If-Match for an object that is gone", "NoSuchKey", _put_missing(s3))


def _put_missing(s3: Any) -> str:
    try:
        s3.put_object(Bucket="swap", Key="never", Body=b"1", IfMatch='"0"')
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "stored"


def test_a_key_opens_only_in_its_context(stack: Emulator, check: Check) -> None:
    kms = stack.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    mine = {"workspace": "a", "purpose": "webhook"}
    sealed = kms.encrypt(KeyId=key, Plaintext=b"secret", EncryptionContext=mine)["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=sealed, EncryptionContext=mine)["Plaintext"]
    check("KMS: decrypt in the same context", b"secret", opened)
    with pytest.raises(ClientError) as refused:
        kms.decrypt(CiphertextBlob=sealed, EncryptionContext={**mine, "workspace": "b"})
    check("KMS: decrypt in another context", "InvalidCiphertextException", refused.value.response["Error"]["Code"])


def _mail(text: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "reports@example.com", "x@example.com", "Your export"
    message.set_content(text, cte="8bit" if not text.isascii() else "7bit")
    message.add_attachment(bytes(range(256)), maintype="application", subtype="octet-stream", filename="r.bin")
    return message.as_bytes().replace(b"\n", b"\r\n")


def _send(emulated: Emulator, raw: bytes) -> None:
    ses = emulated.client("ses")
    ses.verify_email_identity(EmailAddress="reports@example.com")
    ses.send_raw_email(Source="reports@example.com", Destinations=["x@example.com"], RawMessage={"Data": raw})


def _arrived(emulated: Emulator, count: int) -> list[bytes]:
    """The mails without the Message-ID that SES puts on top."""
    files = _wait_for(lambda: found if len(found := sorted(emulated.mail.glob("*.eml"))) >= count else [])
    return [file.read_bytes().partition(b"\r\n")[2] for file in files]


def test_mail_arrives_byte_for_byte(stack: Emulator, stock: Emulator, check: Check) -> None:
    plain, accents = _mail("Hello\n.\n..end\n"), _mail("Grüße\n.\n..ende\n")
    for running in (stack, stock):
        _send(running, accents)
        _send(running, plain)
    seen = _arrived(stack, 2)
    check("SES: send_raw_email is relayed unchanged", [plain in seen, accents in seen], [True, True])
    attached = [
        part.get_payload(decode=True) for part in email.message_from_bytes(seen[0]).walk() if part.get_filename()
    ]
    check("SES: the attachment's bytes", [bytes(range(256))], attached)
    # The one that has nothing but ASCII was sent last, so the other is not merely late.
    check("  stock: still loses 8-bit mail", [plain], _arrived(stock, 1))


def _wait_for[T](look: Callable[[], T], timeout_s: float = 20.0) -> T:
    """Poll until the answer is truthy."""
    deadline = time.monotonic() + timeout_s
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found, "nothing within the time"
    return found


# ---- relied upon: functions and APIs ----

ROLE = "arn:aws:iam::000000000000:role/any"
ECHO = """
    import json

    def handler(event, context):
        print("called")
        claims = (event["requestContext"].get("authorizer") or {}).get("jwt", {}).get("claims", {})
        seen = {"encoded": event["isBase64Encoded"], "body": event.get("body"), "email": claims.get("email")}
        return {"statusCode": 200, "body": json.dumps(seen)}
"""
PARTIAL = """
    import json

    def handler(event, context):
        print(len(event["Records"]))
        return {"batchItemFailures": [
            {"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "poison"
        ]}
"""
REMEMBER = """
    import os, json, boto3

    def handler(event, context):
        print(len(event["Records"]))
        table = boto3.client("dynamodb")
        for record in event["Records"]:
            key = record["dynamodb"]["Keys"]["pk"]["S"]
            kind = ",".join(sorted(record["dynamodb"]))
            table.put_item(TableName="remembered", Item={"pk": {"S": key}, "kind": {"S": kind}})
        return {"batchItemFailures": []}
"""


def _function(emulated: Emulator, name: str, source: str) -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("entry.py", textwrap.dedent(source))
    answer = emulated.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE,
        Handler="entry.handler",
        Code={"ZipFile": buffer.getvalue()},
        Timeout=10,
    )
    return str(answer["FunctionArn"])


@pytest.fixture(scope="module")
def api(stack: Emulator) -> tuple[str, str]:
    """Address of an API with an open and a guarded route, and a valid token."""
    cognito = stack.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="users")["UserPool"]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    app = cognito.create_user_pool_client(UserPoolId=pool, ClientName="app", ExplicitAuthFlows=flows)
    client_id = app["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(
        UserPoolId=pool, Username="ann@example.com", UserAttributes=[{"Name": "email", "Value": "ann@example.com"}]
    )
    cognito.admin_set_user_password(UserPoolId=pool, Username="ann@example.com", Password="Passw0rd!x", Permanent=True)
    token = cognito.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=client_id,
        AuthParameters={"USERNAME": "ann@example.com", "PASSWORD": "Passw0rd!x"},
    )["AuthenticationResult"]["IdToken"]
    echo = _function(stack, "echo", ECHO)
    integration = {
        "ApiId": {"Ref": "Api"},
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": echo,
        "PayloadFormatVersion": "2.0",
    }
    jwt = {"Audience": [client_id], "Issuer": f"https://cognito-idp.us-east-1.amazonaws.com/{pool}"}
    target = {"Fn::Sub": "integrations/${Integration}"}
    resources: dict[str, dict[str, Any]] = {
        "Api": {"Api": {"Name": "contract", "ProtocolType": "HTTP", "Tags": {"ms-custom-id": "contract1"}}},
        "Stage": {"Stage": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True}},
        "Integration": {"Integration": integration},
        "Guard": {
            "Authorizer": {
                "ApiId": {"Ref": "Api"},
                "AuthorizerType": "JWT",
                "Name": "users",
                "IdentitySource": ["$request.header.Authorization"],
                "JwtConfiguration": jwt,
            }
        },
        "Open": {"Route": {"ApiId": {"Ref": "Api"}, "RouteKey": "POST /hooks/{token}", "Target": target}},
        "Guarded": {
            "Route": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "GET /me",
                "Target": target,
                "AuthorizationType": "JWT",
                "AuthorizerId": {"Ref": "Guard"},
            }
        },
    }
    template = {
        name: {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": properties}
        for name, resource in resources.items()
        for kind, properties in resource.items()
    }
    _create_stack(stack, "api", template)
    return f"{stack.endpoint}/_aws/execute-api/contract1/$default", str(token)


def test_the_api_id_is_the_tag(api: tuple[str, str], check: Check) -> None:
    status, _ = http("POST", f"{api[0]}/hooks/t", b"{}", {"content-type": "application/json"})
    check("HTTP API: the id is the tag ms-custom-id", 200, status)


def test_a_json_body_is_text_and_a_form_is_base64(api: tuple[str, str], check: Check) -> None:
    """The signature covers raw bytes, so ingest must decode what the API encoded, and only that."""
    body = b'{"name": "J\xc3\xb6rg"}'
    _, seen = http("POST", f"{api[0]}/hooks/t", body, {"content-type": "application/json"})
    check("HTTP API: JSON arrives as text", (False, body.decode()), (seen["encoded"], seen["body"]))
    form = b"From=%2B49&Body=a+b"
    _, seen = http("POST", f"{api[0]}/hooks/t", form, {"content-type": "application/x-www-form-urlencoded"})
    decoded = base64.b64decode(seen["body"]) if seen["encoded"] else seen["body"]
    check("HTTP API: a form arrives base64-encoded", (True, form), (seen["encoded"], decoded))


def test_the_jwt_authorizer_guards_a_route(api: tuple[str, str], check: Check) -> None:
    address, token = api
    head, payload, signature = token.split(".")
    forged = f"{head}.{payload}.{signature[:-4]}AAAA"
    check("HTTP API: no token", 401, http("GET", f"{address}/me")[0])
    check("HTTP API: forged token", 401, http("GET", f"{address}/me", None, {"authorization": f"Bearer {forged}"})[0])
    status, seen = http("GET", f"{address}/me", None, {"authorization": f"Bearer {token}"})
    check("HTTP API: claims of a good token", (200, "ann@example.com"), (status, seen["email"]))


def test_a_browser_signs_in_by_code_and_the_session_ends_when_it_is_revoked(
    stack: Emulator, stock: Emulator, check: Check
) -> None:
    """Cognito's hosted pages are at the emulator's own address; the page that revokes is put right."""
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    back = "http://localhost:5173/signed-in"
    for running, revoked in ((stack, 200), (stock, 400)):
        client_id = _browser_client(running, back)
        asked = {"response_type": "code", "client_id": client_id, "redirect_uri": back, "scope": "openid"}
        asked |= {"code_challenge": challenge, "code_challenge_method": "S256", "state": "s"}
        login = {"username": "ann@example.com", "password": "Passw0rd!x"}
        code = parse_qs(urlsplit(_location(running, "/login", asked | login)).query)["code"][0]
        redeem = {"grant_type": "authorization_code", "client_id": client_id, "code": code, "redirect_uri": back}
        wrong, _ = _form(running, "/oauth2/token", redeem | {"code_verifier": "w" * 43})
        check("hosted login: a code without its verifier", 400, wrong)
        status, tokens = _form(running, "/oauth2/token", redeem | {"code_verifier": verifier})
        check("hosted login: a code with its verifier", (200, True), (status, "refresh_token" in tokens))
        renew = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": tokens["refresh_token"]}
        check("token endpoint: renews", 200, _form(running, "/oauth2/token", renew)[0])
        end = {"token": tokens["refresh_token"], "client_id": client_id}
        kind = "put right" if running is stack else "published package"
        check(f"revocation endpoint ({kind})", revoked, _form(running, "/oauth2/revoke", end)[0])
        again = _form(running, "/oauth2/token", renew)[0]
        check(f"token endpoint after the session's end ({kind})", 400 if revoked == 200 else 200, again)


def _browser_client(running: Emulator, back: str) -> str:
    """An app client for browsers, with one person."""
    cognito = running.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="browsers", UsernameAttributes=["email"])["UserPool"]["Id"]
    cognito.admin_create_user(UserPoolId=pool, Username="ann@example.com")
    cognito.admin_set_user_password(UserPoolId=pool, Username="ann@example.com", Password="Passw0rd!x", Permanent=True)
    client = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="browser",
        AllowedOAuthFlows=["code"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=["openid"],
        CallbackURLs=[back],
    )
    return str(client["UserPoolClient"]["ClientId"])


def _form(running: Emulator, path: str, fields: Mapping[str, str]) -> tuple[int, Any]:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return http("POST", running.endpoint + path, urlencode(fields).encode(), kind)


def _location(running: Emulator, path: str, fields: Mapping[str, str]) -> str:
    """Where a posted form leads to; it is not followed."""
    parts = urlsplit(running.endpoint)
    connection = HTTPConnection(str(parts.hostname), int(parts.port or 80), timeout=30)
    try:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        connection.request("POST", path, urlencode(fields), kind)
        return str(connection.getresponse().getheader("location"))
    finally:
        connection.close()


def test_only_the_failed_message_of_a_batch_comes_back(stack: Emulator, check: Check) -> None:
    sqs = stack.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
    attributes = {"RedrivePolicy": policy, "VisibilityTimeout": "1"}
    queue = sqs.create_queue(QueueName="work", Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(["fine", "poison", "fine too"])]
    sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    stack.client("lambda").create_event_source_mapping(
        EventSourceArn=arn,
        FunctionName=_function(stack, "partial", PARTIAL),
        BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    found = _wait_for(lambda: sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages"))
    check("SQS: ReportBatchItemFailures, then the dead letters", ["poison"], [message["Body"] for message in found])
    left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    check("SQS: the others are done", "0", left["ApproximateNumberOfMessages"])


def test_a_table_rings_its_consumer_with_keys_only(stack: Emulator, check: Check) -> None:
    dynamodb = stack.client("dynamodb")
    common: dict[str, Any] = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }
    dynamodb.create_table(TableName="remembered", **common)
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    made = dynamodb.create_table(TableName="bells", StreamSpecification=stream, **common)
    stack.client("lambda").create_event_source_mapping(
        EventSourceArn=made["TableDescription"]["LatestStreamArn"],
        FunctionName=_function(stack, "remember", REMEMBER),
        StartingPosition="TRIM_HORIZON",
        BatchSize=100,
    )
    for number in range(150):
        dynamodb.put_item(TableName="bells", Item={"pk": {"S": str(number)}, "secret": {"S": "x"}})

    def all_seen() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = dynamodb.scan(TableName="remembered")["Items"]
        return rows if len(rows) == 150 else []

    kinds = {row["kind"]["S"] for row in _wait_for(all_seen)}
    expected = {"ApproximateCreationDateTime,Keys,SequenceNumber,SizeBytes,StreamViewType"}
    check("DynamoDB stream: every item, keys only", expected, kinds)


def test_a_filter_wakes_for_what_has_or_had_an_attribute(stack: Emulator, check: Check) -> None:
    """As the live board's: items without the attribute wake nobody."""
    dynamodb = stack.client("dynamodb")
    common: dict[str, Any] = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }
    dynamodb.create_table(TableName="woken", **common)
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    made = dynamodb.create_table(TableName="marked", StreamSpecification=stream, **common)
    patterns = [
        {"eventName": ["INSERT", "MODIFY"], "dynamodb": {image: {"live": {"S": [{"exists": True}]}}}}
        for image in ("NewImage", "OldImage")
    ]
    stack.client("lambda").create_event_source_mapping(
        EventSourceArn=made["TableDescription"]["LatestStreamArn"],
        FunctionName=_function(stack, "woken", REMEMBER.replace('"remembered"', '"woken"')),
        StartingPosition="TRIM_HORIZON",
        BatchSize=10,
        FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]},
    )
    for key, live in (("plain", ""), ("comes", "x"), ("goes", "x"), ("goes", ""), ("last", "x")):
        item = {"pk": {"S": key}} | ({"live": {"S": live}} if live else {})
        dynamodb.put_item(TableName="marked", Item=item)
    dynamodb.delete_item(TableName="marked", Key={"pk": {"S": "comes"}})

    def all_seen() -> list[str]:
        keys = sorted(row["pk"]["S"] for row in dynamodb.scan(TableName="woken")["Items"])
        return keys if "last" in keys else []

    check("DynamoDB stream: a filter by attribute, old or new", ["comes", "goes", "last"], _wait_for(all_seen))


def test_a_web_socket_is_refused_told_and_gone(stack: Emulator, check: Check) -> None:
    door = """
        def handler(event, context):
            print("called")
            about = event["requestContext"]
            if about["eventType"] == "CONNECT":
                let_in = (event.get("queryStringParameters") or {}).get("ticket") == "good"
                return {"statusCode": 200 if let_in else 401}
            if about["eventType"] == "MESSAGE":
                import boto3
                wire = boto3.client("apigatewaymanagementapi", endpoint_url="%s/_aws/execute-api/wire1/live")
                wire.post_to_connection(ConnectionId=about["connectionId"], Data=event["body"].upper().encode())
            return {"statusCode": 200}
    """
    function = _function(stack, "door", door % stack.endpoint)
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    api = {"Name": "wire", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}
    target = {"Fn::Sub": "integrations/${Integration}"}
    resources: dict[str, tuple[str, dict[str, Any]]] = {
        "Api": ("Api", api | {"Tags": {"ms-custom-id": "wire1"}}),
        "Stage": ("Stage", {"ApiId": {"Ref": "Api"}, "StageName": "live", "AutoDeploy": True}),
        "Integration": (
            "Integration",
            {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationMethod": "POST",
                "IntegrationUri": uri,
            },
        ),
    }
    for key in ("connect", "disconnect", "default"):
        resources[key.title()] = ("Route", {"ApiId": {"Ref": "Api"}, "RouteKey": f"${key}", "Target": target})
    template = {
        name: {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": properties}
        for name, (kind, properties) in resources.items()
    }
    _create_stack(stack, "wire", template)
    url = f"{stack.endpoint.replace('http', 'ws', 1)}/_aws/execute-api/wire1/live"
    with pytest.raises(InvalidStatus), connect(f"{url}?ticket=bad", proxy=None):
        pass
    with connect(f"{url}?ticket=good", proxy=None) as wire:
        wire.send('{"action": "anything"}')
        check(
            "WebSocket: the management API reaches the client", '{"ACTION": "ANYTHING"}', _text(wire.recv(timeout=20))
        )
    posts = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"{stack.endpoint}/_aws/execute-api/wire1/live",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    with pytest.raises(ClientError) as refused:
        posts.post_to_connection(ConnectionId="nobody=", Data=b"x")
    check("WebSocket: a connection that is gone", "GoneException", refused.value.response["Error"]["Code"])


def _text(message: str | bytes) -> str:
    return message if isinstance(message, str) else message.decode()


def test_a_function_sees_nothing_of_our_environment(
    stack: Emulator, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Certificates, proxies and profiles of the caller must not reach deployed code."""
    assert stack.endpoint
    source = """
        import json, os, sys

        def handler(event, context):
            print("seen")
            return {"names": sorted(os.environ), "version": "%d.%d" % sys.version_info[:2]}
    """
    _function(stack, "environment", source)
    answer = stack.client("lambda").invoke(FunctionName="environment", Payload=b"{}")
    seen = json.load(answer["Payload"])
    leaked = {"SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "AWS_PROFILE", "HTTPS_PROXY", "PYTHONPATH"}
    check("Lambda: nothing leaks in", set(), leaked & set(seen["names"]))
    check("Lambda: the interpreter is the Runtime's", "3.13", seen["version"])
