"""Bodies of the publish models, written out for people: a Linear description, Slack blocks.

A body is a dict as the publish models build it: structured, redacted, not neutralised. Every piece of text
in it is foreign; it goes through `flows.core.neutralise` here and nowhere else. Nothing here reads a clock:
one body gives one text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import quote as percent

from flows.core.clock import parse
from flows.core.neutralise import clip, code, for_markdown, for_slack, for_title, link

Body = dict[str, Any]
Block = dict[str, Any]

START = "▼ Groundswell keeps the part between these two lines up to date. Write above or below it. ▼"
END = "▲ End of the part that Groundswell keeps up to date ▲"
_START = re.compile(r"^[*_ ]*▼ Groundswell .*$", re.MULTILINE)
_END = re.compile(r"^[*_ ]*▲ .*Groundswell.*$", re.MULTILINE)

SEVERITY = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "⚪"}
MAX_TITLE, MAX_HEADER, MAX_SECTION, MAX_FIELD, MAX_BLOCKS = 240, 150, 3000, 2000, 50
MAX_QUOTES = 5


# -- Linear


def title(body: Body) -> str:
    """The title of an issue or a message: one plain line."""
    return clip(for_title(str(body.get("title") or "")), MAX_TITLE) or "Untitled finding"


def description(body: Body) -> str:
    """The live block of a Linear issue, between its two marker lines."""
    parts = [
        _happens(body), _quotes(body), _steps(body), _environment(body), _facts(body), _similar(body),
        _why(body),
    ]  # fmt: skip
    text = "\n\n".join(part for part in parts if part)
    return f"*{START}*\n\n{text}\n\n*{END}*"


def merged(current: str, body: Body) -> str | None:
    """The description an issue has now, with its live block brought up to date and all else as it is.

    None when people have removed a marker: the description is theirs then.
    """
    start = _START.search(current)
    end = _END.search(current, start.end()) if start else None
    if not start or not end:
        return None
    return current[: start.start()] + description(body) + current[end.end() :]


def comment(body: Body) -> str:
    """What a Linear comment says when a finding changes its state."""
    head = f"**{_word(body.get('state'))}**: {_md(body.get('summary'), 1200)}"
    tail = ", ".join(part for part in (_counted(body), _seen(body)) if part)
    evidence = _md_link("The tickets behind this", body.get("evidence_url"))
    return "\n\n".join(part for part in (head, tail, evidence) if part)


def ticket_links(body: Body, limit: int = 20) -> list[tuple[str, str]]:
    """(title, url) of the tickets to attach to an issue, each address once."""
    found: dict[str, str] = {}
    for item in [*(body.get("links") or []), *(body.get("quotes") or [])]:
        url = link(item.get("url"))
        if url and url not in found:
            found[url] = f"Ticket {for_title(str(item.get('ticket_id') or url))}"
    return [(name, url) for url, name in list(found.items())[:limit]]


def _happens(body: Body) -> str:
    return f"## What happens\n\n{_md(body.get('summary'), 2000)}" if body.get("summary") else ""


def _quotes(body: Body) -> str:
    lines = [_quote_line(item) for item in (body.get("quotes") or [])[:MAX_QUOTES] if item.get("text")]
    return "\n\n".join(["## In their own words", *lines]) if lines else ""


def _quote_line(item: dict[str, Any]) -> str:
    source = _md_link(str(item.get("ticket_id") or "ticket"), item.get("url"))
    when = _day(item.get("at"))
    return f"> {_md(item['text'], 400)}\n> — {source}{f', {when}' if when else ''}"


def _steps(body: Body) -> str:
    steps = body.get("steps")
    return f"## Steps, as a reporter tells them\n\n{_md(steps, 1500)}" if steps else ""


def _environment(body: Body) -> str:
    rows = [
        f"| {_md(e.get('name'), 60)} | {_code(e['value'])} "
        f"| {_share(e.get('share'))} | {_share(e.get('usual_share'))} |"
        for e in body.get("environment") or []
        if e.get("value") not in (None, "")
    ]
    if not rows:
        return ""
    head = ["| | Most affected | Of these tickets | Usually |", "| --- | --- | --- | --- |"]
    return "\n".join(["## Where it happens", "", *head, *rows])


def _facts(body: Body) -> str:
    suspected = body.get("suspected_release")
    stated = body.get("release")
    window = body.get("window") or {}
    observed = window.get("observed")
    facts = [
        ("First seen", _moment(body.get("first_seen_at"))),
        ("Last seen", _moment(body.get("last_seen_at"))),
        ("Who", _counted(body)),
        ("Suspected release", _code(suspected) if suspected else ""),
        ("Release", _code(stated) if stated and stated != suspected else ""),
        ("Volume", _md(_volume(window), 200) if observed is not None else ""),
        ("State", f"{_word(body.get('state'))}, severity {_word(body.get('severity'))}".lower()),
    ]
    return "## Facts\n\n" + "\n".join(f"- **{name}:** {value}" for name, value in facts if value)


def _similar(body: Body) -> str:
    lines = []
    for issue in body.get("similar_issues") or []:
        name = _md_link(str(issue.get("identifier") or "issue"), issue.get("url"))
        state = f" ({_md(issue['state'], 40)})" if issue.get("state") else ""
        lines.append(f"- {name} {_md(issue.get('title'), 200)}{state}")
    return "## Similar known issues\n\n" + "\n".join(lines) if lines else ""


def _why(body: Body) -> str:
    parts = [_md(body.get("grouped_because"), 1000), _confidence(body, _md)]
    if body.get("what_would_change_it"):
        parts.append(f"What would change this: {_md(body['what_would_change_it'], 600)}")
    parts.append(_md_link(_evidence_label(body), body.get("evidence_url")))
    return "\n\n".join(["## Why these tickets belong together", *(part for part in parts if part)])


def _md(text: Any, limit: int) -> str:
    return for_markdown(clip(_without_markers(text), limit))


def _code(text: Any) -> str:
    return code(clip(_without_markers(text), 120))


def _without_markers(text: Any) -> str:
    """Foreign text cannot pose as the end of the live block."""
    return str(text or "").replace("▼", "▽").replace("▲", "△")


def _md_link(label: str, url: str | None) -> str:
    safe, text = link(url), _md(label, 80) or "link"
    return f"[{text}]({safe})" if safe else text


# -- Slack


def alert(body: Body, tracker: tuple[str, str] | None = None) -> tuple[str, list[Block]]:
    """Fallback text and blocks of a finding's message. `tracker` is (label, url) of its Linear issue."""
    mark = SEVERITY.get(str(body.get("severity")), "⚪")
    quotes = [
        f"> {_sl(item['text'], 280)} — {_sl_link(str(item.get('ticket_id') or 'ticket'), item.get('url'))}"
        for item in (body.get("quotes") or [])[:3]
        if item.get("text")
    ]
    links = [_sl_link(*tracker)] if tracker else []
    links.append(_sl_link(_evidence_label(body), body.get("evidence_url")))
    blocks = [
        _header(f"{mark} {title(body)}"),
        *_section([_sl(body.get("summary"), 1000)]),
        _fields(_alert_fields(body)),
        *_section(quotes),
        _context(" · ".join(links)),
        _context(_confidence(body, _sl)),
    ]
    fallback = f"{mark} {_sl(title(body), 240)}: {_counted(body)}"
    return fallback, [block for block in blocks if block]


def reply(body: Body, tracker: tuple[str, str] | None = None) -> tuple[str, list[Block]]:
    """Fallback text and blocks of a reply in a finding's thread: it changed its state."""
    text = f"Now *{_word(body.get('state')).lower()}*: {_sl(body.get('summary'), 1200)}"
    links = [_sl_link(*tracker)] if tracker else []
    links.append(_sl_link(_evidence_label(body), body.get("evidence_url")))
    blocks = [*_section([text]), _context(" · ".join([_counted(body), *links]))]
    return f"{_sl(title(body), 240)} is now {_word(body.get('state')).lower()}", [b for b in blocks if b]


def digest(body: Body, trackers: Collection[str] = ()) -> tuple[str, list[Block]]:
    """Fallback text and blocks of a digest. A line that ends in an address of `trackers` links to it."""
    name = title(body)
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
    window = body.get("window") or {}
    release = body.get("suspected_release") or body.get("release")
    facts = [
        ("Who", _counted(body)),
        ("State", f"{_word(body.get('state'))}, {_word(body.get('severity'))}".lower()),
        ("First seen", _moment(body.get("first_seen_at"))),
        ("Last seen", _moment(body.get("last_seen_at"))),
        ("Suspected release" if body.get("suspected_release") else "Release", _sl(release, 80)),
        ("Volume", _sl(_volume(window), 200) if window.get("observed") is not None else ""),
    ]
    facts += [
        (_sl(e.get("name"), 60), _sl(f"{clip(str(e['value']), 80)} {_shares(e)}", 160))
        for e in (body.get("environment") or [])[:4]
        if e.get("value") not in (None, "")
    ]
    return [f"*{name}*\n{value}" for name, value in facts if value]


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


# -- both


def evidence_url(body: Body, finding_key: str | None, dashboard_url: str) -> str | None:
    """The address of a finding's evidence on the dashboard; what the body says wins where it is complete."""
    stated = body.get("evidence_url")
    base = dashboard_url.rstrip("/")
    if stated:
        return str(stated) if "://" in str(stated) else f"{base}/{str(stated).lstrip('/')}"
    return f"{base}/findings?finding={percent(finding_key, safe='')}" if finding_key else None


def _confidence(body: Body, write: Any) -> str:
    if body.get("confidence") is None:
        return ""
    why = write(body.get("why_confident"), 600)
    return f"Confidence {_share(body['confidence'])}{f': {why}' if why else ''}"


def _evidence_label(body: Body) -> str:
    total = body.get("evidence_total") or body.get("tickets")
    return f"Evidence: {_plural(int(total), 'ticket')}" if total else "Evidence"


def _counted(body: Body) -> str:
    """Accounts first, tickets last. Reporters stand in where no account is known."""
    accounts, reporters, tickets = (body.get(k) for k in ("accounts", "reporters", "tickets"))
    parts = []
    if accounts:
        parts.append(_plural(int(accounts), "account"))
    if reporters and reporters != accounts:
        parts.append(_plural(int(reporters), "reporter"))
    if tickets is not None:
        parts.append(_plural(int(tickets), "ticket"))
    return ", ".join(parts)


def _seen(body: Body) -> str:
    last = _moment(body.get("last_seen_at"))
    return f"last seen {last}" if last else ""


def _volume(window: dict[str, Any]) -> str:
    expected = window.get("expected")
    usual = f", {float(expected):.1f} expected" if expected is not None else ""
    return f"{window['observed']} tickets{usual}, {_moment(window.get('start'))} to {_moment(window.get('end'))}"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _share(value: Any) -> str:
    return "unknown" if value is None else f"{float(value):.0%}"


def _shares(item: dict[str, Any]) -> str:
    return f"{_share(item.get('share'))} (usually {_share(item.get('usual_share'))})"


def _word(text: Any) -> str:
    """A state or severity: letters only, so that it needs no escape anywhere."""
    return re.sub(r"[^a-z ]", "", str(text or "unknown").lower())[:40].strip().capitalize() or "Unknown"


def _moment(value: Any) -> str:
    try:
        at = parse(str(value))
    except ValueError:
        return ""
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def _day(value: Any) -> str:
    return _moment(value).rsplit(",", 1)[0]
