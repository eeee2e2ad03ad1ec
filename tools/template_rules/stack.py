"""The template as rules see it: source, and what SAM makes of it, seen once per kind of environment.

No network and no account: the transform is aws-sam-translator, which CloudFormation runs too.
"""

from __future__ import annotations

import copy
import fnmatch
import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
# What stands for each kind of environment; every other parameter has its default.
PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "local": {"Env": "local", "Architecture": "x86_64"},
    "aws": {"Env": "prod", "AlarmEmail": "alarms@example.com"},
}
REMOVED = object()


@dataclass(frozen=True)
class Resource:
    """One resource after the transform, with parameters and conditions filled in."""

    id: str
    type: str
    properties: dict[str, Any]
    attributes: dict[str, Any]

    def get(self, path: str, default: Any = None) -> Any:
        """A property by its dotted path, or the default when any step is missing."""
        here: Any = self.properties
        for step in path.split("."):
            if not isinstance(here, dict) or step not in here:
                return default
            here = here[step]
        return here


@dataclass(frozen=True)
class View:
    """The resources of one kind of environment."""

    env: str
    resources: dict[str, Resource]

    def of(self, *types: str) -> list[Resource]:
        """The resources of these types; `AWS::Lambda::Function` is written `Lambda::Function`."""
        wanted = {f"AWS::{name}" for name in types}
        return [resource for resource in self.resources.values() if resource.type in wanted]


@dataclass(frozen=True)
class Stack:
    """The template in all the forms that rules look at; what nobody looks at is not made."""

    text: str
    source: dict[str, Any]

    @cached_property
    def aws(self) -> View:
        return _view("aws", self.transformed)

    @cached_property
    def local(self) -> View:
        return _view("local", transform(self.source, PARAMETERS["local"]))

    @cached_property
    def transformed(self) -> dict[str, Any]:
        """What CloudFormation gets to see on AWS."""
        return transform(self.source, PARAMETERS["aws"])

    @property
    def views(self) -> tuple[View, View]:
        return self.aws, self.local


def load(path: Path = TEMPLATE) -> Stack:
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> Stack:
    """A template given as YAML."""
    from samtranslator.yaml_helper import yaml_parse

    return Stack(text, yaml_parse(text))


def transform(source: dict[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """What CloudFormation makes of the template before it creates anything."""
    # SAM asks boto3 for the region, only to choose the partition of ARNs.
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    logging.getLogger("samtranslator.metrics.metrics").setLevel(logging.ERROR)
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    prepared = copy.deepcopy(source)
    for resource in prepared["Resources"].values():
        properties = resource.get("Properties", {})
        for name in ("CodeUri", "ContentUri"):
            # Packaging replaces folders by uploaded objects; SAM refuses folders.
            if isinstance(properties.get(name), str):
                properties[name] = f"s3://packaged/{properties[name]}"
    known = {name for name in parameters if name in prepared.get("Parameters", {})}
    result: dict[str, Any] = Translator({}, Parser()).translate(prepared, {n: parameters[n] for n in known})
    return result


def _view(env: str, template: dict[str, Any]) -> View:
    parameters = {name: str(p.get("Default", "")) for name, p in template.get("Parameters", {}).items()}
    resolver = _Resolver({**parameters, **PARAMETERS[env]}, template.get("Conditions", {}))
    resources = {}
    for name, raw in template["Resources"].items():
        if raw.get("Condition") and not resolver.condition(raw["Condition"]):
            continue
        attributes = {key: value for key, value in raw.items() if key not in ("Type", "Properties")}
        properties = resolver.resolve(raw.get("Properties", {}))
        resources[name] = Resource(name, raw["Type"], properties, attributes)
    return View(env, resources)


class _Resolver:
    """Fills in parameters and conditions; references between resources stay as they are."""

    def __init__(self, parameters: Mapping[str, str], conditions: Mapping[str, Any]) -> None:
        self.parameters = parameters
        self.conditions = conditions

    def condition(self, node: Any) -> bool:
        if isinstance(node, str):
            return self.condition(self.conditions[node])
        ((name, argument),) = node.items()
        match name:
            case "Condition":
                return self.condition(argument)
            case "Fn::Not":
                return not self.condition(argument[0])
            case "Fn::And":
                return all(self.condition(one) for one in argument)
            case "Fn::Or":
                return any(self.condition(one) for one in argument)
            case "Fn::Equals":
                left, right = (self.resolve(one) for one in argument)
                return bool(left == right)
        raise ValueError(f"condition {name} is not known to the template rules")

    def resolve(self, node: Any) -> Any:
        if isinstance(node, list):
            return [value for one in node if (value := self.resolve(one)) is not REMOVED]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name == "Fn::If":
                return self.resolve(argument[1] if self.condition(argument[0]) else argument[2])
            if name == "Ref" and argument == "AWS::NoValue":
                return REMOVED
            if name == "Ref" and argument in self.parameters:
                return self.parameters[argument]
            if name == "Fn::Sub" and isinstance(argument, str):
                return {"Fn::Sub": self._fill(argument)}
        resolved = {key: self.resolve(value) for key, value in node.items()}
        return {key: value for key, value in resolved.items() if value is not REMOVED}

    def _fill(self, text: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda m: self.parameters.get(m[1], m[0]), text)


def target(value: Any) -> str:
    """The logical id that a Ref, GetAtt or Sub leads to, or an empty string."""
    if isinstance(value, dict) and len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref":
            return str(argument)
        if name == "Fn::GetAtt":
            return str(argument[0] if isinstance(argument, list) else argument).split(".")[0]
        if name == "Fn::Sub" and isinstance(argument, str):
            found: list[str] = re.findall(r"\$\{(?!AWS::|!)(\w+)(?:\.\w+)?\}", argument)
            return found[0] if len(set(found)) == 1 else ""
    return ""


def text(value: Any) -> str:
    """A string, or the text inside a Sub."""
    if isinstance(value, dict) and "Fn::Sub" in value:
        value = value["Fn::Sub"]
    return value if isinstance(value, str) else ""


def as_list(value: Any) -> list[Any]:
    """IAM and CloudFormation allow one thing where a list of one is meant."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def statements(policy: Any) -> Iterator[dict[str, Any]]:
    """The statements of a policy document."""
    yield from as_list((policy or {}).get("Statement"))


def matches(pattern: str, value: str) -> bool:
    """IAM's and API Gateway's wildcard match: `*` is any text, case counts."""
    escaped = re.sub(r"([\[\]])", r"[\1]", pattern)
    return fnmatch.fnmatchcase(value, escaped)


def walk(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value inside a structure with the way to it."""
    yield path, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, (*path, str(key)))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from walk(value, (*path, str(number)))
