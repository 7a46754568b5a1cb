"""The `groundswell` command in this process, as a shell would run it: its words, its exit code, its environment."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from cases import words

from flows.cli import main

LOGGERS = ("root", "flows", "groundswell")


@dataclass(frozen=True)
class Answer:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything printed, with any run of spaces as one, once it is known to hold no traceback."""
        assert "Traceback" not in self.out + self.err
        return words(f"{self.out} {self.err}")


def groundswell(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Answer:
    """Run the command in `folder`. What it does to the environment and to logging is undone."""
    before, argv, root = dict(os.environ), sys.argv, logging.getLogger()
    handlers, levels = root.handlers[:], {name: logging.getLogger(name).level for name in LOGGERS}
    out, err = io.StringIO(), io.StringIO()
    root.handlers[:] = []  # the command sets up its own, which write to what is captured here
    os.environ.update({"NO_COLOR": "1", "COLUMNS": "500", **(env or {})})
    sys.argv = ["groundswell", *arguments]
    code: object = 0
    try:
        with chdir(folder), redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as exit:
        code = exit.code
    finally:
        sys.argv = argv
        os.environ.clear()
        os.environ.update(before)
        root.handlers[:] = handlers
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
    return Answer(code if isinstance(code, int) else int(code is not None), out.getvalue(), err.getvalue())
