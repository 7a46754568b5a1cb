"""What a message says, without what mail programs put around it.

HTML becomes text; quoted replies, signatures, disclaimers and automatic footers go; code and logs are kept
apart, because they carry error signatures and would drown the words. At most MAX_BODY characters of a body
are parsed and MAX_TEXT of its text are kept: what lies beyond is not analysed, and `truncated` says so.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import lxml.etree  # type: ignore[import-untyped]
import lxml.html  # type: ignore[import-untyped]

VERSION = 1
MAX_BODY = 200_000
MAX_TEXT = 12_000
MAX_CODE = 6_000


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
_SKIP = {"script", "style", "head", "title", "meta", "link", "noscript", "svg"}
_QUOTE_CLASS = re.compile(
    r"gmail_(?:quote|signature|attr)|yahoo_quoted|moz-(?:cite-prefix|signature)|zd-quoted|outlook-?signature"
    r"|protonmail_(?:quote|signature)|divRplyFwdMsg|appendonsend|email-signature|\bsignature\b",
    re.I,
)
_LOOKS_LIKE_HTML = re.compile(r"<(?:p|div|br|html|body|span|table|blockquote|a href|ul|pre)\b[^>]*>", re.I)
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FENCE = re.compile(r"```[^\n]{0,30}\n?(.*?)(?:```|\Z)|\{\{\{(.*?)(?:\}\}\}|\Z)", re.S)
_TRACE_LINE = re.compile(
    r"^\s*(?:at \S+[(.]|File \"[^\"]+\", line \d+|Traceback \(most recent|Caused by: |\.\.\. \d+ more"
    r"|(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*\]?|\d\d:\d\d:\d\d[.,]\d+)\s+\S+"
    r"|(?:[\w$]+\.)*[A-Z]\w*(?:Error|Exception)\b.{0,300}$|\{\s*\"|(?:GET|POST|PUT|DELETE|PATCH) /\S+)"
)
_ATTRIBUTION = re.compile(
    r"^(?:On .{6,160}\bwrote:|Am .{6,160}\bschrieb\b.{0,80}:|Le .{6,160}\ba écrit\s?:|El .{6,160}\bescribió:"
    r"|Il .{6,160}\bha scritto:|Op .{6,160}\bschreef\b.{0,80}:|Em .{6,160}\bescreveu:"
    r"|-{2,}\s*(?:Original Message|Ursprüngliche Nachricht|Message d'origine).{0,40}"
    r"|_{10,}|#{2}-.{0,40}type your reply above.{0,20}|From: .{1,120})\s*$",
    re.I,
)
# What was forwarded is what the ticket is about: only the lines that say so go.
_FORWARDED = re.compile(r"^-{2,}\s*(?:Forwarded message|Weitergeleitete Nachricht|Mensaje reenviado).{0,20}$", re.I)
_HEADER = re.compile(r"^(?:From|Von|De|Da|Sent|Gesendet|Date|To|An|Cc|Subject|Betreff)\s?: .{1,200}$", re.I)
_SENT_FROM = re.compile(
    r"^(?:Sent from (?:my|Mail|Yahoo|Outlook)|Get Outlook for|Von meinem .{1,40} gesendet|Envoyé de mon"
    r"|Enviado desde mi|Inviato da).{0,80}$",
    re.I,
)
_VALEDICTION = re.compile(
    r"^(?:(?:many )?thanks?(?: you)?(?: and (?:best|kind)? ?regards)?|(?:best|kind|warm)(?:est)?(?: regards| wishes)?"
    r"|regards|br|cheers|sincerely(?: yours)?|yours (?:truly|sincerely|faithfully)|respectfully|thx|rgds"
    r"|(?:mit )?(?:freundlichen|beste|viele) grüßen?|mfg|cordialement|bien à vous|saludos|un saludo"
    r"|cordiali saluti|grazie|met vriendelijke groet(?:en)?|atenciosamente)\s*[,.!]*\s*$",
    re.I,
)
_DISCLAIMER = re.compile(
    r"(?:this (?:e-?mail|message|communication)[^.]{0,120}(?:confidential|intended (?:only|solely)|privileged)"
    r"|if you are not the intended recipient|confidentiality notice|please consider the environment"
    r"|think before you print|diese e-?mail enthält vertrauliche|unsubscribe from this list"
    r"|virus-free\. www\.)",
    re.I,
)
# A disclaimer holds one of these: most texts have none, and need no search line by line.
_DISCLAIMER_HINTS = (
    "confidential", "intended", "privileged", "the environment", "think before", "vertrauliche", "unsubscribe",
    "virus-free",
)  # fmt: skip
_SPACES = re.compile(r"\s+")
_BLANKS = re.compile(r"[ \t]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_AUTOMATIC = re.compile(
    r"^\W*(?:(?:auto(?:matic|mated)?[- ]?(?:reply|response|generated)|automatische antwort|réponse automatique)"
    r"|(?:thank you for your (?:email|message)[.,!]?\s*)?i(?: am|'m) (?:currently )?(?:out of (?:the )?office|on leave)"
    r"|out of (?:the )?office|delivery (?:status notification|has failed)|mail delivery (?:failed|subsystem)"
    r"|undeliverable:|this is an automat|do not reply to this)",
    re.I,
)


def clean(body: str | None, body_format: str | None = None) -> Cleaned:
    """The text and the code of one message body (`body_format` is html or text)."""
    raw = body or ""
    truncated = len(raw) > MAX_BODY
    raw = _INVISIBLE.sub("", unicodedata.normalize("NFC", raw[:MAX_BODY]).replace("\r\n", "\n"))
    code: list[str] = []
    if body_format == "html" or (body_format is None and _LOOKS_LIKE_HTML.search(raw[:5000])):
        raw = _html_to_text(raw, code)

    def take(match: re.Match[str]) -> str:
        code.append(match[1] or match[2] or "")
        return "\n"

    if "```" in raw or "{{{" in raw:
        raw = _FENCE.sub(take, raw)
    lines: list[str] = []
    for line in _without_quotes([line.strip() for line in raw.replace("\xa0", " ").split("\n")]):
        (code if _TRACE_LINE.match(line) else lines).append(line)
    text = _EMPTY_LINES.sub("\n\n", _BLANKS.sub(" ", "\n".join(_without_signature(lines)))).strip()
    pasted = "\n".join(part.strip() for part in code if part.strip())
    return Cleaned(
        text=text[:MAX_TEXT],
        code=pasted[:MAX_CODE],
        is_automatic=bool(_AUTOMATIC.match(text)),
        truncated=truncated or len(text) > MAX_TEXT or len(pasted) > MAX_CODE,
    )


def _html_to_text(html: str, code: list[str]) -> str:
    """Text of an HTML fragment with line breaks at blocks; the text of `pre` blocks goes to `code`."""
    try:
        root = lxml.html.fragment_fromstring(html, create_parent="div")
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError, ValueError):
        return re.sub(r"<[^>]{0,500}>", " ", html)
    parts: list[str] = []
    walker = lxml.etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    dropped = None
    for event, node in walker:
        if event == "start":
            if node is not root and _is_dropped(node):
                code += ["".join(pasted.itertext()) for pasted in node.iter("pre")]
                walker.skip_subtree()
                dropped = node
                continue
            if node.tag in _BLOCK and node.tag != "br":
                parts.append("\n")
            if node.text:
                parts.append(_SPACES.sub(" ", node.text))
            continue
        if event == "end" and node.tag in _BLOCK and node is not dropped:
            parts.append("\n")
        if node.tail:
            parts.append(_SPACES.sub(" ", node.tail))
    return "".join(parts)


def _is_dropped(node: lxml.html.HtmlElement) -> bool:
    if node.tag in _SKIP or node.tag in ("blockquote", "pre"):
        return True
    if not node.attrib:
        return False
    marks = f"{node.get('class') or ''} {node.get('id') or ''}"
    return len(marks) > 1 and bool(_QUOTE_CLASS.search(marks))


def _without_quotes(lines: list[str]) -> list[str]:
    """Drop `>` lines, and everything after an attribution line when something was said before it."""
    kept: list[str] = []
    has_said = False  # any(kept), which would look at all that was kept for every line
    is_forwarded = False
    for number, line in enumerate(lines):
        is_forwarded = bool(_FORWARDED.match(line)) or (is_forwarded and (not line or bool(_HEADER.match(line))))
        if line.startswith(">") or is_forwarded:
            continue
        if has_said and len(line) < 260 and _ATTRIBUTION.match(line):
            following = [other for other in lines[number + 1 : number + 4] if other]
            if not line.lower().startswith("from:") or any(_HEADER.match(other) for other in following):
                break
        kept.append(line)
        has_said = has_said or bool(line)
    return kept


def _without_signature(lines: list[str]) -> list[str]:
    """Cut at `--`, at a closing formula with a name below it, and drop disclaimers and `Sent from` lines."""
    lowered = "\n".join(lines).lower()
    may_disclaim = any(hint in lowered for hint in _DISCLAIMER_HINTS)
    lines = [
        line
        for line in lines
        if not (len(line) < 130 and _SENT_FROM.match(line))
        and not (may_disclaim and len(line) > 20 and _DISCLAIMER.search(line))
    ]
    filled = [number for number, line in enumerate(lines) if line]
    for place in range(max(1, len(filled) - 9), len(filled)):
        number = filled[place]
        rest = [lines[other] for other in filled[place + 1 :]]
        is_short = sum(map(len, rest)) <= 400
        if lines[number] in ("--", "—") and is_short:
            return lines[:number]
        if is_short and len(lines[number]) < 50 and _VALEDICTION.match(lines[number]) and not _says_more(rest):
            return lines[:number]
    return lines


def _says_more(rest: list[str]) -> bool:
    """Whether lines below a closing formula are more than a name and an address: a postscript, a question."""
    return any(re.match(r"p\.?\s?s\b", line, re.I) or line.endswith("?") or len(line) > 90 for line in rest)
