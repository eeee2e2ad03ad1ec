"""What the deployment to the local stack reads from the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.stack.deploy import api_id, fingerprint, local_settings
from tools.stack.server import StackError


def write(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("section", "overrides"),
    [
        ("local.global.parameters", '["Env=local", "Days=90", "From=a b"]'),
        ("local.deploy.parameters", '["Env=local", "Days=90", "From=a b"]'),
        ("local.deploy.parameters", "'Env=local Days=90 \"From=a b\"'"),
    ],
)
def test_parameters_come_from_samconfig(tmp_path: Path, section: str, overrides: str) -> None:
    text = f'version = 0.1\n[{section}]\nstack_name = "mine"\nparameter_overrides = {overrides}\n'
    write(tmp_path, "samconfig.toml", text)
    assert local_settings(tmp_path) == ("mine", {"Env": "local", "Days": "90", "From": "a b"})


@pytest.mark.parametrize("tags", ["{app: x, ms-custom-id: ring1}", '{"ms-custom-id": "ring1"}'])
def test_the_api_id_is_read_from_the_template(tmp_path: Path, tags: str) -> None:
    other = "  LiveApi:\n    Properties:\n      Tags: {ms-custom-id: live1}\n"
    write(tmp_path, "template.yaml", f"Resources:\n{other}  HttpApi:\n    Properties:\n      Tags: {tags}\n")
    assert api_id(tmp_path) == "ring1"
    assert api_id(tmp_path, "LiveApi") == "live1"


def test_a_template_without_api_id_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "template.yaml", "Resources: {}\n")
    with pytest.raises(StackError, match="ms-custom-id"):
        api_id(tmp_path)


def test_only_what_reaches_the_stack_asks_for_a_new_deployment(tmp_path: Path) -> None:
    source = write(tmp_path, "functions/ingest/ingest.py", "one")
    before = fingerprint(tmp_path)
    for other in ("README.md", "requirements/dev.txt", "functions/ingest/__pycache__/ingest.pyc", "tests/test_x.py"):
        write(tmp_path, other, "anything")
    assert fingerprint(tmp_path) == before
    seen = {before}
    for changed in ("requirements/layer-arrow.txt", "template.yaml", "samconfig.toml", "layers/core/ringlake/new.py"):
        write(tmp_path, changed, "new")
        seen.add(fingerprint(tmp_path))
    source.write_text("two", encoding="utf-8")
    seen.add(fingerprint(tmp_path))
    source.rename(source.with_name("other.py"))
    seen.add(fingerprint(tmp_path))
    assert len(seen) == 7
