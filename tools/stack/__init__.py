"""The local AWS: an emulator, its mailbox, and the deployed stack.

python -m tools.stack up | down | status | env
"""

from __future__ import annotations

import os
from typing import Any

__all__ = ["client", "outputs"]


def client(service: str, **options: Any) -> Any:
    """A boto3 client for the running local stack; `options` go to boto3."""
    # Imported here: the launcher imports this package in an environment of its own.
    import boto3
    import botocore.session
    from botocore.config import Config

    from tools.stack import server

    config = Config(
        region_name=server.REGION,
        # Presigned addresses are only checked by the emulator, and only right on AWS, in version 4.
        signature_version="s3v4" if service == "s3" else None,
        s3={"addressing_style": "path"},
        retries={"mode": "standard", "max_attempts": 3},
        max_pool_connections=32,
        # None would mean the caller's proxy settings.
        proxies={},
    )
    # Neither a profile nor the files of the caller: they may name another endpoint, or be missing.
    nothing = {"profile": None, "config_file": os.devnull, "credentials_file": os.devnull}
    core = botocore.session.Session({name: (None, None, value, None) for name, value in nothing.items()})
    session: Any = boto3.session.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name=server.REGION, botocore_session=core
    )
    extra = options.pop("config", None)
    if "endpoint_url" not in options:
        options["endpoint_url"] = server.endpoint()
    return session.client(service, config=config.merge(extra) if extra else config, **options)


def outputs() -> dict[str, str]:
    """All outputs of the deployed stack by name, for example `UserPoolId`."""
    from tools.stack import state

    return state.outputs()
