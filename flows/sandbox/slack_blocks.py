"""Slack's limits on messages, as its Block Kit reference states them. Returns what is wrong; nothing is cut."""

from __future__ import annotations

from typing import Any

MAX_BLOCKS = 50
MAX_TEXT = 40_000
_SECTION = 3000
_FIELDS, _FIELD = 10, 2000
_HEADER = 150
_CONTEXT = 10
_ACTIONS = 25
_BUTTON, _BUTTON_VALUE, _URL = 75, 2000, 3000
_ALT, _IMAGE_URL, _TITLE = 2000, 3000, 2000
_MARKDOWN = 12_000
_BLOCK_ID = 255

Block = dict[str, Any]


def problems(blocks: Any) -> list[str]:
    """Every reason for which Slack would answer `invalid_blocks`, with a JSON pointer; empty when fine."""
    if not isinstance(blocks, list):
        return ["blocks must be a list [json-pointer:/blocks]"]
    found: list[str] = []
    if len(blocks) > MAX_BLOCKS:
        found.append(f"no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]")
    ids = [b.get("block_id") for b in blocks if isinstance(b, dict) and b.get("block_id")]
    if len(ids) != len(set(ids)):
        found.append("block_id must be unique [json-pointer:/blocks]")
    for n, block in enumerate(blocks):
        found += [f"{what} [json-pointer:/blocks/{n}{where}]" for what, where in _block(block)]
    if sum(len(b.get("text", "")) for b in blocks if isinstance(b, dict) and b.get("type") == "markdown") > _MARKDOWN:
        found.append(f"markdown text must be less than {_MARKDOWN + 1} characters [json-pointer:/blocks]")
    return found


def _block(block: Any) -> list[tuple[str, str]]:
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        return [("missing required field: type", "")]
    if len(str(block.get("block_id", ""))) > _BLOCK_ID:
        return [(f"must be less than {_BLOCK_ID + 1} characters", "/block_id")]
    match block["type"]:
        case "header":
            return _text(block.get("text"), _HEADER, "/text", plain=True)
        case "section":
            return _section(block)
        case "context":
            return _context(block)
        case "actions":
            return _actions(block)
        case "image":
            return _image(block)
        case "divider" | "rich_text":
            return []
        case "markdown":
            return [] if block.get("text") else [("missing required field: text", "")]
        case other:
            return [(f"unsupported type: {other}", "/type")]


def _text(text: Any, limit: int, where: str, *, plain: bool = False) -> list[tuple[str, str]]:
    if not isinstance(text, dict) or not isinstance(text.get("text"), str):
        return [("missing required field: text", where)]
    allowed = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if text.get("type") not in allowed:
        return [(f"must be of type {' or '.join(allowed)}", f"{where}/type")]
    if not text["text"]:
        return [("must be more than 0 characters", f"{where}/text")]
    if len(text["text"]) > limit:
        return [(f"must be less than {limit + 1} characters", f"{where}/text")]
    return []


def _section(block: Block) -> list[tuple[str, str]]:
    fields = block.get("fields")
    found = []
    if block.get("text") is None and not fields:
        return [("missing required field: text or fields", "")]
    if block.get("text") is not None:
        found += _text(block["text"], _SECTION, "/text")
    if fields is not None:
        if not isinstance(fields, list) or not 1 <= len(fields) <= _FIELDS:
            return [*found, (f"no more than {_FIELDS} items allowed", "/fields")]
        for n, item in enumerate(fields):
            found += _text(item, _FIELD, f"/fields/{n}")
    if block.get("accessory") is not None:
        found += _element(block["accessory"], "/accessory")
    return found


def _context(block: Block) -> list[tuple[str, str]]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= _CONTEXT:
        return [(f"must have between 1 and {_CONTEXT} items", "/elements")]
    found = []
    for n, element in enumerate(elements):
        is_image = isinstance(element, dict) and element.get("type") == "image"
        where = f"/elements/{n}"
        found += _element(element, where) if is_image else _text(element, _SECTION, where)
    return found


def _actions(block: Block) -> list[tuple[str, str]]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= _ACTIONS:
        return [(f"must have between 1 and {_ACTIONS} items", "/elements")]
    return [problem for n, element in enumerate(elements) for problem in _element(element, f"/elements/{n}")]


def _element(element: Any, where: str) -> list[tuple[str, str]]:
    if not isinstance(element, dict):
        return [("must be an object", where)]
    if element.get("type") == "image":
        return [(what, where + pointer) for what, pointer in _image(element)]
    if element.get("type") != "button":
        return [(f"unsupported type: {element.get('type')}", f"{where}/type")]
    found = _text(element.get("text"), _BUTTON, f"{where}/text", plain=True)
    if len(element.get("value", "")) > _BUTTON_VALUE:
        found.append((f"must be less than {_BUTTON_VALUE + 1} characters", f"{where}/value"))
    if len(element.get("url", "")) > _URL:
        found.append((f"must be less than {_URL + 1} characters", f"{where}/url"))
    return found


def _image(block: Block) -> list[tuple[str, str]]:
    found = []
    if not block.get("image_url") and not block.get("slack_file"):
        found.append(("missing required field: image_url or slack_file", ""))
    if len(block.get("image_url", "")) > _IMAGE_URL:
        found.append((f"must be less than {_IMAGE_URL + 1} characters", "/image_url"))
    if not block.get("alt_text"):
        found.append(("missing required field: alt_text", ""))
    elif len(block["alt_text"]) > _ALT:
        found.append((f"must be less than {_ALT + 1} characters", "/alt_text"))
    if block.get("title") is not None:
        found += _text(block["title"], _TITLE, "/title", plain=True)
    return found
