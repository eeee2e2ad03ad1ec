"""A deployed stack as the tools find it: its outputs and parameters by name."""

from __future__ import annotations

from dataclasses import dataclass

from ringlake.stores.clients import client, translated


@dataclass(frozen=True)
class Installation:
    outputs: dict[str, str]
    parameters: dict[str, str]


def installation(stack: str) -> Installation:
    """The CloudFormation stack of this name. Raises `Unavailable` when there is none."""
    with translated():
        found = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return Installation(
        outputs={o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", ())},
        parameters={p["ParameterKey"]: p["ParameterValue"] for p in found.get("Parameters", ())},
    )
