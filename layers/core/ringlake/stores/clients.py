"""Clients of the SDK (botocore), made once per process on first use.

The endpoint comes from the SDK's own configuration (`AWS_ENDPOINT_URL`), so the same code
talks to AWS and to the local stack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from time import sleep
from typing import Any

from ringlake import __version__
from ringlake.errors import Conflict, Gone, Unavailable

# A condition of ours did not hold, or somebody else wrote in the same moment.
_CONFLICTS = frozenset(
    {
        "ConditionalCheckFailedException",
        "TransactionConflictException",
        "PreconditionFailed",
        "ConditionalRequestConflict",
    }
)

_QUICK = frozenset({"dynamodb", "kms", "apigatewaymanagementapi"})


@contextmanager
def translated() -> Iterator[None]:
    """The one border where SDK errors become ours: by their code, never by their text.

    A condition that did not hold is `Conflict`, a connection that was hung up `Gone`; everything else is
    `Unavailable`, because a sender or queue that repeats later loses nothing. The message names operation and
    code, no data.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        codes = {reason.get("Code") for reason in error.response.get("CancellationReasons", ())}
        code = error.response.get("Error", {}).get("Code", "")
        if code in _CONFLICTS or codes & {"ConditionalCheckFailed", "TransactionConflict"}:
            raise Conflict(f"{error.operation_name}: {code}") from error
        if code == "GoneException":
            raise Gone(error.operation_name) from error
        raise Unavailable(f"{error.operation_name}: {code}") from error
    except BotoCoreError as error:
        raise Unavailable(type(error).__name__) from error


@cache
def _session() -> Any:
    import botocore.session

    return botocore.session.get_session()


@cache
def client(service: str, attempts: int = 4, endpoint: str | None = None) -> Any:
    """A low-level client with short time-outs and SDK retries; S3 signs with SigV4 (presigned URLs).

    `endpoint` is for services that have one of their own for each thing they manage.

    `attempts=1` is for calls that must not be repeated when their answer is lost. The user agent
    is fixed: the SDK puts its own together twice per call, a third of the CPU of a `put_item`
    (botocore 1.44; look again when it caches it). boto3 itself would only add its resources: an eighth
    of the start of a process.
    """
    import botocore
    from botocore.config import Config

    return _session().create_client(
        service,
        endpoint_url=endpoint,
        config=Config(
            connect_timeout=2,
            # A webhook's sender waits a few seconds (reliability.md 1); files may take longer.
            read_timeout=4 if service in _QUICK else 20,
            user_agent=f"Botocore/{botocore.__version__} ringlake/{__version__}",
            retries={"mode": "standard", "total_max_attempts": attempts},
            signature_version="s3v4" if service == "s3" else None,
            parameter_validation=False,
        ),
    )


_BATCH = 100
_PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


def batch_get(table: str, keys: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Items of distinct keys, strongly consistent, in no order; missing ones are left out.

    Asks until nothing is left unprocessed, with growing pauses; then `Unavailable`.
    """
    return [item for at in range(0, len(keys), _BATCH) for item in _one_batch(table, keys[at : at + _BATCH])]


def _one_batch(table: str, keys: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    wanted = list(keys)
    for pause in (*_PAUSES_S, None):
        with translated():
            answer = client("dynamodb").batch_get_item(RequestItems={table: {"Keys": wanted, "ConsistentRead": True}})
        found += answer["Responses"].get(table, [])
        wanted = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        if not wanted:
            return found
        if pause is not None:
            sleep(pause)
    raise Unavailable("BatchGetItem: unprocessed keys")
