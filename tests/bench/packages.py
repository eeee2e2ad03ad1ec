"""P9: what Lambda unpacks for each function: its own code and all its layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.bench.report import Bar, Outcome
from tests.bench.timing import ROOT

BUILD = ROOT / ".aws-sam" / "build"
LIMITS_MB = {"dashboard": 5.0, "ingest": 40.0, "connect": 40.0, "fold": 40.0, "api": 120.0, "rollup": 120.0}
LIMIT_MB = 200.0


def bench(tiny: bool = False) -> Outcome:
    outcome = Outcome("P9", "unzipped size of every function with its layers, MB (10^6 bytes)")
    found = packages(BUILD)
    if not found:
        outcome.notes.append("there is no build to measure: run `make up` (or `sam build`) first")
    for function, parts in sorted(found.items()):
        total = sum(parts.values())
        outcome.line(function, f"{total:6.1f} = " + " + ".join(f"{name} {size:.1f}" for name, size in parts.items()))
        outcome.bars.append(Bar(function, total, LIMITS_MB.get(function, LIMIT_MB), "MB"))
    return outcome


def folders(build: Path) -> dict[str, list[Path]]:
    """Per function (by its handler's name): the folder of its code, then those of its layers. Empty without a build."""
    template = build / "template.yaml"
    if not template.exists():
        return {}
    resources = yaml.load(template.read_text(encoding="utf-8"), Loader=Tags)["Resources"]
    found = {}
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            layers = [_referred(layer) for layer in properties.get("Layers", ())]
            found[properties["Handler"].partition(".")[0]] = [build / part for part in (name, *layers)]
    return found


def packages(build: Path) -> dict[str, dict[str, float]]:
    """Per function: size in MB of its code and of each layer."""
    return {
        function: {"code": size_mb(code), **{layer.name: size_mb(layer) for layer in layers}}
        for function, (code, *layers) in folders(build).items()
    }


def _referred(layer: str | dict[str, str]) -> str:
    """SAM writes `Ref: X` where the template says `!Ref X`."""
    return layer if isinstance(layer, str) else layer["Ref"]


def size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


class Tags(yaml.SafeLoader):
    """CloudFormation's short forms; `!Ref X` becomes "X", the others their argument."""


def _plain(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


Tags.add_multi_constructor("!", _plain)
