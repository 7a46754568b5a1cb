"""A dry run: what would be sent, for people to read. Sends nothing, writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.text import Text

from flows.push import linear_text
from flows.push.linear import Issue
from flows.push.slack import Message


def show(issues: Sequence[Issue], messages: Sequence[Message], console: Console | None = None) -> None:
    """Print every delivery as it would look at its destination."""
    console = console or Console()
    if not issues and not messages:
        console.print("Dry run: nothing would be sent.")
        return
    console.print(f"Dry run: {len(issues)} to Linear, {len(messages)} to Slack would be sent.", highlight=False)
    for issue in issues:
        console.print(_panel(f"Linear: {issue.operation}: {issue.title}", Markdown(_issue(issue))))
    for message in messages:
        text = Text("\n".join(line for block in message.blocks for line in _lines(block)))
        console.print(_panel(f"Slack: {message.operation} in {message.channel}", text))


def _issue(issue: Issue) -> str:
    """The text, and the customers that are told with it."""
    if issue.operation == "comment":
        return linear_text.comment(issue.body)
    needs = [
        f"**{linear_text.name(customer.get('name'))}**\n\n{linear_text.need(customer)}"
        for customer in issue.body.get("customers") or []
    ]
    return "\n\n".join(
        [linear_text.description(issue.body), *(["## Customers and their needs", *needs] if needs else [])]
    )


def _panel(title: str, content: Any) -> Panel:
    return Panel(content, title=Text(title), title_align="left")


def _lines(block: dict[str, Any]) -> list[str]:
    texts = [block["text"]] if "text" in block else []
    texts += [*block.get("fields", []), *block.get("elements", [])]
    return [t["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for t in texts]
