"""A vendor that quotes everything it was sent, in every vendor's way to word an error."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Echo(BaseHTTPRequestHandler):
    """Answers with the status that the path begins with: /401/anything, /500/anything."""

    def _answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        # Slack cuts at 200 characters and others do too: the secret stands before, across and after the cut.
        credentials = self.headers.get("Authorization", "")
        said = f"{credentials} {'.' * (195 - len(credentials))}{credentials} {self.path} {sent} {self.headers}"
        body = {
            "ok": False, "error": said, "message": said, "description": said, "title": said, "detail": said,
            "response_metadata": {"messages": [said]}, "needed": said, "provided": said,
        }  # fmt: skip
        if "stripe" in self.path:
            body["error"] = {"message": said, "type": said}
        if "linear" in self.path:
            body["errors"] = [{"message": said, "extensions": {"code": said, "userPresentableMessage": said}}]
        data = json.dumps(body).encode()
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = _answer

    def log_message(self, *_: object) -> None:
        """Nothing: the test's own output is no part of what is searched."""


@contextmanager
def echoing_vendors() -> Iterator[str]:
    """The address of such a server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def all_vendors_at(address: str) -> dict[str, str]:
    """The environment that sends every request of a run there; `address` ends in the status to be answered."""
    return {
        "GROUNDSWELL_SOURCES__ZENDESK__BASE_URL": f"{address}/zendesk",
        "GROUNDSWELL_SOURCES__HUBSPOT__BASE_URL": f"{address}/hubspot",
        "GROUNDSWELL_SOURCES__STRIPE__BASE_URL": f"{address}/stripe",
        "GROUNDSWELL_DESTINATIONS__LINEAR__API_URL": f"{address}/linear",
        "GROUNDSWELL_DESTINATIONS__SLACK__API_URL": f"{address}/slack/",
    }
