"""Webhooks out: where they may go, how they are signed, and the one request that is made (docs/adr/0106).

An address comes from a person, so it is treated as hostile (security.md 5). Only `https` to a public host name on
port 443; the name is resolved once, every address of it is looked at, and the connection goes to one of those, so that
nothing can change between look and use. No redirect is followed, no proxy of the environment asked, and nothing read
but the status and the headers, within one time limit for everything.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from ringlake import __version__
from ringlake.errors import Rejected, RinglakeError

PORT = 443
MOST_URL = 2_000
# For looking up, connecting, sending and the answer's head together.
TOTAL_S = 10.0
MOST_HEAD = 16_384
_SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
# Last labels that lead nowhere public: RFC 6761, RFC 6762, RFC 8375, RFC 9476, and what networks use for themselves.
_LOCAL = frozenset(
    {
        "alt", "arpa", "corp", "example", "home", "host", "internal", "intranet", "invalid", "lan", "local",
        "localdomain", "localhost", "onion", "private", "test",
    }
)  # fmt: skip
_PATH = re.compile(r"[!$&'()*+,\-./0-9:;=?@A-Z_a-z~%]*", re.ASCII)
# Ranges of IPv6 in which an address of IPv4 may hide, or that are nobody's.
_HIDING = tuple(
    ipaddress.ip_network(text)
    for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_UNICAST = ipaddress.ip_network("2000::/3")
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: [^\r\n]*)?\r?$")


class HookRefused(Rejected):
    """This address is never called. Says why, in words for the person who gave it."""


class Unreachable(RinglakeError):
    """No answer: no address, no connection, no trust, no time. Says which, in words for people."""


class Reply(NamedTuple):
    """The receiver's answer; `retry_after_s` is what it asks for, None without a word."""

    status: int
    retry_after_s: int | None = None


class Webhooks(Protocol):
    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """One request, never repeated by itself. Raises `HookRefused`, `Unreachable`."""
        ...


# --- where they may go


def check_url(url: str) -> tuple[str, str]:
    """Host and target (path and query) of an address that may be called; raises `HookRefused`.

    What it says is independent of how a parser would read odd forms: whatever is unusual is refused.
    """
    if len(url) > MOST_URL:
        raise HookRefused(f"longer than {MOST_URL} characters")
    if not url.startswith("https://"):
        raise HookRefused("must begin with https://")
    rest = url.removeprefix("https://")
    host, slash, target = rest.partition("/")
    target = slash + target or "/"
    if not _PATH.fullmatch(target):
        raise HookRefused("path and query must be percent-encoded, without a fragment")
    host = host.removesuffix(f":{PORT}").lower()
    labels = host.split(".")
    if any(not _LABEL.fullmatch(label) for label in labels) or len(host) > 253:
        raise HookRefused(
            "must name a host, without user, port, brackets or anything that is no letter, digit or hyphen"
        )
    if len(labels) < 2 or labels[-1] in _LOCAL:
        raise HookRefused("must name a host of the public internet")
    # What ends in a number is an address of IPv4 in some notation (WHATWG URL, ends in a number).
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        raise HookRefused("must be a name, not a number")
    return host, target


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and no other hides in it."""
    found = ipaddress.ip_address(address)
    if found.is_multicast or found.is_reserved or found.is_unspecified or not found.is_global:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        return found in _UNICAST and not any(found in one for one in _HIDING)
    return True


# --- how they are signed


def new_secret() -> str:
    """A secret as the Standard Webhooks libraries take it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed(message_id: str, at: datetime, body: bytes, secrets_: Sequence[str]) -> dict[str, str]:
    """The headers of Standard Webhooks 1.0.0: one signature for each live secret.

    The id is the same for every attempt and has no full stop, the time is that of the attempt.
    """
    stamp = str(int(at.timestamp()))
    content = f"{message_id}.{stamp}.".encode() + body
    signatures = (
        hmac.new(base64.b64decode(secret.removeprefix(SECRET_PREFIX)), content, hashlib.sha256).digest()
        for secret in secrets_
    )
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(one).decode()}" for one in signatures),
    }


# --- the request


def addresses_of(host: str) -> list[str]:
    """All addresses of a host, as the system's resolver has them."""
    found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class HttpsWebhooks:
    """HTTP/1.1 over TLS, as little of it as a webhook needs."""

    def __init__(
        self,
        *,
        resolve: Callable[[str], Sequence[str]] = addresses_of,
        allows: Callable[[str], bool] = is_public,
        port: int = PORT,
        context: ssl.SSLContext | None = None,
        total_s: float = TOTAL_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolve = resolve
        self._allows = allows
        self._port = port
        self._context = context
        self._total_s = total_s
        self._monotonic = monotonic

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        host, target = check_url(url)
        until = self._monotonic() + self._total_s
        address = self._checked(host)
        try:
            with (
                socket.create_connection((address, self._port), timeout=self._left(until)) as plain,
                self._trusting().wrap_socket(plain, server_hostname=host) as wire,
            ):
                wire.settimeout(self._left(until))
                wire.sendall(_request(host, target, headers, body))
                return self._answer(wire, until)
        except TimeoutError:
            raise Unreachable("no answer in time") from None
        except ssl.SSLCertVerificationError:
            raise Unreachable("its certificate is not trusted") from None
        except ssl.SSLError:
            raise Unreachable("no secure connection") from None
        except OSError:
            raise Unreachable("no connection") from None

    def _checked(self, host: str) -> str:
        """The address to connect to. One that is not public spoils all: no honest host has both."""
        try:
            addresses = self._resolve(host)
        except (OSError, UnicodeError):
            raise Unreachable("its name is not known") from None
        if not addresses:
            raise Unreachable("its name is not known")
        if not all(self._allows(address) for address in addresses):
            raise HookRefused("leads to an address that is not of the public internet")
        # Most networks that functions run in have no IPv6.
        return min(addresses, key=lambda address: ":" in address)

    def _trusting(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        return self._context

    def _left(self, until: float) -> float:
        left = until - self._monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _answer(self, wire: ssl.SSLSocket, until: float) -> Reply:
        """Status and headers; the body is not read. Answers before the last (1xx) are passed over."""
        data = b""
        while True:
            head, ends, rest = data.partition(b"\r\n\r\n")
            if ends:
                reply = _reply(head)
                if reply.status >= 200:
                    return reply
                data = rest
                continue
            if len(data) > MOST_HEAD:
                raise Unreachable("its answer is no HTTP")
            wire.settimeout(self._left(until))
            more = wire.recv(4096)
            if not more:
                raise Unreachable("its answer is no HTTP")
            data += more


def _request(host: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    said = {
        "Host": host,
        "User-Agent": f"Ringlake/{__version__}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Accept": "*/*",
        "Connection": "close",
        **headers,
    }
    if any("\r" in f"{name}{value}" or "\n" in f"{name}{value}" for name, value in said.items()):
        raise ValueError("a header with a line end")
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _reply(head: bytes) -> Reply:
    first, *lines = head.split(b"\r\n")
    found = _STATUS.match(first)
    if found is None:
        raise Unreachable("its answer is no HTTP")
    wait = None
    for line in lines:
        name, _, value = line.partition(b":")
        # A date instead of seconds is left aside: our own pauses count then.
        if name.strip().lower() == b"retry-after" and re.fullmatch(rb"[0-9]{1,9}", value.strip()):
            wait = int(value)
    return Reply(int(found[1]), wait)


class MemoryWebhooks:
    """The twin: keeps what was posted, answers as it is told."""

    def __init__(self, answer: Callable[[str], Reply] = lambda _url: Reply(200)) -> None:
        self.posted: list[tuple[str, dict[str, str], bytes]] = []
        self.answer = answer

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        check_url(url)
        self.posted.append((url, dict(headers), body))
        return self.answer(url)
