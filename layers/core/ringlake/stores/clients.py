"""boto3 clients, made once per process on first use.

The endpoint comes from the SDK's own configuration (`AWS_ENDPOINT_URL`), so the same code
talks to AWS and to the local stack.
"""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def client(service: str) -> Any:
    """A low-level client with short time-outs and SDK retries; S3 signs with SigV4 (presigned URLs)."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,  # type: ignore[call-overload]
        config=Config(
            connect_timeout=2,
            read_timeout=20,
            retries={"mode": "standard", "total_max_attempts": 4},
            signature_version="s3v4" if service == "s3" else None,
            parameter_validation=False,
        ),
    )
