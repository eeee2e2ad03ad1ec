"""What Lambda unpacks: sizes, contents and completeness of every function with its layers.

The layers are built here with the recipe that `sam build` uses (seconds when they are in the
cache), for this machine and for arm64 as they are deployed to AWS.
"""

from __future__ import annotations

import ast
import importlib.metadata
import json
import os
import re
import struct
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tools import dashboard, layers
from tools.template_rules import contract

ROOT = Path(__file__).resolve().parents[2]
PLATFORMS = ("host", "arm64")
# AWS: function and all its layers together, unzipped.
LAMBDA_LIMIT_BYTES = 262_144_000
# performance.md P9.
BARS = {
    "dashboard": 5_000_000,
    "ingest": 40_000_000,
    "connect": 40_000_000,
    "fold": 40_000_000,
    "api": 120_000_000,
    "rollup": 120_000_000,
}
BAR = 200_000_000
# What a browser fetches before it shows anything, compressed.
FIRST_LOAD = 350_000
FUNCTIONS = {folder: contract.LAYERS[name] for name, folder in contract.FUNCTIONS.items()}
WRITTEN = [name for name in FUNCTIONS if (ROOT / "functions" / name / f"{name}.py").exists()]
# Ordering work reads the same modules as doing it; only the workers call what needs these.
NOT_REACHED = {"api": {"awswrangler"}, "schedule": {"awswrangler", "jinja2"}}
# The Lambda runtime brings boto3 and what it needs.
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six.py")


@cache
def layer(name: str, platform: str) -> Path:
    """The built layer; `python/` in it is what goes on the path."""
    try:
        return layers.ensure(name.lower(), platform)
    except layers.BuildError as error:
        pytest.fail(f"the layer cannot be built: {error}")


@cache
def site() -> Path:
    """The built dashboard."""
    try:
        return dashboard.ensure()
    except dashboard.BuildError as error:
        pytest.fail(f"the dashboard cannot be built: {error}")


def sizes(function: str, platform: str) -> dict[str, int]:
    if function == "dashboard":
        return {"site": layers.sizes([site() / "function"])}
    code = sum(path.stat().st_size for path in (ROOT / "functions" / function).rglob("*.py"))
    return {"code": code} | {name: layers.sizes([layer(name, platform)]) for name in FUNCTIONS[function]}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_function_fits_its_bar(platform: str, capsys: pytest.CaptureFixture[str]) -> None:
    too_large = []
    for function in FUNCTIONS:
        parts = sizes(function, platform)
        total = sum(parts.values())
        with capsys.disabled():
            shown = " + ".join(f"{name} {size / 1e6:.1f}" for name, size in parts.items())
            print(f"\n  {platform:<5} {function:<8} {total / 1e6:6.1f} MB = {shown}", end="")
        if total > min(BARS.get(function, BAR), LAMBDA_LIMIT_BYTES):
            too_large.append(f"{function} {total}")
    assert not too_large


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", layers.LAYERS)
def test_every_module_ships_compiled_and_cannot_go_stale(name: str, platform: str) -> None:
    python = layer(name, platform) / "python"
    sources = list(python.rglob("*.py"))
    assert sources
    for source in sources:
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        flags = struct.unpack("<I", compiled.read_bytes()[4:8])[0]
        # Bit 0: made from a hash, bit 1 unset: and never compared with the source.
        assert flags == 1, compiled


@pytest.mark.parametrize(("platform", "machine"), [("arm64", 183), ("x86_64", 62)])
def test_libraries_are_of_the_processor_that_they_are_deployed_to(platform: str, machine: int) -> None:
    found = set()
    for library in (layer("Runtime", platform) / "python").rglob("*.so*"):
        head = library.read_bytes()[:20]
        assert head[:4] == b"\x7fELF"
        found.add(struct.unpack("<H", head[18:20])[0])
    assert found == {machine}


@pytest.mark.parametrize("name", layers.LAYERS)
def test_nothing_ships_that_no_function_can_reach(name: str) -> None:
    python = layer(name, "host") / "python"
    unwanted = [
        str(path.relative_to(python))
        for path in python.rglob("*")
        if path.name in ("tests", "boto3", "botocore", "setuptools")
        or path.suffix in (".pyx", ".pxd", ".pyi", ".h", ".a")
    ]
    assert unwanted == []
    assert not list(python.glob("pyarrow/*flight*"))


@pytest.mark.parametrize("platform", ["arm64", "x86_64"])
def test_arrow_ships_without_symbol_tables(platform: str) -> None:
    libraries = [p for p in (layer("Arrow", platform) / "python").rglob("*.so*") if p.read_bytes()[:4] == b"\x7fELF"]
    assert len(libraries) > 10
    # e_shoff: no table of sections.
    assert {struct.unpack("<Q", library.read_bytes()[40:48])[0] for library in libraries} == {0}


def test_a_library_of_another_kind_is_not_cut() -> None:
    with pytest.raises(layers.BuildError):
        layers.without_sections(b"\x7fELF\x01\x01" + b"\0" * 58)


@pytest.mark.parametrize("name", ["Runtime", "Arrow", "Wrangler", "Files"])
def test_packages_still_know_their_version_and_licence(name: str) -> None:
    python = layer(name, "host") / "python"
    found = list(importlib.metadata.distributions(path=[str(python)]))
    assert found
    for distribution in found:
        assert distribution.version
        assert distribution.metadata["Name"]


def run(code: str, function: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code as Lambda would: the function, its layers and the runtime's packages, nothing else."""
    runtime = folder / "runtime"
    if not runtime.exists():
        runtime.mkdir()
        for name in RUNTIME_PACKAGES:
            (runtime / name).symlink_to(packages() / name)
    path = [str(ROOT / "functions" / function), *(str(layer(n, "host") / "python") for n in FUNCTIONS[function])]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([*path, str(runtime)])}
    return subprocess.run(
        # -S: without the environment's own packages, which hold everything.
        [sys.executable, "-S", "-s", "-B", "-c", code, function],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def packages() -> Path:
    import boto3

    return Path(boto3.__file__).parents[1]


LOADED = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps({n: m.__file__ for n, m in sys.modules.items()
                  if n.startswith(("ringlake", sys.argv[1])) and m.__file__}))
"""


@pytest.mark.parametrize("function", WRITTEN)
def test_all_that_a_function_imports_is_in_its_layers(function: str, tmp_path: Path) -> None:
    """Also what is imported later, inside functions: a package that is missing there fails only in use."""
    done = run(LOADED, function, tmp_path)
    assert done.returncode == 0, done.stderr
    modules: dict[str, str] = json.loads(done.stdout)
    if FUNCTIONS[function]:
        assert Path(modules["ringlake"]).is_relative_to(layer("Core", "host"))
    else:
        assert set(modules) == {function}
    names = sorted({name for path in modules.values() for name in imported(Path(path).read_text(encoding="utf-8"))})
    names = [name for name in names if name not in NOT_REACHED.get(function, ())]
    code = (
        "import importlib.util, sys\n"
        f"missing = [n for n in {names!r} if importlib.util.find_spec(n) is None]\n"
        "sys.exit(f'not in the layers: {missing}' if missing else 0)"
    )
    looked = run(code, function, tmp_path)
    assert looked.returncode == 0, looked.stderr


def imported(source: str) -> set[str]:
    """Top-level packages that a module imports anywhere, except for type checking."""
    tree = ast.parse(source)
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


ARROW = """
import io, pyarrow as pa, pyarrow.compute as pc, pyarrow.csv as csv, pyarrow.parquet as pq
table = pa.table({"a": [1, 2, 2], "s": ["x", "y", "y"]}).group_by("s").aggregate([("a", "sum")])
sink = io.BytesIO()
pq.write_table(table, sink, compression="zstd")
assert pq.read_table(io.BytesIO(sink.getvalue())).equals(table)
assert pc.sum(table["a_sum"]).as_py() == 5
csv.write_csv(table, io.BytesIO())
"""
# Arrow's threads now and then abort a process that ends while they do (apache/arrow#34314, unpruned
# wheels too); Lambda never ends a process that way.
LEAVE = "import os\nos._exit(0)\n"
WRANGLER = """
import awswrangler as wr, pandas as pd
assert wr.__version__
assert pd.DataFrame({"a": [1, 2]}).convert_dtypes(dtype_backend="pyarrow")["a"].sum() == 3
"""


FILES = """
import pyarrow as pa
from datetime import datetime, UTC
from zoneinfo import ZoneInfo
from ringlake.files import formats
from ringlake.files.csv import Local, few
from ringlake.files.formats import Style
from ringlake.files.sheet import About, Batch, Field, Kind, Part, Sheet
from ringlake.model.jobs import Format
zone, made_at = ZoneInfo("Europe/Warsaw"), datetime(2026, 1, 1, tzinfo=UTC)
about = About(title="t", workspace="w", filter={}, zone=zone, as_of=None, settings_version=1, made_at=made_at)
moments = pa.array([None, 0], pa.timestamp("ms"))
columns = {
    Kind.TEXT: pa.array(["x", "=1"]), Kind.PHONE: few(pa.array(["+1", None])), Kind.SECONDS: pa.array([1, None]),
    Kind.MOMENT: moments, Kind.LOCAL: Local(moments, zone), Kind.SHARE: pa.array([0.5, None]),
}
fields = tuple(Field(name=kind.value, kind=kind) for kind in columns)
for format in Format:
    batch = Batch((Part({kind.value: column for kind, column in columns.items()}, 2),))
    parts = list(formats.written(Sheet(name="x", fields=fields, batches=[batch]), about, Style(format=format)))
    assert sum(part.rows for part in parts) == 2, format
"""


@pytest.mark.parametrize(
    ("function", "code"),
    [("rollup", ARROW), ("report", ARROW), ("report", WRANGLER), ("export", FILES), ("report", FILES)],
)
def test_the_pruned_libraries_work(function: str, code: str, tmp_path: Path) -> None:
    done = run(code + LEAVE, function, tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_second_build_comes_from_the_cache_and_links(tmp_path: Path) -> None:
    first, second = layers.ensure("arrow", "host"), layers.ensure("arrow", "host")
    assert first == second
    layers.link_tree(first, tmp_path / "built")
    some = next((tmp_path / "built").rglob("lib*.so*"))
    assert some.read_bytes()[:4] == (first / some.relative_to(tmp_path / "built")).read_bytes()[:4]


def loaded(start: str) -> set[str]:
    """The files that a chunk of the site needs before it runs: itself, what it imports, and their styles."""
    manifest = json.loads((site() / "manifest.json").read_text(encoding="utf-8"))
    found: set[str] = set()
    waiting, seen = [start], set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            found |= {manifest[name]["file"], *manifest[name].get("css", ())}
            waiting += manifest[name].get("imports", ())
    return found


def compressed(files: set[str], ending: str) -> int:
    folder = site() / "function" / "site"
    return sum((folder / f"{file}{ending}").stat().st_size for file in files)


@pytest.mark.parametrize("ending", [".br", ".gz"])
def test_the_dashboards_first_load_is_small(ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The start, the words of a language, and the page that opens first; charts come after it is shown."""
    parts = {
        "start": loaded("index.html"),
        "words": loaded("src/words/pl/index.ts"),
        "overview": loaded("src/pages/overview/index.tsx"),
    }
    together = set().union(*parts.values())
    shown = " + ".join(f"{name} {compressed(files, ending) / 1000:.1f}" for name, files in parts.items())
    with capsys.disabled():
        print(f"\n  first load {ending} {compressed(together, ending) / 1000:.1f} kB of {shown}", end="")
    assert compressed(together, ending) <= FIRST_LOAD
    assert not [file for file in together if "echarts" in file or "charting" in file]


def test_every_file_of_the_site_has_its_content_in_its_name_and_comes_compressed() -> None:
    files = {path.name for path in (site() / "function" / "site" / "assets").iterdir()}
    plain = {name for name in files if not name.endswith((".br", ".gz"))}
    assert plain
    assert all(re.search(r"-[\w-]{8}\.\w+$", name) for name in plain), sorted(plain)
    text = {name for name in plain if name.endswith((".js", ".css"))}
    assert files - plain == {name + ending for name in text for ending in (".br", ".gz")}


def test_the_built_page_fits_its_policy() -> None:
    """No script, style or address of anybody else: what the policy would refuse is not there."""
    page = (site() / "function" / "site" / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=|https?://", page)
    assert page.count("<head>") == 1
    styles = (site() / "function" / "site" / "assets").glob("*.css")
    assert not [path.name for path in styles if re.search(r"url\((?!\W*\./|\W*#)", path.read_text(encoding="utf-8"))]


def test_a_site_of_the_same_sources_is_built_once_and_another_file_changes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    built = site()
    assert built.name == dashboard.key()
    monkeypatch.setattr(dashboard, "build", lambda *_: pytest.fail("built again"))
    assert dashboard.ensure() == built
    paths = list(dashboard.sources())
    assert {"main.tsx", "package-lock.json", "vite.config.ts", "dashboard.py"} <= {path.name for path in paths}
    assert not [path for path in paths if {"node_modules", "dist", "tests"} & set(path.parts)]
    monkeypatch.setattr(dashboard, "sources", lambda: iter(paths[1:]))
    assert dashboard.key() != built.name
