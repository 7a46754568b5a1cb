"""A finding's body as Slack blocks, within Slack's limits, with a fallback text for notifications.

Every piece of text in a body is foreign and goes through `flows.core.neutralise` here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from flows.core.neutralise import clip, for_slack, link
from flows.push import words
from flows.push.words import Body

Block = dict[str, Any]

SEVERITY = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "⚪"}
MAX_HEADER, MAX_SECTION, MAX_BLOCKS = 150, 3000, 50
MAX_REASON = 2700  # characters of one reason with its links; they are left out whole, because a line is never cut


def alert(body: Body, tracker: tuple[str, str] | None = None) -> tuple[str, list[Block]]:
    """Fallback text and blocks of a finding's message. `tracker` is (label, url) of its Linear issue."""
    if body.get("kind") == "churn":
        return _warning(body)
    mark = SEVERITY.get(str(body.get("severity")), "⚪")
    quotes = [
        f"> {_sl(item['text'], 280)} — {_sl_link(str(item.get('ticket_id') or 'ticket'), item.get('url'))}"
        for item in (body.get("quotes") or [])[:3]
        if item.get("text")
    ]
    links = [_sl_link(*tracker)] if tracker else []
    links.append(_evidence(body))
    blocks = [
        _header(f"{mark} {words.title(body)}"),
        *_section([_sl(body.get("summary"), 1000)]),
        _fields(_alert_fields(body)),
        *_section(quotes),
        _context(" · ".join(links)),
        _context(words.confidence(body, _sl)),
    ]
    fallback = f"{mark} {_sl(words.title(body), 240)}: {words.counted(body)}"
    return fallback, [block for block in blocks if block]


def reply(body: Body, tracker: tuple[str, str] | None = None) -> tuple[str, list[Block]]:
    """Fallback text and blocks of a reply in a finding's thread: it changed its state, or has new reasons."""
    if body.get("new_reasons"):
        return _news(body)
    text = f"Now *{words.word(body.get('state')).lower()}*: {_sl(body.get('summary'), 1200)}"
    links = [_sl_link(*tracker)] if tracker else []
    links.append(_evidence(body))
    blocks = [*_section([text]), _context(" · ".join([words.counted(body), *links]))]
    return f"{_sl(words.title(body), 240)} is now {words.word(body.get('state')).lower()}", [b for b in blocks if b]


def _warning(body: Body) -> tuple[str, list[Block]]:
    """The message about an account at risk: what is known of it, each reason with its evidence, what is unknown."""
    mark = SEVERITY.get(str(body.get("severity")), "⚪")
    mute = f"Silence it: groundswell mute {_sl(body['finding_key'], 80)}" if body.get("finding_key") else ""
    blocks = [
        _header(f"{mark} {words.title(body)}"),
        _fields(_account_fields(body)),
        *_section(_reason(reason) for reason in body.get("reasons") or []),
        *_section([_sl(gap, 300) for gap in body.get("unknown") or []]),
        _context(words.confidence(body, _sl)),
        _context(" · ".join(part for part in (_evidence(body), mute) if part)),
    ]
    names = ", ".join(_sl(reason.get("name"), 80) for reason in body.get("reasons") or [])
    return f"{mark} {_sl(words.title(body), 240)}: {names}", [block for block in blocks if block]


def _news(body: Body) -> tuple[str, list[Block]]:
    """The reply that says what has come to the reasons of a warning."""
    new = body["new_reasons"]
    names = ", ".join(_sl(reason.get("name"), 80) for reason in new)
    blocks = [*_section(["*New*", *(_reason(reason) for reason in new)]), _context(words.confidence(body, _sl))]
    return f"{_sl(words.title(body), 240)}: new: {names}", [block for block in blocks if block]


def _reason(reason: dict[str, Any]) -> str:
    """A rule that fired, its sentence, and links to its tickets; records have no address of their own."""
    name = _sl(reason.get("name"), 80)
    line = f"• *{name[:1].upper()}{name[1:]} ({_sl(reason.get('rule'), 10)})*: {_sl(reason.get('text'), 600)}"
    named = [_sl_link(clip(str(t.get("ticket_id") or "ticket"), 80), t.get("url")) for t in reason.get("tickets") or []]
    named += [_sl(record, 80) for record in reason.get("records") or []]
    for place, item in enumerate(named):
        if len(line) + len(item) > MAX_REASON:
            return f"{line} and {len(named) - place} more"
        line += f"{', ' if place else ' — '}{item}"
    return line


def _account_fields(body: Body) -> list[str]:
    account = body.get("account") or {}
    facts = [
        ("Account", _sl(account.get("name") or account.get("account_key"), 120)),
        ("ARR", _sl(words.revenue(account), 80)),
        ("Plan", _sl(account.get("plan"), 80) or "unknown"),
        ("Tier", _sl(account.get("tier"), 80) or "unknown"),
        ("Owner", _sl(body.get("owner") or "nobody", 160)),
        ("Renewal", words.renewal(account)),
        ("State", f"{words.word(body.get('state'))}, {words.word(body.get('severity'))}".lower()),
        ("Newest sign", words.moment(body.get("last_seen_at"))),
    ]
    return [f"*{name}*\n{value}" for name, value in facts if value]


def digest(body: Body, trackers: Collection[str] = ()) -> tuple[str, list[Block]]:
    """Fallback text and blocks of a digest. A line that ends in an address of `trackers` links to it."""
    name = words.title(body)
    blocks = [_header(name)]
    totals = body.get("totals") or {}
    if totals:
        blocks.append(_context(" · ".join(f"{_sl(v, 40)} {_sl(k.replace('_', ' '), 60)}" for k, v in totals.items())))
    for part in body.get("sections") or []:
        lines = [f"• {_digest_line(line, trackers)}" for line in part.get("lines") or []] or ["Nothing."]
        blocks += _section([f"*{_sl(part.get('heading'), 200)}*", *lines])
    if len(blocks) > MAX_BLOCKS:
        left = len(blocks) - MAX_BLOCKS + 1
        blocks = [*blocks[: MAX_BLOCKS - 1], _context(f"{left} more parts are on the dashboard.")]
    return _sl(name, 240), [block for block in blocks if block]


def _evidence(body: Body) -> str:
    return _sl_link(words.evidence_label(body), body.get("evidence_url"))


def _digest_line(line: str, trackers: Collection[str]) -> str:
    text, comma, url = str(line).rpartition(", ")
    if comma and url in trackers:
        return f"{_sl(text, 600)}, {_sl_link(url.rstrip('/').rpartition('/')[2], url)}"
    return _sl(line, 600)


def notice(text: str) -> tuple[str, list[Block]]:
    """Fallback text and blocks of an operational notice."""
    inert = f"⚠️ {_sl(text, 1500)}"
    return inert, _section([inert])


def _alert_fields(body: Body) -> list[str]:
    facts = [
        ("Who", words.counted(body)),
        ("Accounts", _sl(words.stake(body), 200)),
        ("State", f"{words.word(body.get('state'))}, {words.word(body.get('severity'))}".lower()),
        ("First seen", words.moment(body.get("first_seen_at"))),
        ("Last seen", words.moment(body.get("last_seen_at"))),
        ("Suspected release", _sl(body.get("suspected_release"), 80)),
        ("Volume", _sl(words.volume(body.get("window") or {}), 80)),
    ]
    facts += [
        (_sl(e.get("name"), 60), _sl(f"{clip(str(e['value']), 80)} {words.shares(e)}", 160))
        for e in body.get("environment") or []
        if e.get("value") not in (None, "") and _is_telling(e)
    ]
    return [f"*{name}*\n{value}" for name, value in facts if value]


def _is_telling(item: dict[str, Any]) -> bool:
    """Worth a line in a short message: common among these tickets, and clearly more so than usual."""
    share, usual = item.get("share") or 0.0, item.get("usual_share") or 0.0
    return bool(share >= 0.3 and share >= 1.5 * usual)


def _sl(text: Any, limit: int) -> str:
    """Foreign text of about `limit` characters; escapes make it longer by a half at most."""
    size, inert = limit, for_slack(clip("" if text is None else str(text), limit))
    while len(inert) > limit * 3 // 2:
        size = size * 3 // 4
        inert = for_slack(clip(str(text), size))
    return inert


def _sl_link(label: str, url: str | None) -> str:
    safe, text = link(url), for_slack(label) or "link"
    return f"<{safe.replace('&', '&amp;')}|{text}>" if safe else text


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}  # verbatim: Slack itself adds no links or mentions


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": clip(text, MAX_HEADER), "emoji": False}}


def _section(lines: Iterable[str]) -> list[Block]:
    """Lines as sections, each under the limit; a line is never cut, because an escape could be."""
    blocks: list[Block] = []
    chunk = ""
    for line in lines:
        if chunk and len(chunk) + 1 + len(line) > MAX_SECTION:
            blocks.append({"type": "section", "text": _mrkdwn(chunk)})
            chunk = ""
        chunk = f"{chunk}\n{line}" if chunk else line
    if chunk.strip():
        blocks.append({"type": "section", "text": _mrkdwn(chunk)})
    return blocks


def _fields(texts: list[str]) -> Block:
    return {"type": "section", "fields": [_mrkdwn(text) for text in texts[:10]]} if texts else {}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(text)]} if text else {}
