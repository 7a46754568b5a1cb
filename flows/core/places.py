"""Files and folders as the settings name them: local paths, and URLs that fsspec opens."""

from __future__ import annotations

import re
from itertools import product, takewhile
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from flows.core.errors import ConfigError, meant

WILD = frozenset("*?[")
_PASSWORD = re.compile(r"://[^/]*:[^/]*@")


def checked_path(text: str) -> str:
    """The path with ~ made out, or the URL when fsspec knows its kind. Raises ValueError, never with a password."""
    if not text.strip() or "\0" in text:
        raise ValueError("must name a file or folder")
    if "://" not in text:
        try:
            return str(Path(text).expanduser())
        except RuntimeError as error:
            raise ValueError(f"{text!r} begins with the home of a user that does not exist") from error
    if _PASSWORD.search(text):
        raise ValueError("must hold no password: secrets stand in the environment alone, such as FSSPEC_SFTP_PASSWORD")
    kind = text.partition("://")[0].partition("::")[0]
    if kind not in fsspec.available_protocols():
        raise ValueError(f"{kind}:// is no kind of place we know. {meant(kind, fsspec.available_protocols())}")
    return text


def checked_store(text: str) -> str:
    """A path or URL under which data is kept. Raises ValueError for what SQL would take for a pattern or a quote."""
    where = checked_path(text)
    whole = where if "://" in where else str(Path(where).absolute())
    if odd := [char for char in "*?[]{}'\"\\" if char in whole]:
        raise ValueError(f"{whole} holds {' '.join(odd)}, which SQL takes for a pattern or a quote: name another place")
    return where


def open_place(url: str) -> tuple[Any, str]:
    """The file system of a path or URL, and the path in it. Raises ConfigError where a package for it is missing."""
    try:
        fs, inner = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise ConfigError(f"{url} cannot be opened here: {error}", "Install what it names.") from error
    return fs, str(inner)


def made_folder(folder: Path) -> Path:
    """The folder, made where it is missing. Raises ConfigError when it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "a file stands there" if isinstance(error, FileExistsError | NotADirectoryError) else error.strerror
        raise ConfigError(
            f"the folder {folder} cannot be made: {reason}", "Name another with --home, or home in groundswell.toml."
        ) from error
    return folder


def files_at(path: str, base: Path) -> list[str]:
    """The files that a path, a glob or a URL names, sorted. Raises ConfigError when there is none, or one lies outside.

    A relative path begins at the folder `base` and stays below it. What a glob finds stays below the folder that the
    glob begins with. Links are followed before that is judged; whoever means another place writes its absolute path.
    """
    is_url = "://" in path
    whole = path if is_url else str(base / path)
    fs, inner = open_place(whole)
    is_glob = not WILD.isdisjoint(inner)
    found = sorted(fs.glob(inner)) if is_glob else [inner] if fs.exists(inner) else []
    if not found:
        raise ConfigError(
            f"there is no file {whole}", "Check path in groundswell.toml; it is taken from where that is."
        )
    if is_url and ".." in PurePosixPath(inner).parts:
        raise ConfigError(f"{whole} leads out of where it begins", "Write it without any ..")
    fences = [Path(*takewhile(WILD.isdisjoint, Path(inner).parts))] if is_glob else []
    fences += [] if is_url or Path(path).is_absolute() else [base]
    for file, fence in product(found, fences if isinstance(fs, LocalFileSystem) else ()):
        if not Path(file).resolve().is_relative_to(fence.resolve()):
            raise ConfigError(f"{file} lies outside of {fence.resolve()}", "If it is meant, write its absolute path.")
    if not is_glob and not fs.isfile(inner):  # of a glob, the other files go on
        raise ConfigError(f"{inner} is no file", "Name a file, or the files of a folder, such as exports/*.csv")
    return [fs.unstrip_protocol(file) if is_url else file for file in found]
