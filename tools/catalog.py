"""Write the generated sections of template.yaml: Glue tables, Athena's named queries, the API's routes.

    python -m tools.catalog            refresh the sections
    python -m tools.catalog --check    exit 1 when they are not what the model says

The tables come from `ringlake.model.tables`, the queries from `ringlake/reports/*.sql`, the routes for
people from `ringlake.access.routes`.
CloudFormation cannot read either, so the text stands in the template, between markers.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "template.yaml"
REPORTS = ROOT / "layers" / "core" / "ringlake" / "reports"
sys.path[:0] = [p for p in (str(ROOT / "layers" / "core"),) if p not in sys.path]

from ringlake.access.routes import PAGES, ROUTES, SITE, UNKNOWN, WALLS  # noqa: E402
from ringlake.model.tables import TABLES, Table  # noqa: E402

# The first day that a query can reach. Athena lists the days of a query's own range only.
FIRST_DAY = "2020-01-01"


def logical_id(name: str, suffix: str) -> str:
    """`missed_calls`, `Query` -> `MissedCallsQuery`."""
    return "".join(part.capitalize() for part in re.split(r"[_\-]", name)) + suffix


def tables() -> Iterator[str]:
    """The AWS::Glue::Table resources, line by line."""
    for table in TABLES:
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield f"  {logical_id(table.name, 'GlueTable')}:"
    yield "    Type: AWS::Glue::Table"
    yield "    Properties:"
    yield "      CatalogId: !Ref AWS::AccountId"
    yield "      DatabaseName: !Ref GlueDatabase"
    yield "      TableInput:"
    yield f"        Name: {table.name}"
    yield f"        Description: {json.dumps(table.grain)}"
    yield "        TableType: EXTERNAL_TABLE"
    yield "        Parameters:"
    yield "          EXTERNAL: 'TRUE'"
    yield "          classification: parquet"
    yield "          projection.enabled: 'true'"
    yield "          projection.workspace.type: injected"
    yield "          projection.day.type: date"
    yield "          projection.day.format: yyyy-MM-dd"
    yield f"          projection.day.range: {FIRST_DAY},NOW+1DAY"
    yield "          projection.day.interval: '1'"
    yield "          projection.day.interval.unit: DAYS"
    yield (
        "          storage.location.template: "
        f"!Sub s3://${{LakeBucket}}/{table.name}/workspace=${{!workspace}}/day=${{!day}}/"
    )
    yield "        PartitionKeys:"
    yield "          - {Name: workspace, Type: string, Comment: One workspace; a query must name exactly one}"
    yield "          - {Name: day, Type: string, Comment: UTC day of the start as YYYY-MM-DD}"
    yield "        StorageDescriptor:"
    yield f"          Location: !Sub s3://${{LakeBucket}}/{table.name}/"
    yield "          InputFormat: org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    yield "          OutputFormat: org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
    yield "          Compressed: true"
    yield "          SerdeInfo:"
    yield "            SerializationLibrary: org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    yield "          Columns:"
    for column in table.columns:
        yield f'            - {{Name: {column.name}, Type: "{column.type}", Comment: {json.dumps(column.doc)}}}'
    yield ""


def queries() -> Iterator[str]:
    """One AWS::Athena::NamedQuery per shipped report, its text the file's text."""
    for path in sorted(REPORTS.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        yield f"  {logical_id(path.stem, 'Query')}:"
        yield "    Type: AWS::Athena::NamedQuery"
        yield "    Condition: NotLocal"
        yield "    Properties:"
        yield "      Database: !Ref GlueDatabase"
        yield "      WorkGroup: !Ref AthenaWorkgroup"
        yield f"      Name: {path.stem}"
        yield f"      Description: {json.dumps(title(text) or path.stem)}"
        yield "      QueryString: |"
        for line in text.splitlines():
            yield f"        {line}".rstrip()
        yield ""


# A route that got another logical id would be made a second time before the first is deleted, which fails.
ROUTE_IDS = {
    "POST /v1/exports": "ExportCreateRoute",
    "GET /v1/exports": "ExportListRoute",
    "GET /v1/exports/{id}": "ExportReadRoute",
    "GET /v1/exports/{id}/download": "ExportDownloadRoute",
    "POST /v1/reports/{name}/runs": "ReportRunRoute",
    "GET /v1/reports": "ReportListRoute",
    "GET /v1/reports/runs/{id}": "ReportReadRoute",
    "GET /v1/me": "MeRoute",
    "GET /": "SiteRoute",
}
# Requests per second of all people together, steady and at once.
READING = "{ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200}"
WRITING = "{ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40}"
# A page that is opened for the first time asks for some twenty files at once, and people come at the same hour.
LOADING = "{ThrottlingRateLimit: 100, ThrottlingBurstLimit: 1000}"
# Routes without a token of the user pool, and the integration that answers them.
OPEN = {
    **dict.fromkeys(PAGES, "MailIntegration"),
    **dict.fromkeys(WALLS, "WallIntegration"),
    **dict.fromkeys(SITE, "DashboardIntegration"),
}


def route_id(route: str) -> str:
    """`PATCH /v1/directory/users/{id}` -> `PatchDirectoryUsersIdRoute`."""
    words = re.findall(r"[a-z]+", route.replace("/v1/", " ").lower())
    return ROUTE_IDS.get(route) or "".join(word.capitalize() for word in words) + "Route"


def route_limit(route: str) -> str:
    """Which throttle a route gets."""
    if route in SITE:
        return LOADING
    return READING if route.startswith("GET ") else WRITING


def route_waits() -> Iterator[str]:
    """What the stage waits for: settings of a route need the route."""
    yield "    DependsOn:"
    for route in (*ROUTES, *UNKNOWN, *OPEN):
        yield f"      - {route_id(route)}"


def route_limits() -> Iterator[str]:
    """Settings of single routes."""
    yield "      RouteSettings:"
    for route in (*ROUTES, *UNKNOWN, *OPEN):
        yield f"        {route}: {route_limit(route)}"


def routes() -> Iterator[str]:
    """One AWS::ApiGatewayV2::Route for each route of people, each page of mails, that of walls, and the site's."""
    for route in (*ROUTES, *UNKNOWN):
        yield f"  {route_id(route)}:"
        yield "    Type: AWS::ApiGatewayV2::Route"
        yield "    Properties:"
        yield "      ApiId: !Ref HttpApi"
        yield f"      RouteKey: {route}"
        yield "      Target: !Sub integrations/${ApiIntegration}"
        yield "      AuthorizationType: JWT"
        yield "      AuthorizerId: !Ref Authorizer"
        yield "      AuthorizationScopes: [aws.cognito.signin.user.admin]"
        yield ""
    for route, integration in OPEN.items():
        yield f"  {route_id(route)}:"
        yield "    Type: AWS::ApiGatewayV2::Route"
        yield "    Properties:"
        yield "      ApiId: !Ref HttpApi"
        yield f"      RouteKey: {route}"
        yield f"      Target: !Sub integrations/${{{integration}}}"
        yield "      AuthorizationType: NONE"
        yield ""


def title(sql: str) -> str:
    """The first comment line of a query."""
    first = sql.lstrip().splitlines()[0] if sql.strip() else ""
    return first.removeprefix("--").strip() if first.startswith("--") else ""


SECTIONS = {
    "tables": tables,
    "queries": queries,
    "route waits": route_waits,
    "route limits": route_limits,
    "routes": routes,
}


def refresh(text: str) -> str:
    """The template with its generated sections made new."""
    for name, lines in SECTIONS.items():
        start, end = f"  # >>> generated by `python -m tools.catalog`: {name}\n", f"  # <<< {name}\n"
        if text.count(start) != 1 or text.count(end) != 1:
            raise SystemExit(f"template.yaml: the markers of section `{name}` are missing or double")
        before, rest = text.split(start)
        _, after = rest.split(end)
        body = "\n".join(lines())
        text = f"{before}{start}{body}{chr(10) if body else ''}{end}{after}"
    return text


def main(arguments: list[str]) -> int:
    current = TEMPLATE.read_text(encoding="utf-8")
    wanted = refresh(current)
    if arguments == ["--check"]:
        if wanted != current:
            print("template.yaml: generated sections are out of date, run `python -m tools.catalog`", file=sys.stderr)
        return int(wanted != current)
    if wanted != current:
        TEMPLATE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
