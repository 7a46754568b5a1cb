"""Text of strangers as HTML for the sandbox's pages: Linear's Markdown and Slack's mrkdwn. Everything is escaped.

The few emoji that matter here are drawn, so that they can be seen where no font has them.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

# Images are shown as their links: the pages load nothing from elsewhere.
_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable("image")
)

_EMOJI = {
    "white_check_mark": "✅", "eyes": "👀", "+1": "👍", "-1": "👎", "warning": "⚠️", "rotating_light": "🚨",
    "bug": "🐛", "tada": "🎉", "fire": "🔥", "mute": "🔇", "no_bell": "🔕", "x": "❌", "heavy_check_mark": "✔️",
}  # fmt: skip
_CIRCLES = {"🔴": "#d64541", "🟠": "#ef8a2c", "🟡": "#f2c230", "🟢": "#3fa464", "🔵": "#3f7ad6", "⚪": "#c4c7d2"}
_THUMB = "M3 9h3v9H3zM8 17V9.5L11.5 3c1.2 0 2 .9 2 2l-.6 3.2H17c.9 0 1.6.8 1.5 1.7l-.9 6c-.1.7-.7 1.6-1.6 1.6H9.5"
_DRAWINGS = {
    **{char: f'<circle cx="10" cy="10" r="8" fill="{fill}"/>' for char, fill in _CIRCLES.items()},
    "✅": '<rect x="1" y="1" width="18" height="18" rx="4" fill="#3fa464"/>'
    '<path d="M5 10.5l3.5 3.5L15 6.5" fill="none" stroke="#fff" stroke-width="2.4"/>',
    "👀": '<g fill="#fff" stroke="#555" stroke-width="1.2"><ellipse cx="5.5" cy="10" rx="4" ry="6"/>'
    '<ellipse cx="14.5" cy="10" rx="4" ry="6"/></g><circle cx="4.6" cy="11" r="2"/><circle cx="13.6" cy="11" r="2"/>',
    "👍": f'<path d="{_THUMB}z" fill="#f5be41" stroke="#a87712" stroke-width=".8"/>',
    "👎": f'<path d="{_THUMB}z" fill="#f5be41" stroke="#a87712" stroke-width=".8" transform="rotate(180 10 10.5)"/>',
    "⚠": '<path d="M10 2l9 16H1z" fill="#f2c230"/><path d="M10 8v5m0 1.5v2" stroke="#5b4300" stroke-width="2"/>',
}
_DRAWN = re.compile(f"([{''.join(_DRAWINGS)}])\ufe0f?")
_TOKEN = re.compile(r"```(?P<pre>.+?)```|`(?P<code>[^`\n]+)`|<(?P<link>[^<>\n]+)>", re.DOTALL)
_HELD = re.compile("\ue000(\\d+)\ue001")
_STYLES = (("b", r"\*"), ("i", "_"), ("s", "~"))
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def markdown(text: str) -> Markup:
    """Markdown with tables; HTML in it is shown as text, and links go to http, https and mailto only."""
    return _draw(_MARKDOWN.render(text))


def plain(text: str) -> Markup:
    """Text without markup."""
    return _draw(str(escape(text)))


def mrkdwn(text: str) -> Markup:
    """Slack's mrkdwn: `*bold*`, `_italic_`, `~struck~`, code, quotes, `<url|label>`, `<@U1>`, `<!channel>`."""
    held: list[Markup] = []

    def hold(match: re.Match[str]) -> str:
        if match["pre"] is not None:
            held.append(Markup("<pre><code>{}</code></pre>").format(_literal(match["pre"].strip("\n"))))
        elif match["code"] is not None:
            held.append(Markup("<code>{}</code>").format(_literal(match["code"])))
        else:
            held.append(_link(match["link"]))
        return f"\ue000{len(held) - 1}\ue001"

    body = _TOKEN.sub(hold, re.sub("[\ue000\ue001]", "", text))
    html = str(escape(_literal(body)))
    for tag, mark in _STYLES:
        html = re.sub(rf"(?<!\w){mark}(\S(?:[^\n]*?\S)?){mark}(?!\w)", rf"<{tag}>\1</{tag}>", html)
    html = re.sub(r":([+\-\w]+):", lambda match: _EMOJI.get(match[1], match[0]), html)
    html = "".join(_line(line) for line in html.split("\n")).removesuffix("<br>")
    return _draw(_HELD.sub(lambda match: str(held[int(match[1])]), html))


def emoji(name: str) -> Markup:
    """The picture of a short code, or the code itself."""
    return plain(_EMOJI.get(name, f":{name}:"))


def safe_url(url: str | None) -> str:
    """An http(s) address, or nothing."""
    return url if url and urlsplit(url).scheme in ("http", "https") else ""


def _draw(html: str) -> Markup:
    """Emoji in the text of escaped HTML as drawings."""

    def draw(match: re.Match[str]) -> str:
        drawing = _DRAWINGS[match[1]]
        return f'<svg class="emoji" viewBox="0 0 20 20" role="img" aria-label="{match[1]}">{drawing}</svg>'

    parts = re.split(r"(<[^>]*>)", html)  # every other part is a tag
    return Markup("".join(part if n % 2 else _DRAWN.sub(draw, part) for n, part in enumerate(parts)))


def _line(html: str) -> str:
    if html.startswith("&gt;"):
        return f'<span class="quote">{html.removeprefix("&gt;").lstrip()}</span>'
    return f"{html}<br>"


def _link(inner: str) -> Markup:
    target, _, label = inner.partition("|")
    if target.startswith(("@", "!", "#")):
        shown = "@" + (label or target[1:]).lstrip("@#") if target[0] != "#" else f"#{label or target[1:]}"
        return Markup('<span class="mention">{}</span>').format(shown)
    url = safe_url(_literal(target))
    return Markup('<a href="{}">{}</a>').format(url, _literal(label or target)) if url else escape(f"<{inner}>")


def _literal(text: str) -> str:
    """Slack's three entities as their characters."""
    for entity, char in _ENTITIES:
        text = text.replace(entity, char)
    return text
