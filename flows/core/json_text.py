"""JSON of strangers, read as far as it can be."""

from __future__ import annotations

import gc
import json
from typing import Any

import orjson


def read_json(text: bytes | str) -> Any:
    """The value of a JSON text. Raises ValueError for what is none.

    Half a character (a lone surrogate, as texts are cut into in JavaScript) and bytes that are not UTF-8 become "?"
    or U+FFFD, and NaN becomes null: one broken character must not cost the page it stands on.
    """
    gc.disable()  # a page is many objects, none of them garbage: to look for some meanwhile doubles the time
    try:
        return orjson.loads(text)
    except ValueError:
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        try:
            value = json.loads(text, parse_constant=lambda _: None)
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error
        return orjson.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    finally:
        gc.enable()
