"""What people paste from machines: fenced and indented code, stack traces, lines of logs."""

from __future__ import annotations

import re

from flows.enrich.hints import holds

_FENCE = re.compile(
    r"```[^\n`]{0,30}\n?(.*?)(?:```|\Z)|~~~[^\n~]{0,30}\n(.*?)(?:\n~~~|\Z)|\{\{\{(.*?)(?:\}\}\}|\Z)", re.S
)
_MACHINE = re.compile(
    r"at [\w$.<>/\[\]]+ ?\(.{0,300}\)|at .{1,200}:\d+:\d+\)?|at [\w.`<>,\[\]]+\(.{0,300}\) in .{1,200}:line \d+"
    r"|File \"[^\"]{1,300}\", line \d+.{0,100}|Traceback \(most recent call last\):?|Caused by: .{1,300}"
    r"|\.{3} \d+ (?:more|common frames omitted)"
    r"|(?:[\w$]+\.){0,12}[A-Z]\w*(?:Error|Exception|Warning)(?:: .{0,400}|:?)|Exception in thread .{1,300}"
    r"|goroutine \d+ \[.{1,60}\]:"
    r"|#\d+\s+(?:0x[0-9a-f]{4,16}|/\S+\(\d+\)|\S+\(\)).{0,300}|from \S+:\d+:in [`'].{0,200}"
    r"|thread '.{1,60}' panicked at .{0,300}"
    r"|\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?[\s|:,-]+\S.{0,2000}"
    r"|\[?\d\d:\d\d:\d\d[.,]\d+\]?\s+\S.{0,2000}|\[?\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d.{0,2000}"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d \S+ \S+:.{0,2000}"
    r"|\S{7,45} - \S+ \[\d\d/\w{3}/.{0,2000}|\[(?:error|warn(?:ing)?|info|debug|fatal|trace|notice|critical)\].{0,2000}"
    r"|(?:ERROR|WARN(?:ING)?|INFO|DEBUG|FATAL|TRACE|CRITICAL)(?:\s*[\[|:(-]|\s{2,}\S).{0,2000}"
    r"|\{\s?\".{0,4000}|(?:GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS) /\S*(?:\s+HTTP/\d\S*)?(?:\s+\d{3}.{0,40})?"
    r"|HTTP/\d(?:\.\d)? \d{3}.{0,60}"
    r"|\$ (?:sudo|curl|npm|pip|git|docker|kubectl|cd|ls|python\d?|java|mvn|node|yarn|apt|brew|systemctl|cat"
    r"|grep) .{0,500}"
)
# Any of it is in each of those.
_MARKS = ("(", ":", "/", '"', "[", "{", "|", "$", "#", "error", "Error", "Exception", "Warning", "  ")
_LEVEL = re.compile(r"\b[A-Z]{4,8} ? -")
_INDENT = re.compile(r"(?: {4}|\t)[ \t]*\S")
_CODE_LIKE = re.compile(
    r"[{};]\s*$|^\s*(?:#include|import |from \S+ import|def |class |function |return\b|if ?\(|for ?\(|</?\w|//|/\*"
    r"|\$\w|\w+\()|=>|::|\w\(\)|[<>]=|\s=\s|^\s*[\w.-]+: \S"
)


def without_fences(text: str, code: list[str]) -> str:
    """The text without blocks between ```, ~~~ or {{{ }}}; they go to `code`."""
    if "```" not in text and "~~~" not in text and "{{{" not in text:
        return text

    def take(match: re.Match[str]) -> str:
        code.append(match[1] or match[2] or match[3] or "")
        return "\n"

    return _FENCE.sub(take, text)


def without_indented(lines: list[str], code: list[str]) -> list[str]:
    """Lines without blocks of two or more that are indented by four, below an empty line, and mostly look like code."""
    if not any(line.startswith(("    ", "\t")) for line in lines):
        return lines
    kept: list[str] = []
    at = 0
    while at < len(lines):
        end = at
        if at == 0 or not lines[at - 1].strip():
            while end < len(lines) and _INDENT.match(lines[end]):
                end += 1
        block = lines[at:end]
        if len(block) >= 2 and 2 * sum(bool(_CODE_LIKE.search(line)) for line in block) >= len(block):
            code += block
        else:
            end = max(end, at + 1)
            kept += lines[at:end]
        at = end
    return kept


def is_machine(line: str) -> bool:
    """Whether a line (stripped) is one of a stack trace, a log, a request or a shell."""
    if not (holds(line, _MARKS) or line.startswith("... ") or (" -" in line and _LEVEL.search(line))):
        return False
    return bool(_MACHINE.fullmatch(line.rstrip("\"'”,;")))
