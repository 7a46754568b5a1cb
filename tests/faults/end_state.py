"""What a history of runs has led to, in a form that two worlds can be compared in: the parts of an end state.

Parts: `landing` (the newest payload of every record), `marts` (every row of the published copy), `linear` (the board
as Linear tells it), `slack` (every message with its thread) and `journal` (findings, their states, deliveries).
Each is a list of texts. Addresses of the emulators are left out, and so is what the emulators make up at random, and
what redaction makes with the key of a home.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from flows.core.redaction import kinds_only
from flows.landing.journal import Journal
from flows.landing.store import Store
from flows.settings import load_settings
from flows.warehouse.duck import reader

Parts = dict[str, list[str]]

_BOARD = """query Board($after: String) { issues(first: 25, after: $after, includeArchived: true) {
  pageInfo { hasNextPage endCursor } nodes {
  id identifier title description priority state { name } labels { nodes { name } }
  comments { nodes { body } } attachments { nodes { url title } } relations { nodes { relatedIssue { id } } }
  needs { nodes { body customer { name } } } } } }"""


def end_state(url: str) -> Parts:
    """The end state of the company that is configured in this process and whose emulators answer at `url`."""

    def plain(text: str) -> str:
        return kinds_only(re.sub(r"http://(127\.0\.0\.1|localhost):\d+", "http://sandbox", text))

    parts = {"landing": _landing(), "marts": _marts(), "linear": _linear(url), "slack": _slack(url)}
    return {name: sorted(map(plain, lines)) for name, lines in (parts | {"journal": _journal()}).items()}


def differences(expected: Parts, found: Parts, ignore: Callable[[str], str | None] = lambda line: line) -> list[str]:
    """What is missing (-) and too much (+) in `found`, part by part. `ignore` maps a line to what is to be equal in
    it, or to None where it may differ as a whole."""

    def kept(lines: list[str]) -> list[str]:
        return [line for line in map(ignore, lines) if line is not None]

    told = []
    for part in expected:
        before, after = Counter(kept(expected[part])), Counter(kept(found[part]))
        told += [f"{part} - {line}" for line in sorted((before - after).elements())]
        told += [f"{part} + {line}" for line in sorted((after - before).elements())]
    return told


def _text(*values: Any) -> str:
    return " ".join(v if isinstance(v, str) else json.dumps(v, sort_keys=True, default=str) for v in values)


def _landing() -> Iterable[str]:
    store = Store(load_settings().landing)
    for source, stream in store.streams():
        frame = store.read(source, stream).sort("version", "pulled_at", "seq")
        for id, payload in dict(zip(frame["id"], frame["payload"], strict=True)).items():
            yield _text(f"{source}.{stream}", id, json.loads(payload))


def _marts() -> Iterable[str]:
    with reader(load_settings()) as con:
        tables = con.sql("select table_name from information_schema.tables where table_schema = 'marts'").fetchall()
        for (table,) in sorted(tables):
            for row in con.sql(f'select * from marts."{table}"').pl().iter_rows(named=True):
                yield _text(table, row)


def _linear(url: str) -> Iterable[str]:
    headers = {"Authorization": os.environ["GROUNDSWELL_LINEAR_API_KEY"]}
    more, after = True, None
    while more:
        asked = {"query": _BOARD, "variables": {"after": after}}
        answer = httpx.post(f"{url}/linear/graphql", json=asked, headers=headers, timeout=60).json()
        assert "errors" not in answer, answer
        issues = answer["data"]["issues"]
        for issue in issues["nodes"]:
            for name, value in issue.items():
                nodes = value["nodes"] if isinstance(value, dict) and "nodes" in value else [value]
                yield from (_text(issue["id"], name, node) for node in nodes)
        more, after = issues["pageInfo"]["hasNextPage"], issues["pageInfo"]["endCursor"]


def _slack(url: str) -> Iterable[str]:
    for channel in ("C0ALERTS", "C0DIGEST", "C0OPS"):
        for message in _messages(url, "history", channel=channel):
            replies = _messages(url, "replies", channel=channel, ts=message["ts"]) if message.get("reply_count") else []
            for told in [message, *replies[1:]]:
                kept = {key: told.get(key) for key in ("text", "blocks", "metadata")}
                yield _text(channel, "reply" if told is not message else "post", kept)


def _messages(url: str, method: str, **params: str) -> list[dict[str, Any]]:
    token = os.environ["GROUNDSWELL_SLACK_BOT_TOKEN"]
    answer = httpx.get(
        f"{url}/slack/api/conversations.{method}", params={"limit": 200, "include_all_metadata": "true", **params},
        headers={"Authorization": f"Bearer {token}"}, timeout=60,
    ).json()  # fmt: skip
    assert answer["ok"] and not answer.get("has_more"), answer
    messages: list[dict[str, Any]] = answer["messages"]
    return messages


def _journal() -> Iterable[str]:
    journal = Journal(Store(load_settings().journal))
    for kind in ("finding", "finding_alias", "delivery", "label"):
        for key, body in journal.latest(kind).items():
            yield _text(kind, key, body)
    for key, payload in journal.read("finding_state").select("id", "payload").iter_rows():
        yield _text("finding_state", key, json.loads(payload))
