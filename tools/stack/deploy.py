"""Build and deploy the template to the local stack."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tools.stack import client, server, state
from tools.stack.server import StackError

SAM = state.LOCAL / "venvs" / "sam" / "bin" / "sam"
PROJECT_BIN = state.ROOT / ".venv" / "bin"
CONFIG_ENV = "local"
ARTIFACTS = "ringlake-local-artifacts"
SOURCES = (
    "template.yaml",
    "samconfig.toml",
    "functions",
    "layers",
    "requirements",
    "tools/layers.py",
    "tools/dashboard.py",
)
IGNORED_FOLDERS = {
    "__pycache__",
    "node_modules",
    "dist",
    ".vite",
    ".aws-sam",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
}
# CloudFormation's limit for a template sent in the request; a longer one goes through S3.
TEMPLATE_BODY_LIMIT_BYTES = 51_200
# Keys of .local/stack.json and the stack outputs that fill them.
OUTPUTS: Mapping[str, Mapping[str, str]] = {
    "buckets": {"lake": "LakeBucket", "raw": "RawBucket", "exports": "ExportsBucket"},
    "tables": {
        "journal": "JournalTable",
        "records": "RecordsTable",
        "directory": "DirectoryTable",
        "live": "LiveTable",
    },
    "athena": {"workgroup": "AthenaWorkgroup", "database": "GlueDatabase"},
}


def _sources(root: Path) -> Iterator[Path]:
    for name in SOURCES:
        path = root / name
        if path.is_file():
            yield path
        for folder, folders, files in os.walk(path):
            folders[:] = sorted(set(folders) - IGNORED_FOLDERS)
            for file in sorted(files):
                # Of requirements/ only the layers' locks reach the template.
                if name != "requirements" or re.fullmatch(r"layer-.*\.txt", file):
                    yield Path(folder) / file


def fingerprint(root: Path = state.ROOT) -> str:
    """Changes with any file that reaches the deployed stack."""
    digest = hashlib.sha256()
    for path in _sources(root):
        executable = "x" if os.access(path, os.X_OK) else "-"
        digest.update(f"{path.relative_to(root)}\0{executable}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_current(root: Path = state.ROOT) -> bool:
    """Whether exactly these sources run on the stack now."""
    known = server.running()
    return known is not None and known.get("deployed") == fingerprint(root) and state.DESCRIPTION.exists()


def _environment(endpoint: str) -> dict[str, str]:
    """The caller's environment, pointed at the emulator and at no AWS account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_CLI_"))}
    # SAM's builders look for python3.13, pip and make on PATH; a pyenv shim must not come first.
    path = os.pathsep.join([str(PROJECT_BIN), kept.get("PATH", os.defpath)])
    return {
        **kept,
        "PATH": path,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": server.REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
        "NO_PROXY": "localhost,127.0.0.1",
        "no_proxy": "localhost,127.0.0.1",
    }


def _sam(root: Path, endpoint: str, *arguments: str) -> None:
    command = [str(SAM), *arguments, f"--config-env={CONFIG_ENV}"]
    log = state.LOGS / f"sam-{arguments[0]}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    result = subprocess.run(
        command,
        cwd=root,
        env=_environment(endpoint),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    log.write_text(result.stdout, encoding="utf-8")
    if result.returncode != 0:
        tail = "\n".join("    " + line for line in result.stdout.strip().splitlines()[-30:])
        raise StackError(f"`sam {arguments[0]}` failed:\n{tail}\n    (all of it: {log})")


def build(root: Path = state.ROOT) -> None:
    """`sam build`; unchanged functions and layers come from its cache."""
    # .aws-sam is one folder per clone, also when two stacks are up.
    with state.locked("build", state.LOCAL):
        _sam(root, server.endpoint(), "build", "--cached", "--parallel")


def local_settings(root: Path) -> tuple[str, dict[str, str]]:
    """Stack name and parameters of samconfig.toml's local environment."""
    config = tomllib.loads((root / "samconfig.toml").read_text(encoding="utf-8"))
    section = config.get(CONFIG_ENV, {})
    settings = {**section.get("global", {}).get("parameters", {}), **section.get("deploy", {}).get("parameters", {})}
    overrides = settings.get("parameter_overrides", [])
    words = shlex.split(overrides) if isinstance(overrides, str) else [str(word) for word in overrides]
    pairs = [shlex.split(word)[0] if '"' in word else word for word in words]
    return str(settings.get("stack_name", "ringlake-local")), dict(pair.split("=", 1) for pair in pairs)


def api_id(root: Path, api: str = "HttpApi") -> str:
    """An API's id, which the template pins for the emulator by a tag."""
    declared = re.search(rf"(?ms)^  {api}:\n(.*?)(?=^  \w|\Z)", (root / "template.yaml").read_text("utf-8"))
    found = re.search(r"""ms-custom-id["']?\s*:\s*["']?([A-Za-z0-9]+)""", declared[1] if declared else "")
    if found is None:
        raise StackError(f"template.yaml pins no id of {api}: add the tag `ms-custom-id` to the AWS::ApiGatewayV2::Api")
    return found.group(1)


def public_url(root: Path) -> str:
    """The address at which plain HTTP clients reach the API.

    The emulator also answers at <id>.execute-api.localhost, but only curl and
    browsers resolve such names to the loopback address.
    """
    return f"{server.endpoint()}/_aws/execute-api/{api_id(root)}/$default"


def live_url(root: Path) -> str:
    """The address at which WebSocket clients reach the live boards."""
    return f"{server.endpoint().replace('http', 'ws', 1)}/_aws/execute-api/{api_id(root, 'LiveApi')}/live"


def deploy(root: Path = state.ROOT) -> dict[str, Any]:
    """Package and deploy; returns the stack's outputs.

    `sam package` and a change set of our own instead of `sam deploy`: the built template
    and the parameters of samconfig.toml are the same, without its 6 s of polling.
    `sam deploy --config-env local` works too.
    """
    name, parameters = local_settings(root)
    addresses = {"PublicUrl": public_url(root), "LiveUrl": live_url(root), "LoginUrl": server.endpoint()}
    parameters |= {"Env": CONFIG_ENV, **addresses}
    # In the stack's own folder: it names the emulator's buckets.
    packaged = state.STACK / "packaged.yaml"
    template = _with_uploaded_layers(root / ".aws-sam" / "build" / "template.yaml")
    files = (f"--template-file={template}", f"--output-template-file={packaged}")
    _sam(root, server.endpoint(), "package", "--resolve-s3", *files)
    _apply(name, packaged, parameters)
    _restore_dropped(name)
    outputs = _outputs(name)
    _check_functions(name)
    describe(name, outputs, parameters["PublicUrl"])
    state.update(state.STATE, deployed=fingerprint(root), outputs=outputs)
    return outputs


def _with_uploaded_layers(built: Path) -> Path:
    """The built template with its layers already in S3.

    `sam package` compresses 280 MB of layers again for each deployment (8 s on two
    cores), also when nothing in them changed.
    """
    template = _parse(built.read_text(encoding="utf-8"))
    s3 = client("s3")
    s3.create_bucket(Bucket=ARTIFACTS)
    for resource in template["Resources"].values():
        folder = built.parent / str(resource.get("Properties", {}).get("ContentUri", ""))
        if resource["Type"] == "AWS::Serverless::LayerVersion" and folder.is_dir():
            resource["Properties"]["ContentUri"] = f"s3://{ARTIFACTS}/{_upload_folder(s3, folder)}"
    # Beside the original: the functions' paths are relative to it.
    ours = built.with_name("template.local.json")
    ours.write_text(json.dumps(template, default=str), encoding="utf-8")
    return ours


def _upload_folder(s3: Any, folder: Path) -> str:
    """Store a folder as a zip under a key made of its content, unless it is there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_mode & 0o777:o}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    key = f"{digest.hexdigest()}.zip"
    if s3.list_objects_v2(Bucket=ARTIFACTS, Prefix=key)["KeyCount"]:
        return key
    with tempfile.TemporaryFile() as archive:
        # Level 1 takes a third of the time of level 6 for a file a tenth larger.
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            for path in files:
                entry = zipfile.ZipInfo(str(path.relative_to(folder)))
                entry.external_attr = path.stat().st_mode << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                target.writestr(entry, path.read_bytes(), compresslevel=1)
        archive.seek(0)
        s3.put_object(Bucket=ARTIFACTS, Key=key, Body=archive)
    return key


def _apply(name: str, template: Path, parameters: Mapping[str, str]) -> None:
    """Create or update the stack through a change set, as `sam deploy` does."""
    cloudformation = client("cloudformation")
    kind = _change_set_type(cloudformation, name)
    declared = cloudformation.get_template_summary(**_template(template))["Parameters"]
    known = {parameter["ParameterKey"] for parameter in declared}
    unknown = sorted(set(parameters) - known - {"Env", "PublicUrl", "LiveUrl", "LoginUrl"})
    if unknown:
        raise StackError(f"samconfig.toml sets parameters that template.yaml does not declare: {', '.join(unknown)}")
    change_set = f"local-{time.time_ns()}"
    common = {"StackName": name, "ChangeSetName": change_set}
    try:
        cloudformation.create_change_set(
            **common,
            **_template(template),
            ChangeSetType=kind,
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items() if k in known],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except ClientError as error:
        raise StackError(f"the template was refused: {error}") from error
    while (seen := cloudformation.describe_change_set(**common))["Status"] in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
        time.sleep(0.1)
    if seen["Status"] == "FAILED":
        cloudformation.delete_change_set(**common)
        reason = seen.get("StatusReason", "")
        if "didn't contain changes" in reason or "No updates" in reason:
            return
        raise StackError(f"the change set failed: {reason}")
    cloudformation.execute_change_set(**common)
    while (status := _status(cloudformation, name)).endswith("_IN_PROGRESS"):
        time.sleep(0.1)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise StackError(f"stack {name} is {status}:\n{_failures(cloudformation, name)}")


def _template(path: Path) -> dict[str, str]:
    body = path.read_bytes()
    if len(body) <= TEMPLATE_BODY_LIMIT_BYTES:
        return {"TemplateBody": body.decode()}
    key = f"{hashlib.sha256(body).hexdigest()}.yaml"
    client("s3").put_object(Bucket=ARTIFACTS, Key=key, Body=body)
    return {"TemplateURL": f"{server.endpoint()}/{ARTIFACTS}/{key}"}


def _status(cloudformation: Any, name: str) -> str:
    try:
        return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return "MISSING"
        raise


def _change_set_type(cloudformation: Any, name: str) -> str:
    status = _status(cloudformation, name)
    if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
        # A stack whose creation failed can only be deleted, as on AWS.
        cloudformation.delete_stack(StackName=name)
        while _status(cloudformation, name) not in ("MISSING", "DELETE_COMPLETE"):
            time.sleep(0.1)
        return "CREATE"
    return "CREATE" if status in ("MISSING", "DELETE_COMPLETE", "REVIEW_IN_PROGRESS") else "UPDATE"


def _failures(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    lines = [
        f"    {event['LogicalResourceId']} {event['ResourceStatus']}: {event.get('ResourceStatusReason', '')}"
        for event in events
        if "FAILED" in event["ResourceStatus"] or "ROLLBACK_IN_PROGRESS" in event["ResourceStatus"]
    ]
    return "\n".join(lines[:10]) or "    no failed event was reported"


def _outputs(name: str) -> dict[str, str]:
    stack = client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _resources(name: str) -> list[dict[str, Any]]:
    pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
    return [resource for page in pages for resource in page["StackResourceSummaries"]]


def _restore_dropped(name: str) -> None:
    """Repeat by API what the emulator drops from a template and the product relies on.

    That is the tables' TTL (ministack 1.5.33; test_emulator_contract.py tells when it
    can go). Read from the deployed template, so nothing is written twice.
    """
    template = client("cloudformation").get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
    declared: Mapping[str, Any] = template["Resources"] if isinstance(template, dict) else _parse(template)["Resources"]
    physical = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in _resources(name)}
    dynamodb = client("dynamodb")
    for logical, resource in declared.items():
        wanted = resource.get("Properties", {}).get("TimeToLiveSpecification")
        if resource["Type"] != "AWS::DynamoDB::Table" or not wanted or logical not in physical:
            continue
        table = physical[logical]
        if dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"] != "ENABLED":
            specification = {"AttributeName": wanted["AttributeName"], "Enabled": True}
            dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=specification)


def _parse(text: str) -> Any:
    """A template as data; JSON is YAML too, and CloudFormation's tags are read by SAM's own parser."""
    from samtranslator.yaml_helper import yaml_parse

    return yaml_parse(text)


def _check_functions(name: str) -> None:
    """Fail when a function has no code.

    The emulator answers calls of such a function with a made-up success instead of an error.
    """
    functions = client("lambda")
    for resource in _resources(name):
        if resource["ResourceType"] != "AWS::Lambda::Function":
            continue
        configuration = functions.get_function(FunctionName=resource["PhysicalResourceId"])["Configuration"]
        if not configuration.get("CodeSize"):
            raise StackError(f"function {resource['LogicalResourceId']} was deployed without code")


def describe(name: str, outputs: Mapping[str, str], api_url: str) -> None:
    """Write the deployed part of .local/stack.json; what seeding added to it stays."""
    parts: dict[str, Any] = {
        key: {own: outputs[output] for own, output in names.items() if output in outputs}
        for key, names in OUTPUTS.items()
    }
    parts["functions"] = {
        output.removeprefix("Function").lower(): value
        for output, value in outputs.items()
        if output.startswith("Function")
    }
    seeded = {"workspace": "", "users": [], "connections": []}
    known = state.read(state.DESCRIPTION)
    state.update(
        state.DESCRIPTION,
        api_url=api_url,
        aws_endpoint_url=server.endpoint(),
        region=server.REGION,
        stack_name=name,
        **{key: known.get(key, empty) for key, empty in seeded.items()},
        **parts,
        mail_dir=str(state.MAIL),
    )
