"""An AWS endpoint that does next to nothing: answers DynamoDB and KMS over loopback, in a process of its own.

It is there so that both sides of a comparison pay the same for transport and nothing for the
service. It keeps directory items (small transactions, gets, queries by partition key); a
PutItem is answered `{}` and forgotten. Its key service binds nothing: the ciphertext is the
plaintext.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench.timing import ROOT, environment

_items: dict[str, dict[str, Any]] = {}


def _answer(operation: str, body: dict[str, Any]) -> dict[str, Any]:
    match operation:
        case "PutItem" | "UpdateItem":
            return {}
        case "TransactWriteItems":
            for write in body["TransactItems"]:
                item = write["Put"]["Item"]
                _items.setdefault(item["pk"]["S"], {})[item["sk"]["S"]] = item
            return {}
        case "GetItem":
            item = _items.get(body["Key"]["pk"]["S"], {}).get(body["Key"]["sk"]["S"])
            return {"Item": item} if item else {}
        case "Query":
            (value,) = body["ExpressionAttributeValues"].values()
            found = [item for _, item in sorted(_items.get(value["S"], {}).items())]
            return {"Items": found, "Count": len(found), "ScannedCount": len(found)}
        case "Encrypt":
            return {"CiphertextBlob": body["Plaintext"], "KeyId": body["KeyId"]}
        case "Decrypt":
            return {"Plaintext": body["CiphertextBlob"], "KeyId": "bench"}
    raise ValueError(operation)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:]) if k}
            if headers.get("expect", "").lower() == "100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            operation = headers["x-amz-target"].rpartition(".")[2]
            answer = json.dumps(_answer(operation, json.loads(body))).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
                b"x-amzn-RequestId: BENCH\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer)
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionResetError):
        writer.close()


async def _run() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Ends with the bench that started it, also when that is killed.
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


@contextmanager
def endpoint() -> Iterator[str]:
    """Start one; yields its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.endpoint"],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.terminate()
        process.wait(10)
        process.stdout.close()


@contextmanager
def variables(**values: str) -> Iterator[None]:
    """Environment variables of this process for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def credentials(url: str) -> dict[str, str]:
    """What a client needs to talk to an endpoint and to nothing else."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


if __name__ == "__main__":
    asyncio.run(_run())
