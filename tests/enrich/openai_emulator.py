"""An OpenAI-compatible service on loopback: chat completions and embeddings over real HTTP, as bad as a test wants.

with OpenAIEmulator(lambda body: '{"intent": "refund_request", "is_clear": true}') as service:
    openai.OpenAI(api_key="k", base_url=service.url)
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import orjson

WIDTH = 16  # of its embeddings


@dataclass(frozen=True)
class Reply:
    """An answer that is no completion: a status, raw bytes, headers, a wait in seconds before it."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0


Chat = Callable[[dict[str, Any]], str | Reply]


def failing(status: int) -> Reply:
    """A failure that may be tried again at once."""
    return Reply(status, b'{"error": {"message": "not now"}}', {"retry-after-ms": "1"})


def completion(content: str | None, *, refusal: str | None = None, finish: str = "stop", tokens: int = 90) -> Reply:
    """A chat completion as the service would send it."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    body = {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "emulated",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": tokens - 10, "completion_tokens": 10, "total_tokens": tokens},
    }  # fmt: skip
    return Reply(body=orjson.dumps(body))


def embedding(text: str, width: int = WIDTH) -> list[float]:
    """Numbers that stand for a text: the same for the same text."""
    raw = hashlib.sha512(text.encode()).digest()
    return [value / 255 - 0.5 for value in raw[:width]]


class OpenAIEmulator:
    """`chat` answers a request's body with a completion's content or a Reply, `embed` may answer in the embeddings'
    place. `asked` are the bodies that arrived, `keys` what came for authorization."""

    def __init__(self, chat: Chat = lambda _: "{}", embed: Callable[[dict[str, Any]], Reply | None] | None = None):
        self.chat = chat
        self.embed = embed
        self.asked: list[dict[str, Any]] = []
        self.keys: set[str] = set()

    def answer(self, path: str, body: dict[str, Any]) -> Reply:
        self.asked.append(body)
        if path.endswith("/embeddings"):
            special = self.embed(body) if self.embed else None
            width = body.get("dimensions") or WIDTH
            data = [
                {"object": "embedding", "index": place, "embedding": embedding(text, width)}
                for place, text in enumerate(body["input"])
            ]
            usage = {"prompt_tokens": len(data), "total_tokens": len(data)}
            return special or Reply(
                body=orjson.dumps({"object": "list", "data": data[::-1], "model": "e", "usage": usage})
            )
        said = self.chat(body)
        return completion(said) if isinstance(said, str) else said

    def __enter__(self) -> Self:
        emulator = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
                emulator.keys.add(self.headers["authorization"])
                reply = emulator.answer(self.path, body)
                time.sleep(reply.wait)
                try:
                    self.send_response(reply.status)
                    for name, value in {"content-type": "application/json", **reply.headers}.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)
                except OSError:  # the client has given up
                    pass

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
