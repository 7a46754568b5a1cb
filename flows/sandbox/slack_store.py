"""Slack's channels, messages, reactions and files, and the rules by which they change."""

from __future__ import annotations

import mimetypes
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.core.clock import iso
from flows.sandbox.state import Clock, State

Message = dict[str, Any]

TEAM_ID = "T0SANDBOX"
BOT_USER = "U0GROUND"
PEOPLE = {  # user id -> name shown
    BOT_USER: "Groundswell",
    "U0MIRA": "Mira Okafor",
    "U0JONAS": "Jonas Lindqvist",
    "U0PRIYA": "Priya Raman",
    "U0TEO": "Teo Marchetti",
    "U0SOFIA": "Sofia Haugen",
}
CHANNELS = [  # id, name, is the bot a member
    ("C0ALERTS", "support-signals", True),
    ("C0DIGEST", "support-digest", True),
    ("C0OPS", "groundswell-ops", True),
    ("C0GENERAL", "general", False),
]


class SlackError(Exception):
    """A refusal: Slack's error code, and what else the answer carries."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class SlackStore:
    def __init__(self, state: State, clock: Clock) -> None:
        self.state = state
        self.clock = clock
        self._files = state.folder / "files"
        self._files.mkdir(exist_ok=True)

    # -- channels and messages

    def channels(self) -> list[dict[str, Any]]:
        return [
            {
                "id": id,
                "name": name,
                "is_channel": True,
                "is_private": False,
                "is_archived": False,
                "is_member": member,
            }
            for id, name, member in CHANNELS
        ]

    def channel(self, wanted: Any) -> dict[str, Any]:
        """By id, or by name with or without #. Raises SlackError."""
        for channel in self.channels():
            if wanted and str(wanted).removeprefix("#") in (channel["id"], channel["name"]):
                return channel
        raise SlackError("channel_not_found")

    def messages(self, channel: str) -> list[Message]:
        """All of a channel, thread replies too, oldest first."""
        return sorted(self.state.all(f"slack.message.{channel}"), key=lambda m: float(m["ts"]))

    def message(self, channel: str, ts: Any) -> Message:
        found = self.state.get(f"slack.message.{channel}", str(ts))
        if found is None:
            raise SlackError("message_not_found")
        return found

    def post(self, channel: str, body: Message, *, by: str = BOT_USER, at: datetime | None = None) -> Message:
        ts = self._new_ts(at)
        message: Message = {
            "type": "message",
            "user": by,
            "team": TEAM_ID,
            "ts": ts,
            "text": body.get("text", ""),
            "blocks": body.get("blocks", []),
            "thread_ts": body.get("thread_ts"),
            "metadata": body.get("metadata") or None,
            "files": body.get("files", []),
            "reactions": [],
            "at": iso(at or self.clock.now()),
        }
        if by == BOT_USER:
            message |= {"bot_id": "B0GROUND", "app_id": "A0GROUND"}
        return self._save(channel, message)

    def update(self, channel: str, message: Message, body: Message) -> Message:
        """Replace what was given; blocks and metadata that were not given stay, empty ones go."""
        edited = {"user": BOT_USER, "ts": f"{self.clock.now().timestamp():.6f}"}
        changed = message | body | {"edited": edited}
        changed["metadata"] = changed["metadata"] or None
        return self._save(channel, changed)

    def react(self, channel: str, ts: Any, name: Any, user: str) -> None:
        if not name or not re.fullmatch(r"[+\-\w']+", str(name)):
            raise SlackError("invalid_name")
        message = self.message(channel, ts)
        reaction = next((r for r in message["reactions"] if r["name"] == name), None)
        if reaction is None:
            reaction = {"name": name, "users": [], "count": 0}
            message["reactions"].append(reaction)
        if user in reaction["users"]:
            raise SlackError("already_reacted")
        reaction["users"].append(user)
        reaction["count"] = len(reaction["users"])
        self._save(channel, message)

    def with_thread(self, channel: str, message: Message) -> Message:
        """A message with what the API says about its thread and its files."""
        replies = [m for m in self.messages(channel) if m.get("thread_ts") == message["ts"] != m["ts"]]
        shown = dict(message)
        if replies:
            shown |= {
                "thread_ts": message["ts"],
                "reply_count": len(replies),
                "reply_users": list(dict.fromkeys(m["user"] for m in replies)),
                "latest_reply": replies[-1]["ts"],
            }
        shown["files"] = [file for id in message["files"] if (file := self.file(id))]
        return shown

    def _save(self, channel: str, message: Message) -> Message:
        return self.state.put(f"slack.message.{channel}", message["ts"], message)

    def _new_ts(self, at: datetime | None) -> str:
        """Seconds and a counter: unique, as Slack's are, while the sandbox's clock stands still."""
        number = self.state.next_number("slack.ts")
        return f"{int((at or self.clock.now()).timestamp())}.{number % 1_000_000:06d}"

    # -- files

    def new_file(self, name: str, size: int) -> dict[str, Any]:
        id = f"F{self.state.next_number('slack.file'):08d}"
        mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = {"id": id, "name": name, "title": name, "size": size, "mimetype": mimetype, "uploaded": False}
        return self.save_file(file)

    def file(self, id: str) -> dict[str, Any] | None:
        return self.state.get("slack.file", id)

    def file_path(self, id: str) -> Path:
        return self._files / id

    def save_file(self, file: dict[str, Any]) -> dict[str, Any]:
        return self.state.put("slack.file", file["id"], file)
