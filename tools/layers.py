"""Build the Lambda layers; `sam build` calls this through `layers/<name>/Makefile`.

    python tools/layers.py core|runtime|arrow|wrangler|files ARTIFACTS_DIR host|arm64|x86_64

A layer is made once per lock, platform and version of this file under `.local/layers`, and
from there hard-linked into SAM's build folder, so that a second `sam build` takes seconds.
Every package comes from the hashed lock as a wheel; nothing is compiled from source. What is
left out, and why that is safe, stands beside each pattern (docs/adr/0011-layers.md).

Only the standard library is used: the recipe must work with any Python 3.13 that has uv beside it.
"""

from __future__ import annotations

import compileall
import contextlib
import fcntl
import hashlib
import os
import platform
import py_compile
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".local" / "layers"
LAYERS = ("core", "runtime", "arrow", "wrangler", "files")
# The platform tags of wheels that Amazon Linux 2023 (python3.13) can load.
WHEELS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
VERSION = (3, 13)
# Where Lambda unpacks layers; written into the .pyc files, so that tracebacks show real paths.
MOUNT = "/opt/python"
UNUSED_S = 86_400

# Packages that the Lambda runtime, or the runtime layer under every function, already has.
# A second copy in /opt/python would come first on the path and could skew from the SDK in use.
PROVIDED = {
    "wrangler": ("boto3", "botocore", "s3transfer", "urllib3", "jmespath", "typing_extensions", "setuptools"),
}
# Console scripts, build tools and their metadata never run in a function.
EVERYWHERE = (
    "bin",
    "**/__pycache__",
    "**/tests",
    "**/conftest.py",
    "**/*.pyi",
    "**/py.typed",
    "**/*.pyx",
    "**/*.pxd",
    "**/*.pxi",
    "**/*.h",
    "**/*.hpp",
    "**/*.c",
    "**/*.cpp",
    "**/*.cc",
)
PRUNED = {
    "runtime": (
        # Powertools: the event handler's Swagger page, and the utilities that the event handler does not load.
        "aws_lambda_powertools/event_handler/openapi/swagger_ui",
        "aws_lambda_powertools/utilities/auth_alpha",
        "aws_lambda_powertools/utilities/batch",
        "aws_lambda_powertools/utilities/circuit_breaker",
        "aws_lambda_powertools/utilities/data_masking",
        "aws_lambda_powertools/utilities/feature_flags",
        "aws_lambda_powertools/utilities/idempotency",
        "aws_lambda_powertools/utilities/kafka",
        "aws_lambda_powertools/utilities/parameters",
        "aws_lambda_powertools/utilities/parser",
        "aws_lambda_powertools/utilities/streaming",
        "aws_lambda_powertools/utilities/validation",
        # pydantic 1 inside pydantic 2; only imported by name.
        "pydantic/v1",
        # tzdata's copy of the same zones under posix/ and right/, where a release has them.
        "tzdata/zoneinfo/posix",
        "tzdata/zoneinfo/right",
        # PyNaCl's library is compiled and loads `_cffi_backend` alone; these make such libraries.
        "cffi",
        "pycparser",
    ),
    "pyarrow": (
        # Arrow Flight (RPC): nothing in the remaining libraries links it (a test reads their NEEDED entries).
        "pyarrow/*flight*",
        # File systems and formats that we do not use; pyarrow.fs and pyarrow.dataset import them in `try`.
        "pyarrow/_orc*",
        "pyarrow/orc.py",
        "pyarrow/_dataset_orc*",
        "pyarrow/_gcsfs*",
        "pyarrow/_azurefs*",
        "pyarrow/_hdfs*",
        "pyarrow/_s3fs*",
        "pyarrow/*parquet_encryption*",
        "pyarrow/_pyarrow_cpp_tests*",
        # libarrow_substrait stays: libarrow_python links it. The Python binding to it goes.
        "pyarrow/_substrait*",
        "pyarrow/substrait.py",
        "pyarrow/include",
        "pyarrow/includes",
        "pyarrow/src",
        # CUDA, Gandiva and JVM bridges: their libraries are not in the wheel.
        "pyarrow/cuda.py",
        "pyarrow/jvm.py",
    ),
    "wrangler": (
        "numpy/f2py",
        "numpy/_pyinstaller",
        "numpy/distutils",
        "numpy/**/*.a",
        "numpy/_core/include",
        "numpy/_core/lib",
        # Libraries that only numpy's own tests load, and packages that numpy loads when somebody names them.
        "numpy/_core/_simd*",
        "numpy/_core/*_tests*",
        "numpy/core",
        "numpy/fft",
        "numpy/ma/testutils.py",
        "numpy/polynomial",
        "numpy/testing",
        "pandas/_testing/_hypothesis.py",
    ),
}
KEPT_METADATA = re.compile(r"^(METADATA|entry_points\.txt|licenses|LICEN[CS]E.*|NOTICE.*|COPYING.*)$", re.IGNORECASE)


class BuildError(Exception):
    """The layer cannot be built; the text says what to do."""


def main(arguments: list[str]) -> int:
    if len(arguments) != 3 or arguments[0] not in LAYERS or arguments[2] not in (*WHEELS, "host"):
        print(__doc__, file=sys.stderr)
        return 2
    layer, target, wanted = arguments[0], Path(arguments[1]), os.environ.get("RINGLAKE_ARCH") or arguments[2]
    try:
        if wanted not in (*WHEELS, "host"):
            raise BuildError(f"RINGLAKE_ARCH={wanted}: use host, arm64 or x86_64")
        if sys.version_info[:2] != VERSION:
            raise BuildError(
                f"layers are compiled for Python 3.13, this is {platform.python_version()}: run `make setup`"
            )
        built = ensure(layer, wanted)
        target.mkdir(parents=True, exist_ok=True)
        link_tree(built, target)
    except BuildError as error:
        print(f"layers  {error}", file=sys.stderr)
        return 1
    return 0


def ensure(layer: str, wanted: str) -> Path:
    """The finished layer in the cache, built when there is none for these inputs."""
    folder = CACHE / wanted
    folder.mkdir(parents=True, exist_ok=True)
    finished = folder / f"{layer}-{key(layer, wanted)}"
    with locked(folder / f"{layer}.lock"):
        if not finished.is_dir():
            with tempfile.TemporaryDirectory(dir=folder, prefix=f".{layer}-") as name:
                stage = Path(name) / "layer"
                build(layer, wanted, stage / "python")
                stage.replace(finished)
        os.utime(finished)
        # Not at once: another build of this clone may still be linking an older one.
        for other in folder.glob(f"{layer}-*"):
            if other.stat().st_mtime < time.time() - UNUSED_S:
                shutil.rmtree(other)
    return finished


def key(layer: str, wanted: str) -> str:
    """Changes with everything that the layer is made from."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    machine = f"{sys.platform}-{platform.machine()}-{platform.python_version()}" if wanted == "host" else ""
    digest.update(f"{wanted}\0{machine}\0".encode())
    if layer == "core":
        for path in core_files():
            digest.update(f"{path.relative_to(ROOT)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    else:
        digest.update(lock(layer).read_bytes())
    return digest.hexdigest()[:16]


def lock(layer: str) -> Path:
    return ROOT / "requirements" / f"layer-{layer}.txt"


def core_files() -> list[Path]:
    """Everything of our package that ships: sources and data, no caches."""
    package = ROOT / "layers" / "core" / "ringlake"
    return sorted(p for p in package.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def build(layer: str, wanted: str, python: Path) -> None:
    """Fill `python/` of a layer."""
    python.mkdir(parents=True)
    if layer == "core":
        package = ROOT / "layers" / "core"
        for path in core_files():
            copy = python / path.relative_to(package)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    else:
        install(layer, wanted, python)
        prune(layer, python)
        strip(python)
    compile_all(python)


def install(layer: str, wanted: str, python: Path) -> None:
    """Install the lock's wheels for the platform into a folder."""
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if uv is None:
        raise BuildError("uv was not found beside Python nor on PATH: run `make setup`")
    command = [uv, "pip", "install", "--quiet", "--no-config", "--require-hashes", "--no-deps"]
    command += ["--only-binary", ":all:", "--target", str(python), "--python-version", "3.13"]
    # A copy, not uv's links into its own cache: stripping must not touch that.
    command += ["--link-mode", "copy", "--python", sys.executable, "-r", str(lock(layer))]
    if wanted != "host":
        command += ["--python-platform", WHEELS[wanted]]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise BuildError(f"installing {lock(layer).name} failed:\n{result.stderr.strip()}")


def prune(layer: str, python: Path) -> None:
    """Drop what no function can reach (docs/adr/0011-layers.md names the gain of each group)."""
    patterns = [*EVERYWHERE, *PRUNED.get(layer, ())]
    if layer in ("arrow", "wrangler"):
        patterns += PRUNED["pyarrow"]
    for name in PROVIDED.get(layer, ()):
        patterns += [name, f"{name}.py", f"{name}-*.dist-info"]
    if "setuptools" in PROVIDED.get(layer, ()):
        patterns += ["pkg_resources", "_distutils_hack", "distutils-precedence.pth"]
    for pattern in patterns:
        for path in list(python.glob(pattern)):
            remove(path)
    for metadata in python.glob("*.dist-info"):
        for path in metadata.iterdir():
            if not KEPT_METADATA.match(path.name):
                remove(path)
    one_of_each(python)


def one_of_each(python: Path) -> None:
    """Keep one file of `libx.so`, `libx.so.2500`, `libx.so.2500.1.0`: the one that others link.

    Wheels hold no symbolic links, so pyarrow's libraries of its own come three times. The loader
    asks for the SONAME, which is the name with the ABI number and without the release.
    """
    for plain in python.glob("pyarrow/lib*.so"):
        numbered = sorted(plain.parent.glob(f"{plain.name}.*"), key=lambda p: len(p.name))
        if numbered:
            for path in (plain, *numbered[1:]):
                path.unlink()


def strip(python: Path) -> None:
    """Drop the symbol tables of Arrow's libraries, which nothing links: 24 MB. Never numpy's, they break."""
    for library in sorted(python.glob("pyarrow/*.so*")):
        body = library.read_bytes()
        if body[:4] == b"\x7fELF":
            library.write_bytes(without_sections(body))


def without_sections(body: bytes) -> bytes:
    """A shared library up to the end of what the loader maps, without its table of sections.

    Symbols for linking at build time, comments and debugging data stand behind the last segment
    in the file; loader, unwinder and dlopen go by segments alone. Done here and not by `strip`,
    because that may be missing and knows only the processor that it was built for.
    Takes 64-bit little-endian ELF: both processors of Lambda.
    """
    if body[4:6] != b"\x02\x01":
        raise BuildError("a library is not 64-bit little-endian ELF")
    table_at, entry_size, entries = *struct.unpack_from("<Q", body, 32), *struct.unpack_from("<HH", body, 54)
    end = table_at + entry_size * entries
    for number in range(entries):
        offset, _, _, size = struct.unpack_from("<QQQQ", body, table_at + number * entry_size + 8)
        end = max(end, offset + size)
    kept = bytearray(body[:end])
    # e_shoff, then e_shnum and e_shstrndx: there are no sections any more.
    struct.pack_into("<Q", kept, 40, 0)
    struct.pack_into("<HH", kept, 60, 0, 0)
    return bytes(kept)


def compile_all(python: Path) -> None:
    """Write .pyc files that are valid whatever the sources' times say: imports take a third of the time."""
    done = compileall.compile_dir(
        python,
        quiet=1,
        force=True,
        stripdir=str(python),
        prependdir=MOUNT,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not done:
        raise BuildError("a module did not compile, see above")


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def link_tree(source: Path, target: Path) -> None:
    """Hard-link a tree, or copy it where the target is on another device."""
    for folder, _, files in os.walk(source):
        here = target / Path(folder).relative_to(source)
        here.mkdir(parents=True, exist_ok=True)
        for name in files:
            link(Path(folder) / name, here / name)


def link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file lock: `sam build --parallel` runs recipes side by side."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def sizes(folders: Iterable[Path]) -> int:
    """Bytes of all files below these folders, as Lambda counts them after unpacking."""
    return sum(p.stat().st_size for folder in folders for p in folder.rglob("*") if p.is_file())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
