"""A letter as the helpdesk keeps it: plain text and HTML, with a signature and what it quotes."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from random import Random


@dataclass(frozen=True)
class Letter:
    """One comment: its subject (the opening's), the text and the HTML the helpdesk keeps."""

    subject: str
    plain: str
    html: str


@dataclass
class Draft:
    """A letter before it is set: paragraphs, signature lines, and the earlier mail below it."""

    paragraphs: list[str]
    signature: list[str] = field(default_factory=list)
    quote_line: str = ""
    quoted: str = ""


def set_letter(rng: Random, subject: str, draft: Draft, *, mail: bool) -> Letter:
    """Plain text, and HTML in the manner of one of the common mail programs when it came by mail."""
    plain = "\n\n".join(draft.paragraphs)
    if draft.signature:
        plain += ("\n\n-- \n" if rng.random() < 0.4 else "\n\n") + "\n".join(draft.signature)
    if draft.quoted:
        plain += f"\n\n{draft.quote_line}\n" + "\n".join(f"> {line}" for line in draft.quoted.splitlines())
    return Letter(subject, plain, _html(rng, draft, mail=mail))


def _html(rng: Random, draft: Draft, *, mail: bool) -> str:
    if not mail:
        body = "".join(f"<p>{_lines(text)}</p>" for text in draft.paragraphs)
        return f'<div class="zd-comment" dir="auto">{body}{_lines(chr(10).join(draft.signature))}</div>'
    program = rng.randrange(3)
    if program == 0:  # the web mail of a search engine
        body = "<div><br></div>".join(f"<div>{_lines(text)}</div>" for text in draft.paragraphs)
        signature = f'<div class="gmail_signature" dir="ltr">{_lines(chr(10).join(draft.signature))}</div>'
        quoted = (
            f'<div class="gmail_quote"><div class="gmail_attr">{html.escape(draft.quote_line)}</div>'
            f'<blockquote style="border-left:1px solid #ccc">{_lines(draft.quoted)}</blockquote></div>'
        )
        return f'<div dir="ltr">{body}{signature if draft.signature else ""}{quoted if draft.quoted else ""}</div>'
    if program == 1:  # the office suite
        style = 'class="MsoNormal" style="margin:0cm;font-size:11.0pt;font-family:Calibri,sans-serif"'
        gap = f"<p {style}><o:p>&nbsp;</o:p></p>"
        body = gap.join(f"<p {style}>{_lines(text)}<o:p></o:p></p>" for text in draft.paragraphs)
        signature = "".join(f"<p {style}><span>{html.escape(line)}</span></p>" for line in draft.signature)
        quoted = (
            '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
            f"<p {style}><b>From:</b> Larkspan Support<br>{html.escape(draft.quote_line)}</p></div>"
            f"<p {style}>{_lines(draft.quoted)}</p>"
        )
        return f'<div class="WordSection1">{body}{gap}{signature}{quoted if draft.quoted else ""}</div>'
    body = "<br><br>".join(_lines(text) for text in draft.paragraphs)
    signature = f"<br><br>{_lines(chr(10).join(draft.signature))}" if draft.signature else ""
    quoted = f'<blockquote type="cite">{html.escape(draft.quote_line)}<br>{_lines(draft.quoted)}</blockquote>'
    return f'<html><head></head><body dir="auto">{body}{signature}{quoted if draft.quoted else ""}</body></html>'


def _lines(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>")
