"""Webhooks out: hostile addresses, hostile answers, and a signature that other people's libraries accept."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook as Reference

from ringlake.stores.webhooks import (
    MOST_URL,
    HookRefused,
    HttpsWebhooks,
    MemoryWebhooks,
    Reply,
    Unreachable,
    _request,
    check_url,
    is_public,
    new_secret,
    signed,
)

URL = "https://hooks.example.com/in?team=1"
HOSTILE_URLS = {
    "http": "http://hooks.example.com/",
    "upper-case scheme": "HTTPS://hooks.example.com/",
    "other schemes": "gopher://hooks.example.com/",
    "no scheme": "//hooks.example.com/",
    "user": "https://admin@hooks.example.com/",
    "user and password": "https://a:b@hooks.example.com/",
    "a host that is a user": "https://hooks.example.com@169.254.169.254/",
    "a host after a backslash": "https://hooks.example.com\\@127.0.0.1/",
    "backslashes": "https:\\\\hooks.example.com\\",
    "other port": "https://hooks.example.com:8443/",
    "port of nothing": "https://hooks.example.com:/",
    "port of something else": "https://hooks.example.com:443@127.0.0.1/",
    "IPv4": "https://127.0.0.1/",
    "IPv4 of the metadata": "https://169.254.169.254/latest/meta-data/",
    "public IPv4": "https://93.184.215.14/",
    "decimal": "https://2130706433/",
    "octal": "https://0177.0.0.1/",
    "hex": "https://0x7f.0.0.1/",
    "hex as a whole": "https://0x7f000001/",
    "hex at the end": "https://127.0.0.0x1/",
    "nothing after 0x": "https://127.0.0.0x/",
    "short": "https://127.1/",
    "a name that ends in a number": "https://hooks.example.1/",
    "IPv6": "https://[::1]/",
    "mapped IPv4": "https://[::ffff:127.0.0.1]/",
    "IPv6 with a zone": "https://[fe80::1%25eth0]/",
    "localhost": "https://localhost/",
    "localhost with a dot": "https://localhost./",
    "below localhost": "https://a.localhost/",
    "a dot at the end": "https://hooks.example.com./",
    "one word": "https://intranet/",
    "internal": "https://metadata.google.internal/",
    "mDNS": "https://printer.local/",
    "home network": "https://router.home.arpa/",
    "full-width digits": "https://\uff11\uff12\uff17.0.0.1/",
    "full-width dot": "https://127\u30020\u30020\u30021/",
    "letters that fold": "https://ⓔxample.com/",
    "other script": "https://пример.рф/",
    "space": "https://hooks.example.com /",
    "line end": "https://hooks.example.com/\r\nHost: evil",
    "line end in the host": "https://hooks.example.com\r\nX: y/",
    "tab": "https://hooks.exa\tmple.com/",
    "NUL": "https://hooks.example.com/\0",
    "fragment": "https://hooks.example.com/#@127.0.0.1/",
    "query without a path": "https://hooks.example.com?@127.0.0.1/",
    "percent in the host": "https://hooks.example%2ecom/",
    "underscore": "https://hooks_.example.com/",
    "empty label": "https://hooks..example.com/",
    "hyphen first": "https://-hooks.example.com/",
    "long label": f"https://{'a' * 64}.example.com/",
    "long host": f"https://{'a.' * 126}example.com/",
    "long": "https://hooks.example.com/" + "a" * MOST_URL,
    "nothing": "",
    "no host": "https:///path",
    "three slashes": "https:////127.0.0.1/",
}


@pytest.mark.parametrize("name", HOSTILE_URLS)
def test_a_hostile_address_is_refused(name: str) -> None:
    with pytest.raises(HookRefused):
        check_url(HOSTILE_URLS[name])


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        (URL, "hooks.example.com", "/in?team=1"),
        ("https://Hooks.Example.COM", "hooks.example.com", "/"),
        ("https://hooks.example.com:443/a", "hooks.example.com", "/a"),
        ("https://xn--e1afmkfd.xn--p1ai/%D0%B0", "xn--e1afmkfd.xn--p1ai", "/%D0%B0"),
        ("https://hooks.slack.com/services/T0/B0/xyz", "hooks.slack.com", "/services/T0/B0/xyz"),
        ("https://1.example.com/@a:b", "1.example.com", "/@a:b"),
    ],
)
def test_an_ordinary_address_is_taken(url: str, host: str, target: str) -> None:
    assert check_url(url) == (host, target)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "169.254.170.2",
        "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
        "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1",
        "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_of_the_public_internet_is_never_called(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:2800:220:1:248:1893:25c8:1946"])
def test_a_public_address_is_called(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["93.184.215.14", "::ffff:10.0.0.1"], ["fd00::1", "93.184.215.14"]],
)
def test_a_name_that_leads_to_a_private_address_is_refused_before_anything_is_connected(addresses: list[str]) -> None:
    # Sockets are closed in these tests: a connection would fail otherwise.
    with pytest.raises(HookRefused):
        HttpsWebhooks(resolve=lambda _: addresses).post(URL, {}, b"")


def test_a_name_that_nobody_knows_is_not_reached() -> None:
    def unknown(_host: str) -> list[str]:
        raise socket.gaierror

    with pytest.raises(Unreachable, match="not known"):
        HttpsWebhooks(resolve=unknown).post(URL, {}, b"")
    with pytest.raises(Unreachable, match="not known"):
        HttpsWebhooks(resolve=lambda _: []).post(URL, {}, b"")


# --- signatures


def test_the_reference_library_accepts_what_is_signed() -> None:
    secret, body, now = new_secret(), b'{"type":"alert.fired"}', datetime.now(UTC)
    headers = signed("a-1.e", now, body, [secret])

    assert Reference(secret).verify(body, headers) == {"type": "alert.fired"}


def test_both_secrets_sign_while_one_takes_over_from_the_other() -> None:
    old, new, body = new_secret(), new_secret(), b"{}"
    headers = signed("a-1.e", datetime.now(UTC), body, [old, new])

    for secret in (old, new):
        Reference(secret).verify(body, headers)


def test_the_vector_of_the_specification() -> None:
    """Standard Webhooks, the shared test vector of its libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [secret])

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


# --- the wire


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for hooks.example.com, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("a certificate of one's own needs the program openssl")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=hooks.example.com", "-addext", "subjectAltName=DNS:hooks.example.com",
            "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


class Receiver:
    """Accepts connections on a port of its own, keeps what it is sent, and behaves as it is told."""

    def __init__(self, certificate: Path, behave: Callable[[ssl.SSLSocket], None]) -> None:
        self.heard: list[bytes] = []
        self.names: list[str | None] = []
        self._behave = behave
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._context.sni_callback = lambda _wire, name, _context: self.names.append(name)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            plain.settimeout(5)
            try:
                with self._context.wrap_socket(plain, server_side=True) as wire:
                    self.heard.append(wire.recv(65_536))
                    self._behave(wire)
            except OSError:
                plain.close()

    def close(self) -> None:
        # Wakes the thread that accepts.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(timeout=5)


@contextmanager
def receiver(certificate: Path, behave: Callable[[ssl.SSLSocket], None]) -> Iterator[Receiver]:
    made = Receiver(certificate, behave)
    try:
        yield made
    finally:
        made.close()


def says(answer: bytes) -> Callable[[ssl.SSLSocket], None]:
    return lambda wire: wire.sendall(answer)


def sender(made: Receiver, certificate: Path | None, total_s: float = 5.0) -> HttpsWebhooks:
    """One that takes this machine for the public internet."""
    context = ssl.create_default_context(cafile=str(certificate)) if certificate else None
    return HttpsWebhooks(
        resolve=lambda _: ["127.0.0.1"], allows=lambda _: True, port=made.port, context=context, total_s=total_s
    )


@pytest.mark.enable_socket
class TestTheWire:
    def test_a_request_is_complete_and_its_answer_is_read(self, certificate: Path) -> None:
        with receiver(certificate, says(b"HTTP/1.1 204 No Content\r\n\r\n")) as made:
            reply = sender(made, certificate).post(URL, {"webhook-id": "a-1.e"}, b'{"a":1}')

        assert reply == Reply(204)
        head, _, body = made.heard[0].partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        assert lines[0] == "POST /in?team=1 HTTP/1.1"
        assert {"Host: hooks.example.com", "Content-Length: 7", "Connection: close", "webhook-id: a-1.e"} <= {*lines}
        assert body == b'{"a":1}'
        assert made.names == ["hooks.example.com"]

    def test_a_redirect_is_an_answer_and_is_not_followed(self, certificate: Path) -> None:
        with receiver(certificate, says(b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\n\r\n")) as made:
            assert sender(made, certificate).post(URL, {}, b"").status == 302

        assert len(made.heard) == 1

    def test_the_name_is_looked_up_once_so_that_it_cannot_lead_elsewhere_afterwards(self, certificate: Path) -> None:
        answers = iter([["127.0.0.1"], ["10.0.0.1"]])
        with receiver(certificate, says(b"HTTP/1.1 200 OK\r\n\r\n")) as made:
            HttpsWebhooks(
                resolve=lambda _: next(answers),
                allows=lambda address: address == "127.0.0.1",
                port=made.port,
                context=ssl.create_default_context(cafile=str(certificate)),
            ).post(URL, {}, b"")

        assert next(answers) == ["10.0.0.1"]

    def test_a_certificate_of_nobody_we_trust_is_refused(self, certificate: Path) -> None:
        with (
            receiver(certificate, says(b"HTTP/1.1 200 OK\r\n\r\n")) as made,
            pytest.raises(Unreachable, match="not trusted"),
        ):
            sender(made, None).post(URL, {}, b"")
        assert made.heard == []

    def test_a_certificate_for_another_name_is_refused(self, certificate: Path) -> None:
        with (
            receiver(certificate, says(b"HTTP/1.1 200 OK\r\n\r\n")) as made,
            pytest.raises(Unreachable, match="not trusted"),
        ):
            sender(made, certificate).post("https://other.example.com/", {}, b"")
        assert made.heard == []

    def test_when_to_come_again_is_read(self, certificate: Path) -> None:
        with receiver(certificate, says(b"HTTP/1.1 429 Too Many\r\nretry-after: 120\r\n\r\n")) as made:
            assert sender(made, certificate).post(URL, {}, b"") == Reply(429, 120)

    def test_answers_before_the_last_are_passed_over(self, certificate: Path) -> None:
        early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        with receiver(certificate, says(early + b"HTTP/1.1 200 OK\r\n\r\n")) as made:
            assert sender(made, certificate).post(URL, {}, b"").status == 200

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
            b"HTTP/1.1 2000 OK\r\n\r\n",
            b"HTTP/1.1 999 Odd\r\n\r\n",
            b"HTTP/1.1 200",
            b"HTTP/2 200\r\n\r\n",
            b"X" * 40_000,
            b"HTTP/1.1 200 OK\r\nA: " + b"b" * 40_000,
        ],
    )
    def test_what_is_no_answer_is_not_one(self, certificate: Path, answer: bytes) -> None:
        with receiver(certificate, says(answer)) as made, pytest.raises(Unreachable):
            sender(made, certificate).post(URL, {}, b"")

    def test_a_body_without_end_is_not_read(self, certificate: Path) -> None:
        def flood(wire: ssl.SSLSocket) -> None:
            wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
            while True:
                wire.sendall(b"x" * 65_536)

        with receiver(certificate, flood) as made:
            assert sender(made, certificate).post(URL, {}, b"").status == 200

    def test_an_answer_by_drops_ends_with_the_time_for_everything(self, certificate: Path) -> None:
        def drip(wire: ssl.SSLSocket) -> None:
            for byte in b"HTTP/1.1 200 OK\r\n" + b"a" * 1000:
                wire.sendall(bytes([byte]))
                time.sleep(0.05)

        with receiver(certificate, drip) as made, pytest.raises(Unreachable, match="in time"):
            sender(made, certificate, total_s=0.6).post(URL, {}, b"")

    def test_nobody_who_listens_is_no_connection(self, certificate: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        webhooks = HttpsWebhooks(resolve=lambda _: ["127.0.0.1"], allows=lambda _: True, port=port)
        with pytest.raises(Unreachable, match="no connection"):
            webhooks.post(URL, {}, b"")


def test_a_header_cannot_carry_another_one() -> None:
    with pytest.raises(ValueError, match="line end"):
        _request("hooks.example.com", "/", {"webhook-id": "a\r\nHost: evil"}, b"")


def test_the_twin_refuses_what_the_real_one_refuses() -> None:
    webhooks = MemoryWebhooks()
    webhooks.post(URL, {"a": "b"}, b"{}")

    assert webhooks.posted == [(URL, {"a": "b"}, b"{}")]
    with pytest.raises(HookRefused):
        webhooks.post("https://127.0.0.1/", {}, b"")
