"""The HTTP client against a server that misbehaves in scripted ways, over real sockets."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from flows.core.errors import NoAnswer, UnknownOutcome, VendorError
from flows.core.http import Client, RateLimit, graphql_rate_limited, redact_url

SECRET = "s3cret-token-of-ours"


class Server:
    """Answers each request with the next of `answers` (the last one for ever): a status, headers and a body."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                self.rfile.read(length)
                outer.requests.append((self.command, self.path, dict(self.headers)))
                answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                if answer == "drop":
                    self.close_connection = True
                    return
                if answer == "slow":
                    time.sleep(1.0)
                    answer = (200, {}, b"{}")
                if answer == "trickle":
                    self.send_response(200)
                    self.send_header("content-length", "1000")
                    self.end_headers()
                    with contextlib.suppress(OSError):  # until the other side has had enough
                        for _ in range(1000):
                            self.wfile.write(b" ")
                            time.sleep(0.05)
                    self.close_connection = True
                    return
                status, headers, body = answer
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                if "content-length" not in {k.lower() for k in headers}:
                    self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = "content-length" in {k.lower() for k in headers}

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(server: Server, slept: list[float]) -> Iterator[Client]:
    with Client(
        "acme", server.url, requests_per_minute=6000, auth=("me@example.test/token", SECRET), sleep=slept.append
    ) as made:
        yield made


def ok(body: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps(body).encode()


def test_a_read_gives_the_parsed_body_and_sends_the_credentials(server: Server, client: Client) -> None:
    server.answers = [ok({"n": 1})]
    assert client.get_json("api/things", {"page[size]": 2}) == {"n": 1}
    _, path, headers = server.requests[0]
    assert path == "/api/things?page%5Bsize%5D=2"
    assert headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "failure",
    [
        (500, {}, b"oops"),
        (503, {}, b""),
        "drop",
        (200, {}, b'{"items": [1, 2'),
        (200, {"Content-Length": "100"}, b'{"items": [1, 2]}'),
        (200, {}, b"<html>maintenance</html>"),
    ],
    ids=["500", "503", "dropped connection", "truncated JSON", "truncated body", "HTML"],
)
def test_a_read_is_tried_again_after(failure: Any, server: Server, client: Client, slept: list[float]) -> None:
    server.answers = [failure, failure, ok({"n": 1})]
    assert client.get_json("things") == {"n": 1}
    assert len(server.requests) == 3
    assert len(slept) == 2 and 0 < slept[0] < slept[1]


def test_a_read_that_takes_too_long_is_tried_again(server: Server, slept: list[float]) -> None:
    server.answers = ["slow", ok({"n": 1})]
    with Client("acme", server.url, requests_per_minute=6000, timeout=0.3, sleep=slept.append) as client:
        assert client.get_json("things") == {"n": 1}


def test_an_answer_that_trickles_in_is_given_up_though_it_is_never_silent(server: Server) -> None:
    server.answers = ["trickle", ok({"n": 1})]
    with Client("acme", server.url, requests_per_minute=6000, timeout=0.3, backoff=0.01) as client:
        assert client.get_json("things") == {"n": 1}


def test_a_vendor_that_is_silent_can_be_told_from_one_that_fails(server: Server, client: Client) -> None:
    server.answers = [(500, {}, b"oops")]
    with pytest.raises(VendorError) as caught:
        client.get_json("things")
    assert caught.value.is_down and not isinstance(caught.value, NoAnswer)
    server.answers = ["drop"]
    with pytest.raises(NoAnswer, match="tried 6 times"):
        client.get_json("things")


def test_retry_after_is_honoured_in_seconds_and_as_a_date(server: Server, client: Client, slept: list[float]) -> None:
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 40))
    server.answers = [(429, {"Retry-After": "7"}, b"{}"), (429, {"Retry-After": date}, b"{}"), ok({})]
    client.get_json("things")
    assert slept[0] == 7
    assert 30 < slept[1] <= 40


def test_a_wait_beyond_the_budget_fails_at_once_and_says_so(server: Server, client: Client, slept: list[float]) -> None:
    server.answers = [(429, {"Retry-After": "86400"}, b"{}")]
    with pytest.raises(VendorError, match="asks to wait 86400 s") as caught:
        client.get_json("things")
    assert caught.value.status == 429
    assert slept == []


def test_the_budget_is_shared_by_all_requests_so_that_a_run_ends(server: Server, client: Client) -> None:
    client.wait_budget = 100
    server.answers = [(429, {"Retry-After": "60"}, b"{}"), ok({}), (429, {"Retry-After": "60"}, b"{}"), ok({})]
    client.get_json("things")
    with pytest.raises(VendorError, match="tried once; the vendor asks to wait 60 s"):
        client.get_json("things")


def test_a_vendor_that_stays_down_is_given_up_after_some_tries(server: Server, client: Client) -> None:
    server.answers = [(500, {}, b'{"error": "database on fire"}')]
    with pytest.raises(VendorError, match=r"500: database on fire.*tried 6 times") as caught:
        client.get_json("things")
    assert caught.value.vendor == "acme"
    assert len(server.requests) == 6


@pytest.mark.parametrize(("status", "todo"), [(401, "ACME_TOKEN"), (403, "scope"), (404, "groundswell.toml")])
def test_a_refusal_is_not_retried_and_says_what_to_do(status: int, todo: str, server: Server) -> None:
    server.answers = [(status, {}, b'{"error": "no"}')]
    hints = {401: "Check ACME_TOKEN."}
    with (
        Client("acme", server.url, requests_per_minute=6000, hints=hints) as client,
        pytest.raises(VendorError) as caught,
    ):
        client.get_json("things")
    assert caught.value.status == status
    assert todo in str(caught.value)
    assert len(server.requests) == 1


def test_an_address_that_does_not_answer_names_the_setting_to_check(slept: list[float]) -> None:
    with (
        Client("acme", "http://127.0.0.1:9", requests_per_minute=6000, attempts=2, sleep=slept.append) as client,
        pytest.raises(VendorError, match=r"Check the address in groundswell\.toml"),
    ):
        client.get_json("things")


def test_a_write_is_sent_again_only_when_it_was_rejected(server: Server, client: Client) -> None:
    server.answers = [(429, {"Retry-After": "1"}, b"{}"), ok({"id": 5})]
    assert client.post_json("things", {"a": 1}) == {"id": 5}
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "failure",
    ["drop", (500, {}, b"{}"), (502, {}, b""), (200, {}, b'{"id": 5'), (200, {"Content-Length": "90"}, b'{"id"')],
    ids=["dropped", "500", "502", "truncated JSON", "truncated body"],
)
def test_a_write_without_an_answer_is_unknown_and_never_repeated(failure: Any, server: Server, client: Client) -> None:
    server.answers = [failure]
    with pytest.raises(UnknownOutcome, match="it may have happened"):
        client.post_json("things", {"a": 1})
    assert len(server.requests) == 1


def test_a_write_that_never_left_is_tried_again(slept: list[float]) -> None:
    with Client("acme", "http://127.0.0.1:9", requests_per_minute=6000, attempts=3, sleep=slept.append) as client:
        with pytest.raises(VendorError) as caught:
            client.post_json("things", {})
        assert not isinstance(caught.value, UnknownOutcome)
        assert len(slept) == 2


def test_linears_rejection_by_status_400_is_retried_even_for_a_write(server: Server, slept: list[float]) -> None:
    body = json.dumps({"errors": [{"message": "slow down", "extensions": {"code": "RATELIMITED"}}]}).encode()
    reset = str(int((time.time() + 20) * 1000))
    headers = {"X-RateLimit-Requests-Remaining": "0", "X-RateLimit-Requests-Reset": reset}
    server.answers = [(400, headers, body), ok({"data": {}})]
    with Client(
        "linear", server.url, requests_per_minute=6000, rejected=graphql_rate_limited, sleep=slept.append
    ) as client:
        assert client.post_json("graphql", {"query": "mutation"}) == {"data": {}}
    assert 15 < slept[0] <= 20


def test_secrets_are_in_no_error_and_no_log(server: Server, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answer = json.dumps({"error": f"bad token {SECRET}"}).encode()
    server.answers = [(500, {}, answer), (401, {}, answer)]
    with pytest.raises(VendorError) as caught:
        client.get_json("things", {"api_token": "hidden-value", "page": "2"})
    logged = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("flows"))
    for text in (str(caught.value), logged):
        assert SECRET not in text
        assert "hidden-value" not in text
        assert "page=2" in text


def test_a_url_is_redacted_of_user_password_and_secret_parameters() -> None:
    url = "https://me:pw@acme.example:8443/x?api_key=abc&cursor=1#frag"
    assert redact_url(url) == "https://acme.example:8443/x?api_key=***&cursor=1"


@pytest.mark.parametrize("threads", [1, 4])
def test_the_rate_limit_lets_through_no_more_than_it_may(threads: int) -> None:
    limit = RateLimit(5, seconds=0.4)
    sent: list[float] = []

    def work() -> None:
        for _ in range(12 // threads):
            limit.wait(time.sleep)
            sent.append(time.monotonic())

    _together([work] * threads)
    sent.sort()
    assert all(sent[n + 5] - sent[n] >= 0.38 for n in range(len(sent) - 5))


def _together(jobs: list[Callable[[], None]]) -> None:
    running = [threading.Thread(target=job) for job in jobs]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
