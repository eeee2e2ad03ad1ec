"""What importing costs and does: each function loads only what it needs, and importing opens nothing.

Start-up time follows the modules that are loaded (performance.md 1), so the budgets name modules;
time itself is measured by `make bench`.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "layers" / "core"
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/*.py") if path.stem == path.parent.name)

# Loaded while a function starts, although its first call may do without.
HEAVY = {"boto3", "botocore", "pandas", "numpy", "awswrangler", "duckdb", "aws_xray_sdk", "pyarrow.dataset"}
FORBIDDEN = {
    "ingest": HEAVY | {"pyarrow", "pydantic", "aws_lambda_powertools", "phonenumbers", "urllib3", "requests"},
    "connect": HEAVY | {"pyarrow", "pydantic", "aws_lambda_powertools", "phonenumbers", "urllib3", "requests"},
    "fold": HEAVY | {"pyarrow", "pydantic", "aws_lambda_powertools"},
    "live": HEAVY | {"pyarrow", "pydantic", "aws_lambda_powertools"},
    "archive": HEAVY | {"pyarrow", "pydantic", "aws_lambda_powertools", "phonenumbers"},
    "rollup": HEAVY | {"pydantic", "aws_lambda_powertools"},
    # Powertools' event handler asks botocore for its version; the first request loads all of it anyway.
    "api": HEAVY - {"botocore"} | {"pyarrow", "api_description"},
    "export": HEAVY,
    "report": HEAVY,
    "mail": HEAVY | {"pyarrow", "pydantic", "aws_lambda_powertools", "jinja2", "phonenumbers"},
    "alert": HEAVY | {"pyarrow", "aws_lambda_powertools", "jinja2"},
    "hook": HEAVY | {"pyarrow", "pydantic", "aws_lambda_powertools", "phonenumbers", "urllib3", "requests"},
    # Standard library only: it has no layers.
    "dashboard": HEAVY | {"pyarrow", "pydantic", "aws_lambda_powertools", "msgspec", "urllib3", "requests", "ringlake"},
    "schedule": HEAVY - {"botocore"} | {"pyarrow", "jinja2"},
}
# Tools of tests and developers never reach a function.
NEVER = {"pytest", "hypothesis", "sqlglot", "moto", "ministack", "tools", "tests", "cfnlint", "samtranslator"}

LOADED = """
import json, sys
before = set(sys.modules)
__import__(sys.argv[1])
print(json.dumps(sorted(set(sys.modules) - before)))
"""

# Lists what our own modules do while they are imported; reading .py files is the interpreter's own deed.
WATCHED = """
import importlib, json, os, pkgutil, sys
library, deeds = sys.argv[1], []

def ours():
    # The place in our library that did it, itself or through the standard library; None for anybody else.
    frame = sys._getframe(2)
    while frame:
        name = frame.f_code.co_filename
        if name.startswith(library):
            return f"{name.removeprefix(library)}:{frame.f_lineno}"
        if "site-packages" in name or name.startswith("<frozen importlib"):
            return None
        frame = frame.f_back
    return None

def hook(event, arguments):
    if event.split(".")[0] in ("socket", "subprocess", "sqlite3", "urllib", "ssl") or event in ("open", "os.listdir"):
        where = ours()
        if where:
            deeds.append(f"{where} {event}")

class Watched(dict):
    def __getitem__(self, key): return self.seen(key) or super().__getitem__(key)
    def get(self, key, default=None): return self.seen(key) or super().get(key, default)
    def __contains__(self, key): return bool(self.seen(key)) or super().__contains__(key)
    def seen(self, key):
        where = ours()
        if where:
            deeds.append(f"{where} environment {key}")

import ringlake
names = [module.name for module in pkgutil.walk_packages(ringlake.__path__, "ringlake.")]
os.environ = Watched(os.environ)
sys.addaudithook(hook)
for name in names:
    importlib.import_module(name)
print(json.dumps({"modules": len(names), "deeds": deeds}))
"""


def run(code: str, *arguments: str, folder: str = "") -> str:
    """Run code in a fresh interpreter that has our library and one function's folder on its path."""
    path = os.pathsep.join(filter(None, [folder, str(LIBRARY)]))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_function_has_a_budget() -> None:
    assert set(FUNCTIONS) <= set(FORBIDDEN)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_loads_only_what_it_needs(function: str) -> None:
    loaded = set(json.loads(run(LOADED, function, folder=str(ROOT / "functions" / function))))
    too_much = {
        name for name in loaded if any(name == m or name.startswith(f"{m}.") for m in FORBIDDEN[function] | NEVER)
    }
    assert f"{function}" in loaded
    assert not too_much, sorted(too_much)[:10]


def test_importing_any_module_opens_nothing_and_reads_no_environment() -> None:
    seen = json.loads(run(WATCHED, str(LIBRARY)))
    assert seen["modules"] > 20
    assert seen["deeds"] == []


def test_the_watcher_sees_what_a_module_does(tmp_path: Path) -> None:
    package = tmp_path / "ringlake"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "bad.py").write_text("import os\nopen(os.devnull).close()\nos.environ.get('RINGLAKE_X')\n")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(tmp_path)], capture_output=True, text=True, env=environment, check=True
    )
    assert [deed.split(" ", 1)[1] for deed in json.loads(done.stdout)["deeds"]] == ["open", "environment RINGLAKE_X"]


# Calls that ask a clock, the environment or a service.
ASKING = {
    "now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "getenv", "client", "resource", "Session",
    "connect", "urlopen", "token_hex", "token_bytes", "uuid4", "random",
}  # fmt: skip


def asked_at_import(source: str) -> list[str]:
    """Calls at module or class level, default arguments and decorators included, that ask for something outside."""
    found: list[str] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Lambda):
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in (*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)):
                visit(part)
            return
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ASKING:
                found.append(f"line {node.lineno}: {name}()")
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(source))
    return found


def test_no_module_asks_the_clock_or_makes_a_client_at_import() -> None:
    sources = [*LIBRARY.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    asked = {str(path.relative_to(ROOT)): asked_at_import(path.read_text(encoding="utf-8")) for path in sources}
    assert {path: calls for path, calls in asked.items() if calls} == {}


@pytest.mark.parametrize(
    "source",
    ["NOW = datetime.now(UTC)", "s3 = boto3.client('s3')", "def f(at=time.time()): ...", "class A:\n    at = now()"],
)
def test_a_question_at_import_is_noticed(source: str) -> None:
    assert asked_at_import(source)
    assert not asked_at_import("def f():\n    return datetime.now(UTC)\n")
