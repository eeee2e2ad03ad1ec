# ruff: noqa: SLF001 - the emulator offers no public place to put these in
"""Make the emulator's Athena answer as Athena does; runs inside the emulator.

ministack 1.5.33 hands the query text to DuckDB. Everything that the product needs and
that differs is put right here, from outside. `install` names each difference; each has
a contract test in tests/integration/test_emulator_contract.py that fails when a later
release has mended it, so that the part can go.
"""

from __future__ import annotations

import asyncio
import base64
import contextvars
import csv
import datetime as dt
import io
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlparse

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tools.stack import predicates, projection

Json = dict[str, Any]
# Names an expression without alias until the result's column position is known.
UNNAMED = "__ringlake_unnamed"
_CATALOG = "awsdatacatalog"

# Read by the query's own task, which asyncio starts with a copy of the caller's context.
_parameters: contextvars.ContextVar[Sequence[str]] = contextvars.ContextVar("_parameters", default=())


class QueryError(Exception):
    """The query fails; the text is what Athena reports as StateChangeReason."""


def install() -> None:
    """Replace the functions of the Athena emulation that differ from Athena."""
    from ministack.services import athena

    athena._start_query_execution = start_with_parameters(athena, athena._start_query_execution)
    athena._run_duckdb = run_as_athena(athena, athena._run_duckdb)
    athena._save_query_results = save_results(athena)
    athena._get_query_results = results_with_precision(athena._get_query_results)


# ---- submission ----


def start_with_parameters(athena: Any, original: Callable[[Json], Any]) -> Callable[[Json], Any]:
    """Stock ignores ExecutionParameters and lets the caller override an enforced output location."""

    def start(data: Json) -> Any:
        if data.get("WorkGroup", "primary") == "primary":
            athena._ensure_default_workgroup()
        group = (athena._workgroups.get(data.get("WorkGroup", "primary")) or {}).get("Configuration") or {}
        enforced = (group.get("ResultConfiguration") or {}).get("OutputLocation")
        asked = (data.get("ResultConfiguration") or {}).get("OutputLocation")
        # Enforcing is the default of a workgroup that says nothing about it.
        use_group = enforced and (group.get("EnforceWorkGroupConfiguration", True) or not asked)
        location = enforced if use_group else asked
        if location and not location.endswith("/"):
            location += "/"
        token = _parameters.set(tuple(data.get("ExecutionParameters") or ()))
        try:
            return original({**data, "ResultConfiguration": {"OutputLocation": location}} if location else data)
        finally:
            _parameters.reset(token)

    return start


# ---- execution ----


@dataclass
class Result:
    """Rows as Athena prints them: text or None."""

    columns: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)


def run_as_athena(athena: Any, original: Callable[..., Any]) -> Callable[..., Any]:
    """Stock runs the text as DuckDB's SQL over every object below the table's location."""

    async def run(query: str, database: str, catalog: str | None = None) -> Json:
        statement = parse(query)
        if not isinstance(statement, exp.Query):
            result: Json = await original(query, database, catalog)
            return result
        bound = bind(statement, _parameters.get())
        # Glue's and S3's stores are scoped to the request's account: read them in this context.
        prepared = Prepared(bound, (database or "default").lower(), _glue_table, _read_bucket, athena._table_relation)
        done = await asyncio.to_thread(prepared.run)
        return {"columns": done.columns, "column_types": done.types, "rows": done.rows}

    return run


def _glue_table(database: str, table: str) -> Json | None:
    from ministack.services import glue

    found: Json | None = glue._tables.get(f"{database}/{table}")
    return found


def _read_bucket(bucket: str) -> tuple[list[str], Callable[[str], bytes | None]]:
    from ministack.services import s3

    known = s3._buckets.get(bucket)
    keys = list(known["objects"]) if known else []
    return keys, lambda key: s3._get_object_data(bucket, key)


def parse(query: str) -> exp.Expr | None:
    """The statement, or None when the parser does not know it (DDL of Hive, for example)."""
    try:
        return sqlglot.parse_one(query.strip().rstrip(";"), read="athena")
    except SqlglotError as error:
        if re.match(r"\s*(select|with|values|table|\()", query, re.IGNORECASE):
            raise QueryError(f"SYNTAX_ERROR: {error}") from error
        return None


def bind(statement: exp.Expr, parameters: Sequence[str]) -> exp.Expr:
    """Put ExecutionParameters in the place of `?`; each is the text of a constant expression."""
    places = list(statement.find_all(exp.Placeholder, bfs=False))
    if len(places) != len(parameters):
        raise QueryError(
            "INVALID_PARAMETER_USAGE: Incorrect number of parameters: "
            f"expected {len(places)} but found {len(parameters)}"
        )
    for place, text in zip(places, parameters, strict=True):
        try:
            value = sqlglot.parse_one(text, read="athena")
        except SqlglotError as error:
            raise QueryError(f"SYNTAX_ERROR: parameter {text}: {error}") from error
        if not isinstance(value, exp.Condition) or value.find(exp.Column, exp.Query):
            # A text without quotes is a column's name, as in EXECUTE … USING.
            raise QueryError(f"SYNTAX_ERROR: Constant expression cannot contain column references: {text}")
        place.replace(value)
    return statement


class Prepared:
    """One query with everything it reads."""

    def __init__(
        self,
        statement: exp.Expr,
        database: str,
        glue_table: Callable[[str, str], Json | None],
        read_bucket: Callable[[str], tuple[list[str], Callable[[str], bytes | None]]],
        stock_relation: Callable[[Json, Sequence[str]], str],
    ) -> None:
        self.database = database
        self._glue_table = glue_table
        self._stock_relation = stock_relation
        self.statement = self._expand(statement, database, ())
        self.tables = self._tables()
        self.given = self._given()
        self._buckets = {bucket: read_bucket(bucket) for bucket in {_bucket(table) for table in self.tables.values()}}

    def run(self) -> Result:
        """Execute in a DuckDB of its own that can read nothing but the query's files."""
        folder = Path(tempfile.mkdtemp(prefix="ringlake-athena-"))
        connection = duckdb.connect(":memory:")
        try:
            connection.execute("SET TimeZone = 'UTC'")
            # 7 / 2 is 3 in Athena; stock gives 3.5. Division by zero fails in both then,
            # of doubles too, where Athena gives Infinity.
            connection.execute("SET integer_division = true")
            for number, (name, table) in enumerate(self.tables.items()):
                self._create(connection, folder / str(number), name, table)
            connection.execute(f"SET allowed_directories = ['{folder}']")
            connection.execute("SET enable_external_access = false")
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_quoted(self.database)}")
            connection.execute(f"SET schema = '{self.database}'")
            return _result(connection.execute(to_duckdb(self.statement)))
        except duckdb.Error as error:
            raise QueryError(str(error)) from error
        finally:
            connection.close()
            shutil.rmtree(folder, ignore_errors=True)

    def _expand(self, statement: exp.Expr, database: str, path: tuple[str, ...]) -> exp.Expr:
        """Put the queries of Glue views in the place of their names; give every table its database.

        Stock does not know views (TableType VIRTUAL_VIEW).
        """
        for table in _scanned(statement):
            owner = (table.db or database).lower()
            found = self._glue_table(owner, table.name.lower())
            if found is None:
                raise QueryError(f"TABLE_NOT_FOUND: Table '{_CATALOG}.{owner}.{table.name.lower()}' does not exist")
            alias = table.alias or table.name
            if found.get("TableType") == "VIRTUAL_VIEW":
                name = f"{owner}.{table.name.lower()}"
                if name in path:
                    raise QueryError(f"VIEW_IS_RECURSIVE: {name}")
                text, home = view_query(found)
                inner = parse(text)
                if not isinstance(inner, exp.Query):
                    raise QueryError(f"INVALID_VIEW: {name} holds no query")
                body = self._expand(inner, (home or owner).lower(), (*path, name))
                replacement: exp.Expr = exp.Subquery(this=body, alias=exp.TableAlias(this=exp.to_identifier(alias)))
            else:
                replacement = exp.table_(table.name.lower(), db=owner, quoted=True, alias=alias)
            for extra in ("joins", "laterals", "pivots"):
                if table.args.get(extra):
                    replacement.set(extra, table.args[extra])
            if table is statement:
                return replacement
            table.replace(replacement)
        for column in statement.find_all(exp.Column):
            # catalog.database.table.column: the table's alias is enough, and all DuckDB knows.
            column.set("db", None)
            column.set("catalog", None)
        return statement

    def _tables(self) -> dict[tuple[str, str], Json]:
        found: dict[tuple[str, str], Json] = {}
        for table in _scanned(self.statement):
            known = self._glue_table(table.db, table.name)
            if known is not None:
                found[table.db, table.name] = known
        return found

    def _given(self) -> dict[tuple[str, str], dict[str, set[str]]]:
        """Values of the injected partition columns; the query fails where one is missing.

        Stock reads every partition instead. On AWS such a query fails, and a query for
        one partition must not see the others' files.
        """
        wanted = {name: projection.injected_columns(table) for name, table in self.tables.items()}
        if not any(wanted.values()):
            return {}
        schema: dict[str, dict[str, dict[str, str]]] = {}
        for (owner, name), table in self.tables.items():
            schema.setdefault(owner, {})[name] = {column["Name"].lower(): column["Type"] for column in _columns(table)}
        try:
            scans = predicates.constants(self.statement, schema, self.database)
        except SqlglotError as error:
            raise QueryError(f"SYNTAX_ERROR: {error}") from error
        given: dict[tuple[str, str], dict[str, set[str]]] = {}
        for scanned, injected in wanted.items():
            for column in injected:
                for scan in scans.get(scanned) or [{}]:
                    if not scan.get(column):
                        raise QueryError(
                            f"CONSTRAINT_VIOLATION: For the injected projected partition column {column}, the WHERE "
                            "clause must contain only static equality conditions, and at least one such condition "
                            "must be present."
                        )
                    given.setdefault(scanned, {}).setdefault(column, set()).update(scan[column])
        return given

    def _create(self, connection: duckdb.DuckDBPyConnection, folder: Path, name: tuple[str, str], table: Json) -> None:
        """Make the table a DuckDB view over copies of the objects Athena would read.

        Stock reads every object below the location, and fails on a column that the
        files lack, which is NULL in Athena.
        """
        keys, read = self._buckets[_bucket(table)]
        now = dt.datetime.now(dt.UTC)
        try:
            chosen = projection.select(table, keys, self.given.get(name, {}), now)
        except projection.ProjectionError as error:
            raise QueryError(f"INVALID_TABLE_PROPERTY: {error}") from error
        files = []
        for number, item in enumerate(chosen):
            content = read(item.key)
            if content is None:
                continue
            # As folders key=value, whatever the bucket's layout is: DuckDB prunes by them.
            parts = [f"{column}={quote(value, safe='')}" for column, value in item.values.items()]
            path = folder.joinpath(*parts, f"{number}-{item.key.rpartition('/')[2]}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            files.append(str(path))
        if files and not _is_parquet(table):
            source = f"SELECT * FROM {self._stock_relation(table, files)}"
        else:
            source = _relation(connection, table, files)
        owner, own = (_quoted(part) for part in name)
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {owner}")
        connection.execute(f"CREATE VIEW {owner}.{own} AS {source}")


def _relation(connection: duckdb.DuckDBPyConnection, table: Json, files: Sequence[str]) -> str:
    """A SELECT with exactly the columns Glue declares, typed as Glue declares them."""
    columns = _columns(table)
    if not files:
        empty = ", ".join(f"CAST(NULL AS {_duckdb_type(c['Type'])}) AS {_quoted(c['Name'].lower())}" for c in columns)
        return f"SELECT {empty} WHERE false"
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    partitions = [str(key["Name"]).lower() for key in table.get("PartitionKeys") or []]
    types = ", ".join(f"{_quoted(name)}: VARCHAR" for name in partitions)
    hive = f"hive_partitioning = true, hive_types = {{{types}}}" if partitions else "hive_partitioning = false"
    reader = f"read_parquet([{listed}], union_by_name = true, {hive})"
    described = connection.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()
    present = {str(row[0]).lower(): str(row[0]) for row in described}
    shown = []
    for column in columns:
        name = column["Name"].lower()
        value = _quoted(present[name]) if name in present else "NULL"
        shown.append(f"CAST({value} AS {_duckdb_type(column['Type'])}) AS {_quoted(name)}")
    return f"SELECT {', '.join(shown)} FROM {reader}"


def view_query(table: Json) -> tuple[str, str | None]:
    """The query of a Glue view and the database its table names belong to."""
    text = str(table.get("ViewOriginalText") or "")
    found = re.fullmatch(r"\s*/\*\s*Presto View:\s*([A-Za-z0-9+/=\s]+?)\s*\*/\s*", text)
    if found is None:
        return text, None
    definition = json.loads(base64.b64decode(found.group(1)))
    return str(definition["originalSql"]), definition.get("schema")


def _scanned(statement: exp.Expr) -> list[exp.Table]:
    """Table names in the statement that are not names of its own CTEs."""
    return [
        table
        for table in statement.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier) and (table.db or not _is_cte(table))
    ]


def _is_cte(table: exp.Table) -> bool:
    """Whether a WITH of an enclosing query binds this name."""
    inner: exp.Expr = table
    outer = table.parent
    while outer is not None:
        clause = outer.args.get("with_") or outer.args.get("with")
        if isinstance(clause, exp.With):
            for cte in clause.expressions:
                if cte is inner and not clause.args.get("recursive"):
                    break  # a CTE sees only those before it
                if cte.alias.lower() == table.name.lower():
                    return True
        if not isinstance(outer, exp.With):
            inner = outer
        outer = outer.parent
    return False


def to_duckdb(statement: exp.Expr) -> str:
    """Translate Athena's dialect; expressions without a name get a placeholder one."""
    statement = statement.copy()
    select = statement
    while isinstance(select, (exp.SetOperation, exp.Subquery)):
        select = select.this
    if isinstance(select, exp.Select):
        for number, projected in enumerate(select.expressions):
            if not projected.alias and not isinstance(projected, (exp.Column, exp.Star)):
                select.expressions[number].replace(exp.alias_(projected.copy(), f"{UNNAMED}{number}"))
    return statement.sql(dialect="duckdb")


def _columns(table: Json) -> list[Json]:
    own = (table.get("StorageDescriptor") or {}).get("Columns") or []
    return [*own, *(table.get("PartitionKeys") or [])]


def _is_parquet(table: Json) -> bool:
    named = (table.get("Parameters") or {}).get("classification", "")
    return "parquet" in f"{named} {table.get('StorageDescriptor') or {}}".lower()


def _bucket(table: Json) -> str:
    return urlparse(str((table.get("StorageDescriptor") or {}).get("Location", ""))).netloc


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _duckdb_type(glue_type: str) -> str:
    return exp.DataType.build(glue_type, dialect="hive").sql(dialect="duckdb")


# ---- results ----

_TYPES = {
    "BOOLEAN": "boolean",
    "TINYINT": "tinyint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    # DuckDB widens sums of integers; Athena's stay bigint.
    "HUGEINT": "bigint",
    "UBIGINT": "bigint",
    "UINTEGER": "bigint",
    "FLOAT": "float",
    "DOUBLE": "double",
    "VARCHAR": "varchar",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "TIME": "time",
    "BLOB": "varbinary",
    '"NULL"': "unknown",
    "NULL": "unknown",
}


def _result(cursor: duckdb.DuckDBPyConnection) -> Result:
    description = cursor.description or []
    columns = [
        f"_col{number}" if item[0].startswith(UNNAMED) else str(item[0]).lower()
        for number, item in enumerate(description)
    ]
    rows = [[text(value) for value in row] for row in cursor.fetchall()]
    return Result(columns, [athena_type(str(item[1])) for item in description], rows)


def athena_type(duckdb_type: str) -> str:
    """Athena's name of a DuckDB type; decimals keep precision and scale."""
    name = duckdb_type.upper()
    if name.startswith("DECIMAL"):
        return name.lower()
    if name.endswith("]"):
        return "array"
    if name.startswith("STRUCT"):
        return "row"
    return "map" if name.startswith("MAP") else _TYPES.get(name, "varchar")


def text(value: object) -> str | None:
    """A value as Athena prints it in the result file; NULL is None."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, dt.datetime):
        # Milliseconds, as Athena's timestamp(3) has them.
        shown = value.replace(tzinfo=None).isoformat(" ", "milliseconds")
        return f"{shown} UTC" if value.tzinfo else shown
    if isinstance(value, (bytes, bytearray)):
        return value.hex(" ")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{text(key)}={_inner(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_inner(item) for item in value) + "]"
    return str(value)


def _inner(value: object) -> str:
    shown = text(value)
    return "null" if shown is None else shown


def java_double(value: float) -> str:
    """A double as Java's Double.toString prints it: 1.0E7 from ten million on, 1.0E-4 below a thousandth."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        plain = format(value, "f") if "e" in repr(value) else repr(value)
        return plain if "." in plain else f"{plain}.0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    power = len(digits) + int(exponent) - 1
    rest = "".join(map(str, digits[1:])) or "0"
    return f"{'-' if sign else ''}{digits[0]}.{rest}E{power}"


def save_results(athena: Any) -> Callable[[str], Any]:
    """Stock stores the file below a key that ends in <id>.csv/<id>.csv, and quotes only where it must."""

    async def save(query_id: str) -> None:
        from ministack.services import s3

        execution = athena._executions.get(query_id)
        results, types = execution["_results"], execution.get("_column_types") or []
        location = urlparse(execution["ResultConfiguration"]["OutputLocation"])
        key = location.path.lstrip("/")
        described = ",".join(results["columns"]) + "\n" + ",".join(types)
        contents = {key: result_csv(results["columns"], results["rows"]), f"{key}.metadata": described.encode()}
        for name, content in contents.items():
            headers = {"content-type": "application/octet-stream", "content-length": str(len(content))}
            answer = s3._put_object(location.netloc, name, content, headers)
            if isinstance(answer, tuple) and answer[0] >= 300:
                reason = bytes(answer[2]).decode(errors="replace")
                # Raised, because the caller turns it into the state FAILED.
                raise QueryError(f"An error occurred while writing to S3: {reason}")

    return save


def result_csv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """Athena's result file: every value in quotes, NULL as nothing at all."""
    output = io.StringIO()
    writer = csv.writer(output, quoting=csv.QUOTE_NOTNULL, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        shown = [text(value) for value in row]
        # A lone NULL would be quoted by the csv module to tell it from a blank line.
        if shown == [None]:
            output.write("\n")
        else:
            writer.writerow(shown)
    return output.getvalue().encode()


def results_with_precision(original: Callable[[Json], Any]) -> Callable[[Json], Any]:
    """Stock has no place for a decimal's precision and scale; they travel in the type's name."""

    def get(data: Json) -> Any:
        answer = original(data)
        status, headers, body = answer
        content = json.loads(body)
        for column in content.get("ResultSet", {}).get("ResultSetMetadata", {}).get("ColumnInfo", []):
            found = re.fullmatch(r"decimal\((\d+),\s*(\d+)\)", column["Type"])
            if found:
                column |= {"Type": "decimal", "Precision": int(found.group(1)), "Scale": int(found.group(2))}
        return status, headers, json.dumps(content).encode()

    return get
