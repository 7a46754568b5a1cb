"""What a message says, without what mail programs put around it.

HTML becomes text; quoted replies, signatures, disclaimers and automatic footers go (`mail_quotes`, `mail_footers`);
code and logs are kept apart (`pasted`), because they carry error signatures and would drown the words. At most MAX_BODY
characters of a body are parsed and MAX_TEXT of its text are kept: what lies beyond is not analysed, and `truncated`
says so.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass, replace

import lxml.etree  # type: ignore[import-untyped]

from flows.core import redaction
from flows.enrich.automatic import is_automatic
from flows.enrich.mail_footers import may_disclaim, without_footers
from flows.enrich.mail_quotes import introduces_a_forward, without_quotes
from flows.enrich.pasted import is_machine, without_fences, without_indented

VERSION = 2
MAX_BODY = 200_000
MAX_TEXT = 12_000
MAX_CODE = 6_000
MARGIN = 200  # characters beyond what is kept, for redaction to see
_PASSES = 20  # what is below a footer may be another


@dataclass(frozen=True)
class Cleaned:
    """`text` is what the person wrote, `code` what they pasted from a machine; both may be empty."""

    text: str
    code: str
    is_automatic: bool
    truncated: bool


_BLOCK = {
    "p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "section", "article",
    "header", "footer", "hr", "dd", "dt",
}  # fmt: skip
_SKIP = {"script", "style", "head", "title", "meta", "link", "noscript", "svg", "template"}
_PARSER = lxml.etree.HTMLParser()
_WHOLE_PAGE = re.compile(r"\s*<(?:html|!doctype)", re.I)
_QUOTE_CLASS = re.compile(
    r"gmail_(?:quote|signature|attr)|yahoo_quoted|moz-(?:cite-prefix|signature)|zd-quoted|outlook-?signature"
    r"|protonmail_(?:quote|signature)|email-signature|\bsignature\b|zmail_extra|\bcs-?quote\b|freshdesk_quote"
    r"|\bhs_reply\b",
    re.I,
)
_QUOTE_FOLLOWS = re.compile(r"divRplyFwdMsg|appendonsend|stopSpelling|mail-editor-reference-message-container", re.I)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.I)
_LOOKS_LIKE_HTML = re.compile(r"<(?:p|div|br|html|body|span|table|blockquote|a href|ul|pre)\b[^>]{0,2000}>", re.I)
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ENTITY = re.compile(r"&(?:nbsp|lt|gt|quot|apos|#39|#160|#34|#x27|rsquo|lsquo|rdquo|ldquo|ndash|mdash|hellip);")
_SPACES = re.compile(r"\s+")
_BLANKS = re.compile(r"[ \t]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_LINE_ENDS = ("\r\n", "\r", "\u2028", "\u2029", "\x85")


def redacted(cleaned: Cleaned) -> Cleaned:
    """Without personal data and secrets (`core.redaction`), cut to what is kept."""
    text, code = redaction.redact(cleaned.text)[:MAX_TEXT].rstrip(), redaction.redact(cleaned.code)[:MAX_CODE]
    return replace(cleaned, text=text, code=code)


def clean(body: str | None, body_format: str | None = None, subject: str | None = None) -> Cleaned:
    """The text and the code of one message body (`body_format` is html or text). Not redacted.

    Both are MARGIN characters longer than what is kept where there is more, since redaction does not recognise a value
    that is cut in two; of a body that is cut, the last MARGIN go for the same reason.
    """
    raw = body or ""
    truncated = len(raw) > MAX_BODY
    raw = unicodedata.normalize("NFC", raw[:MAX_BODY])
    for end in _LINE_ENDS:
        raw = raw.replace(end, "\n")
    if not raw.replace("\n", "").isprintable():
        raw = _INVISIBLE.sub("", raw)
    if truncated:
        raw = raw[:-MARGIN]
    code: list[str] = []
    if body_format == "html" or (body_format is None and _LOOKS_LIKE_HTML.search(raw[:5000])):
        raw = _html_to_text(raw, code)
    elif "&" in raw:
        raw = _ENTITY.sub(lambda match: html.unescape(match[0]), raw)
    lines = without_fences(raw.replace("\xa0", " "), code).split("\n")
    lines = [line.strip() for line in without_indented(lines, code)]
    first = [line for line in lines[:12] if line]
    disclaims = may_disclaim(lines)
    for _ in range(_PASSES):
        said = _trimmed(without_quotes(lines))
        lines = without_footers(said, disclaims=disclaims)
        if lines == said:
            break
    written: list[str] = []
    for line in lines:
        (code if line and is_machine(line) else written).append(line)
    text = "\n".join(written).strip()
    if "  " in text or "\t" in text:
        text = _BLANKS.sub(" ", text)
    if "\n\n\n" in text:
        text = _EMPTY_LINES.sub("\n\n", text)
    pasted = "\n".join(part.strip() for part in code if part.strip())
    return Cleaned(
        text=text[: MAX_TEXT + MARGIN],
        code=pasted[: MAX_CODE + MARGIN],
        is_automatic=is_automatic(text, subject, first),
        truncated=truncated or len(text) > MAX_TEXT or len(pasted) > MAX_CODE,
    )


def _trimmed(lines: list[str]) -> list[str]:
    """Without empty lines at the end."""
    end = len(lines)
    while end and not lines[end - 1]:
        end -= 1
    return lines[:end]


def _html_to_text(markup: str, code: list[str]) -> str:
    """Text of an HTML fragment with line breaks at blocks; the text of `pre` blocks goes to `code`.

    Where a quote is all there is, it is kept.
    """
    try:
        root = _parsed(markup)
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError, ValueError):
        return re.sub(r"<[^>]{0,500}>", " ", markup)
    found: list[str] = []
    text = _text_of(root, found, keep_quotes=False)
    if not text.strip() and not found:
        text = _text_of(root, found, keep_quotes=True)
    code += found
    return text


def _parsed(markup: str) -> lxml.etree._Element:
    """The body of an HTML fragment, as a `div`: what `lxml.html.fragment_fromstring` gives without a class of its own
    for every element, which costs more than the parsing. Raises ValueError where there is no body, or several."""
    page = markup if _WHOLE_PAGE.match(markup) else f"<html><body>{markup}</body></html>"
    root = lxml.etree.fromstring(page, _PARSER)
    (body,) = [] if root is None else root.findall("body")
    body.tag = "div"
    if not (body.text or "").strip():
        body.text = None
    return body


def _text_of(root: lxml.etree._Element, code: list[str], *, keep_quotes: bool) -> str:
    parts: list[str] = []
    walker = lxml.etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    dropped = None
    for event, node in walker:
        if event == "start":
            marks = f"{node.get('class') or ''} {node.get('id') or ''}" if node.attrib else ""
            if len(marks) > 1 and _QUOTE_FOLLOWS.search(marks) and not keep_quotes and "".join(parts).strip():
                break
            if node is not root and _is_dropped(node, marks, keep_quotes):
                code += [
                    "".join(pasted.itertext()) for pasted in node.iter("pre", "code", "samp") if _is_pasted(pasted)
                ]
                walker.skip_subtree()
                dropped = node
                continue
            if node.tag in _BLOCK and node.tag != "br":
                parts.append("\n")
            if node.text:
                parts.append(_in_one_line(node.text))
            continue
        if event == "end" and node.tag in _BLOCK and node is not dropped:
            parts.append("\n")
        if node.tail and node is not root:
            parts.append(_in_one_line(node.tail))
    return "".join(parts)


def _in_one_line(text: str) -> str:
    """The text with single spaces. All other blanks cannot be printed, which is found out faster."""
    return text if text.isprintable() and "  " not in text else _SPACES.sub(" ", text)


def _is_pasted(node: lxml.etree._Element) -> bool:
    """A block of code: one within another is read with it."""
    return node.tag == "pre" or ("\n" in "".join(node.itertext()).strip() and node.getparent().tag != "pre")


def _is_dropped(node: lxml.etree._Element, marks: str, keep_quotes: bool) -> bool:
    if node.tag in _SKIP or node.tag == "pre" or (node.tag in ("code", "samp") and _is_pasted(node)):
        return True
    if marks and _HIDDEN.search(node.get("style") or ""):
        return True
    if keep_quotes:
        return False
    if node.tag == "blockquote":
        return True
    if len(marks) < 2 or not _QUOTE_CLASS.search(marks):
        return False
    return not introduces_a_forward("".join(node.itertext())[:300])
