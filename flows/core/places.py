"""Files and folders as the settings name them: local paths, and URLs that fsspec opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fsspec

from flows.core.errors import ConfigError, meant


def checked_path(text: str) -> str:
    """The path with ~ made out, or the URL when fsspec knows its kind. Raises ValueError."""
    if not text.strip() or "\0" in text:
        raise ValueError("must name a file or folder")
    if "://" not in text:
        try:
            return str(Path(text).expanduser())
        except RuntimeError as error:
            raise ValueError(f"{text!r} begins with the home of a user that does not exist") from error
    kind = text.partition("://")[0].partition("::")[0]
    if kind not in fsspec.available_protocols():
        raise ValueError(f"{kind}:// is no kind of place we know. {meant(kind, fsspec.available_protocols())}")
    return text


def open_place(url: str) -> tuple[Any, str]:
    """The file system of a path or URL, and the path in it. Raises ConfigError where a package for it is missing."""
    try:
        fs, inner = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise ConfigError(f"{url} cannot be opened here: {error}", "Install what it names.") from error
    return fs, str(inner)
