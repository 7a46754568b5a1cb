"""A finding's body as a Linear issue: the description's live block, a comment, the links.

Every piece of text in a body is foreign and goes through `flows.core.neutralise` here.
"""

from __future__ import annotations

import re
from typing import Any

from flows.core.neutralise import clip, code, for_markdown, for_title, link
from flows.push import words
from flows.push.words import Body

START = "▼ Groundswell keeps the part between these two lines up to date. Write above or below it. ▼"
END = "▲ End of the part that Groundswell keeps up to date ▲"
_START = re.compile(r"^[*_ ]*▼ Groundswell .*$", re.MULTILINE)
_END = re.compile(r"^[*_ ]*▲ .*Groundswell.*$", re.MULTILINE)
MAX_QUOTES = 5
MAX_NAME = 120


def description(body: Body) -> str:
    """The live block of a Linear issue, between its two marker lines."""
    parts = [
        _happens(body), _quotes(body), _steps(body), _affected(body), _environment(body), _facts(body),
        _similar(body), _why(body),
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
    head = f"**{words.word(body.get('state'))}**: {_md(body.get('summary'), 1200)}"
    tail = ", ".join(part for part in (words.counted(body), words.last_seen(body)) if part)
    evidence = _md_link("The tickets behind this", body.get("evidence_url"))
    return "\n\n".join(part for part in (head, tail, evidence) if part)


def ticket_links(body: Body, limit: int = 20) -> list[tuple[str, str]]:
    """(title, url) of the tickets to attach to an issue, each address once: `limit`, and those of its customers."""
    tickets = _links([*(body.get("links") or []), *(body.get("quotes") or [])])
    kept = dict(list(tickets.items())[:limit]) | _links(body.get("customers") or [])
    return [(title, url) for url, title in kept.items()]


def _links(items: list[dict[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in items:
        url = link(item.get("url"))
        if url and url not in found:
            found[url] = f"Ticket {for_title(str(item.get('ticket_id') or url))}"
    return found


def name(text: Any) -> str:
    """The name of a customer or a tier: a plain line, as Linear shows it."""
    return clip(for_title(str(text or "")), MAX_NAME)


def need(customer: dict[str, Any]) -> str:
    """What a customer needs, in its own words."""
    return _quote_line({"text": customer.get("quote") or "No words of theirs are known.", **customer})


def _happens(body: Body) -> str:
    return f"## What happens\n\n{_md(body.get('summary'), 2000)}" if body.get("summary") else ""


def _quotes(body: Body) -> str:
    lines = [_quote_line(item) for item in (body.get("quotes") or [])[:MAX_QUOTES] if item.get("text")]
    return "\n\n".join(["## In their own words", *lines]) if lines else ""


def _quote_line(item: dict[str, Any]) -> str:
    source = _md_link(str(item.get("ticket_id") or "ticket"), item.get("url"))
    when = words.day(item.get("at"))
    return f"> {_md(item['text'], 400)}\n> — {source}{f', {when}' if when else ''}"


def _steps(body: Body) -> str:
    steps = body.get("steps")
    return f"## Steps, as a reporter tells them\n\n{_md(steps, 1500)}" if steps else ""


def _affected(body: Body) -> str:
    rows = [
        f"| {_md(a.get('name') or a.get('account_key'), 80)} | {_md(a.get('tier') or 'unknown', 40)} "
        f"| {_md(a.get('plan') or 'unknown', 40)} | {_md(_arr(a, body), 40)} | {int(a.get('tickets') or 0)} "
        f"| {_md(a.get('owner') or 'unknown', 60)} |"
        for a in body.get("accounts_table") or []
    ]
    if not rows:
        return ""
    head = ["| Account | Tier | Plan | ARR | Tickets | Owner |", "| --- | --- | --- | ---: | ---: | --- |"]
    more = int(body.get("accounts") or 0) - len(rows)
    tail = ["", f"And {words.plural(more, 'more account')}."] if more > 0 else []
    return "\n".join(["## Who is affected", "", *head, *rows, *tail])


def _arr(account: dict[str, Any], body: Body) -> str:
    """In the reporting currency; in the account's own where there is no rate."""
    if account.get("arr_reporting") is not None:
        return words.amount(account["arr_reporting"], body.get("currency"))
    return words.amount(account.get("arr"), account.get("currency"))


def _environment(body: Body) -> str:
    rows = [
        f"| {_md(e.get('name'), 60)} | {_code(e['value'])} "
        f"| {words.share(e.get('share'))} | {words.share(e.get('usual_share'))} |"
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
    volume = words.volume(window)
    facts = [
        ("First seen", words.moment(body.get("first_seen_at"))),
        ("Last seen", words.moment(body.get("last_seen_at"))),
        ("Who", words.counted(body)),
        ("Accounts", _md(words.stake(body), 300)),
        ("Suspected release", _code(suspected) if suspected else ""),
        ("Release", _code(stated) if stated and stated != suspected else ""),
        ("Volume", f"{volume}{words.between(window)}" if volume else ""),
        ("State", f"{words.word(body.get('state'))}, severity {words.word(body.get('severity'))}".lower()),
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
    parts = [_md(body.get("grouped_because"), 1000), words.confidence(body, _md)]
    if body.get("what_would_change_it"):
        parts.append(f"What would change this: {_md(body['what_would_change_it'], 600)}")
    parts.append(_md_link(words.evidence_label(body), body.get("evidence_url")))
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
