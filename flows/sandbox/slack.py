"""Slack's Web API over the sandbox's state: messages with blocks and metadata, threads, reactions, files.

    POST or GET /slack/api/<method>   Authorization: Bearer xoxb-sandbox-token

`xoxb-limited-token` may post and nothing else, `xoxb-revoked-token` has been revoked.
Bodies may be JSON or form-encoded, as clients send them. Every refusal is HTTP 200 with
`{"ok": false, "error": ...}`, except a rate limit: HTTP 429 with Retry-After.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from flows.sandbox.limits import Allowance, Bucket, RateLimits, bucket
from flows.sandbox.slack_arguments import (
    Args,
    arguments,
    content,
    decode_cursor,
    encode_cursor,
    integer,
    truthy,
    within,
)
from flows.sandbox.slack_store import BOT_USER, TEAM_ID, Message, SlackError, SlackStore

TOKEN = "xoxb-sandbox-token"
LIMITED_TOKEN = "xoxb-limited-token"
REVOKED_TOKEN = "xoxb-revoked-token"
# The scope that each method needs; what is not named needs none that the app lacks.
_NEEDS = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "reactions.get": "reactions:read",
}
_SCOPES = {
    TOKEN: "chat:write,channels:history,groups:history,metadata.message:read,reactions:read,files:write",
    LIMITED_TOKEN: "chat:write",
}
_POSTS = {"chat.postMessage", "files.completeUploadExternal"}


class Slack:
    """The methods. Each takes the arguments of the call and returns what goes beside `ok`."""

    def __init__(self, store: SlackStore, limits: RateLimits, base_url: Callable[[], str]) -> None:
        self.store = store
        self.base_url = base_url
        # Faster time means more messages a second, not a shorter second: clients wait whole seconds.
        posts = limits.slack_posts_per_second_per_channel * max(1, round(limits.speed))
        self._posts = Bucket(posts, 1 if limits.speed > 0 else 0)
        self._reads = bucket(limits.slack_reads_per_minute, 60, limits)
        self.methods: dict[str, Callable[[Args], Args]] = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
            "chat.getPermalink": self._permalink,
            "reactions.add": self._react,
            "reactions.get": self._reactions,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.list": self._list,
            "conversations.info": self._info,
            "files.getUploadURLExternal": self._upload_url,
            "files.completeUploadExternal": self._complete_upload,
        }
        self.routes = [
            Route("/slack/api/{method}", self.call, methods=["GET", "POST"]),
            Route("/slack/upload/{id}", self.upload, methods=["POST"]),
            Route("/slack/files/{id}/{name:path}", self.file),
        ]

    # -- HTTP

    async def call(self, request: Request) -> Response:
        try:
            args = await arguments(request)
        except (ValueError, TypeError):
            return JSONResponse({"ok": False, "error": "invalid_json"})
        name = request.path_params["method"]
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or args.pop("token", "")
        if not token:
            return JSONResponse({"ok": False, "error": "not_authed"})
        if token not in _SCOPES:
            return JSONResponse({"ok": False, "error": "token_revoked" if token == REVOKED_TOKEN else "invalid_auth"})
        method = self.methods.get(name)
        if method is None:
            return JSONResponse({"ok": False, "error": "unknown_method", "req_method": name})
        scopes = {"x-oauth-scopes": _SCOPES[token]}
        if needed := _lacks(token, name):
            refusal = {"ok": False, "error": "missing_scope", "needed": needed, "provided": _SCOPES[token]}
            return JSONResponse(refusal, headers=scopes)
        allowance = self._take(name, args)
        if allowance.refused:
            headers = {"retry-after": allowance.retry_after}
            return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers)
        try:
            with self.store.state.transaction():
                answer = method(args)
        except SlackError as error:
            return JSONResponse({"ok": False, "error": error.code, **error.details}, headers=scopes)
        return JSONResponse({"ok": True, **answer}, headers=scopes)

    def _take(self, method: str, args: Args) -> Allowance:
        if method in _POSTS:
            return self._posts.take(str(args.get("channel") or args.get("channel_id") or ""))
        return self._reads.take(method)

    async def upload(self, request: Request) -> Response:
        """The second step of an upload: the bytes, raw or as a multipart form."""
        file = self.store.file(request.path_params["id"])
        if file is None:
            return PlainTextResponse("no such upload", 404)
        if request.headers.get("content-type", "").startswith("multipart/"):
            async with request.form() as form:
                part = next(iter(form.values()))
                content = part.encode() if isinstance(part, str) else await part.read()
        else:
            content = await request.body()
        if len(content) != file["size"]:
            return PlainTextResponse(f"expected {file['size']} bytes, got {len(content)}", 400)
        self.store.file_path(file["id"]).write_bytes(content)
        self.store.save_file(file | {"uploaded": True})
        return PlainTextResponse(f"OK - {len(content)}")

    async def file(self, request: Request) -> Response:
        file = self.store.file(request.path_params["id"])
        if file is None or not file["uploaded"]:
            return PlainTextResponse("not found", 404)
        content = self.store.file_path(file["id"]).read_bytes()
        headers = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox"}
        return Response(content, media_type=file["mimetype"], headers=headers)

    # -- methods

    def _auth_test(self, _args: Args) -> Args:
        return {
            "url": f"{self.base_url()}/",
            "team": "Sandbox",
            "user": "groundswell",
            "team_id": TEAM_ID,
            "user_id": BOT_USER,
            "bot_id": "B0GROUND",
            "is_enterprise_install": False,
        }

    def _post_message(self, args: Args) -> Args:
        channel = self._member_of(args)
        body = content(args)
        if not (body.get("text") or body.get("blocks") or args.get("attachments")):
            raise SlackError("no_text")
        if thread_ts := args.get("thread_ts"):
            self.store.message(channel, thread_ts)
            body["thread_ts"] = thread_ts
        message = self.store.post(channel, body)
        return {"channel": channel, "ts": message["ts"], "message": _shown(message, metadata=True)}

    def _update(self, args: Args) -> Args:
        channel = self.store.channel(args.get("channel"))["id"]
        message = self.store.message(channel, args.get("ts"))
        if message["user"] != BOT_USER:
            raise SlackError("cant_update_message")
        body = content(args)
        if not body:
            raise SlackError("no_text")
        message = self.store.update(channel, message, body)
        return {
            "channel": channel,
            "ts": message["ts"],
            "text": message["text"],
            "message": _shown(message, metadata=True),
        }

    def _permalink(self, args: Args) -> Args:
        channel = self.store.channel(args.get("channel"))["id"]
        message = self.store.message(channel, args.get("message_ts"))
        link = f"{self.base_url()}/channels/{channel}#p{message['ts'].replace('.', '')}"
        return {"channel": channel, "permalink": link}

    def _react(self, args: Args) -> Args:
        channel = self._member_of(args)
        self.store.react(channel, args.get("timestamp"), args.get("name"), BOT_USER)
        return {}

    def _reactions(self, args: Args) -> Args:
        if not (args.get("channel") and args.get("timestamp")):
            raise SlackError("no_item_specified")
        channel = self.store.channel(args["channel"])["id"]
        message = self.store.message(channel, args["timestamp"])
        return {"type": "message", "channel": channel, "message": _shown(message)}

    def _history(self, args: Args) -> Args:
        channel = self._member_of(args)
        messages = [m for m in self.store.messages(channel) if m.get("thread_ts") in (None, m["ts"])]
        messages = [m for m in messages if within(m, args)][::-1]
        return self._page(channel, messages, args) | {"pin_count": 0}

    def _replies(self, args: Args) -> Args:
        channel = self._member_of(args)
        ts = args.get("ts")
        thread = [m for m in self.store.messages(channel) if ts in (m["ts"], m.get("thread_ts"))]
        if not thread:
            raise SlackError("thread_not_found")
        thread = [m for m in thread if m["ts"] == ts or within(m, args)]
        return self._page(channel, thread, args)

    def _page(self, channel: str, messages: list[Message], args: Args) -> Args:
        limit = integer(args, "limit", 100)
        if not 1 <= limit <= 1000:
            raise SlackError("invalid_limit")
        start = 0
        if cursor := args.get("cursor"):
            after = decode_cursor(cursor)
            start = next((n + 1 for n, m in enumerate(messages) if m["ts"] == after), len(messages))
        page = messages[start : start + limit]
        more = start + limit < len(messages)
        metadata = truthy(args.get("include_all_metadata"))
        shown = [_shown(self.store.with_thread(channel, m), metadata=metadata) for m in page]
        answer: Args = {"messages": shown, "has_more": more}
        if more:
            answer["response_metadata"] = {"next_cursor": encode_cursor(page[-1]["ts"])}
        return answer

    def _list(self, _args: Args) -> Args:
        return {"channels": self.store.channels(), "response_metadata": {"next_cursor": ""}}

    def _info(self, args: Args) -> Args:
        return {"channel": self.store.channel(args.get("channel"))}

    def _upload_url(self, args: Args) -> Args:
        name, length = args.get("filename"), integer(args, "length", 0)
        if not name or length < 1:
            raise SlackError("invalid_arguments")
        file = self.store.new_file(str(name), length)
        return {"upload_url": f"{self.base_url()}/slack/upload/{file['id']}", "file_id": file["id"]}

    def _complete_upload(self, args: Args) -> Args:
        files = []
        for item in args.get("files") or []:
            file = self.store.file(item.get("id", ""))
            if file is None or not file["uploaded"]:
                raise SlackError("file_not_found")
            name = file["name"]
            link = f"{self.base_url()}/slack/files/{file['id']}/{name}"
            files.append(self.store.save_file(file | {"title": item.get("title") or name}) | {"url_private": link})
        if not files:
            raise SlackError("invalid_arguments")
        if args.get("channel_id"):
            channel = self._member_of({"channel": args["channel_id"]})
            body: Args = {"text": args.get("initial_comment") or "", "files": [f["id"] for f in files]}
            if args.get("thread_ts"):
                self.store.message(channel, args["thread_ts"])
                body["thread_ts"] = args["thread_ts"]
            self.store.post(channel, body)
        return {"files": files}

    def _member_of(self, args: Args) -> str:
        channel = self.store.channel(args.get("channel"))
        if not channel["is_member"]:
            raise SlackError("not_in_channel")
        return str(channel["id"])


def _shown(message: Message, *, metadata: bool = False) -> Message:
    hidden = {"at"} if metadata else {"at", "metadata"}
    return {key: value for key, value in message.items() if key not in hidden and value not in (None, [])}


def _lacks(token: str, method: str) -> str | None:
    """The scope that a token has not got and a method needs."""
    needed = _NEEDS.get(method)
    return None if needed in (None, *_SCOPES[token].split(",")) else needed
