"""Error codes, and one normalised error signature a ticket: what two reports of one error have in common.

A signature is `<kind>:<rest>`, lower case, with everything that differs between two occurrences taken out:

    code:err-4012            a code of the product, of a library or of a mail server (smtp 550)
    exception:typeerror: cannot read properties of undefined (reading <str>)
    http:503                              an answer of the server; the page is told apart by its route
    text:login to server <host> failed    the quoted words of an error message

The first kind that is found wins, in this order. VERSION changes with every change of these rules, because
signatures of different versions must not be compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flows.core.redaction import PLACEHOLDER
from flows.enrich.hints import holds

VERSION = 3
MAX_LENGTH = 140
SAMPLE = 8_000  # characters that are looked at


@dataclass(frozen=True)
class ErrorSignature:
    """`code` is the error code as written, or None; `signature` is None when no error was found."""

    signature: str | None
    code: str | None


# Codes that say by their form that they are error codes.
_PLAIN_CODE = re.compile(
    r"\b((?:NS|SEC|SSL|MOZILLA_PKIX|PR|XPC|DNS|CERT|NET|ORA|SQLITE)_(?:ERROR_|ERR_)?[A-Z0-9_]{3,60}"
    r"|ERR_[A-Z0-9_]{3,60}|(?:ERR|ERROR|EXC|FAULT)[-_ ]?\d{2,6}|E\d{3,5}"
    r"|E(?:CONNREFUSED|CONNRESET|TIMEDOUT|NOTFOUND|ACCES|PERM|NOENT|PIPE|AI_AGAIN|HOSTUNREACH)"
    r"|0x[8C][0-9A-Fa-f]{7}|AADSTS\d{4,7}|ORA-\d{4,5}|SQLSTATE\[?\w{5}\]?)(?![\w-])"
)
_PLAIN_HINTS = (
    "_", "ERR", "EXC", "FAULT", "0x8", "0xC", "AADSTS", "ORA-", "SQLSTATE", "ECONN", "ETIMED", "ENOT", "EACC", "EPERM",
    "ENOENT", "EPIPE", "EAI", "EHOST",
)  # fmt: skip
_NUMBERED_E = re.compile(r"E\d{3}")
# Codes that need the word error, code or status beside them: UTF-8 and INV-2024 look the same.
_NAMED_CODE = re.compile(
    r"\b(?:error|err|fault|failure)(?: code| number| no\.?| id| ref(?:erence)?)?(?: is| was|:|=| #|\s)+"
    r"[\"'(\[#]{0,2}([A-Z]{1,8}[-_]?\d{2,6}|-?\d{3,6}|[A-Z]{2,}(?:_[A-Z]+)+)\b(?!\s*%|[.,]\d|\s+(?:times|rows|users|e?mails))",
    re.I,
)
# Any `WHK-4012` whose neighbourhood speaks of a failure, unless its prefix numbers something else.
_CODE_NEAR_FAILURE = re.compile(
    r"\b(?!(?:INV|PO|SO|REF|ID|NO|NR|CASE|TICKET|ORDER|CUST|ACC|UTF|ISO|SHA|AES|RSA|RFC|CVE|KB|IMG|DSC|GMT|UTC|COVID|MD|EC)-)"
    r"([A-Z]{2,8}-\d{3,5})\b(?=[^\n]{0,80}?\b(?:error|exception|fault|fail\w*|mismatch|invalid|denied|reject\w*|refused"
    r"|timed?[ -]?out|missing|expired|not (?:found|allowed|permitted))\b)"
)
_CODE_AFTER_FAILURE = re.compile(
    r"\b(?:error|code|message|says|shows|failed|fails|with|reads)\b[^\n\w]{0,4}(?!(?:INV|PO|REF|UTF|ISO|SHA|AES|RFC|CVE|KB)-)"
    r"([A-Z]{2,8}-\d{3,5})\b"
)
_SMTP = re.compile(r"\b([45]\d\d)[ -#]{1,2}([45]\.\d{1,2}\.\d{1,3})\b")
# Answers of HTTP (RFC 9110, 6585, 7725) and replies of mail servers (RFC 5321, 4954) look alike: which it is shows
# only where the other has no such number.
_HTTP_STATUS = r"(4(?:0\d|1[0-8]|2[1-689]|31|51)|5(?:0[0-8]|1[01]))"
_HTTP = re.compile(
    rf"\b(?:HTTP(?:/\d(?:\.\d)?)?(?: status| error| code|:){{0,3}}|status(?: code)?:?|error(?: code)?:?)"
    rf"\s?{_HTTP_STATUS}\b(?![-.]\d)"
    rf"|\b{_HTTP_STATUS}(?= (?:error|internal server|bad gateway|service unavailable|gateway time-?out|forbidden"
    r"|not found|too many requests|unauthorized)\b)",
    re.I,
)
_MAIL_STATUS = re.compile(
    r"\b(?:error|code|smtp|server (?:responded|response|said)|response|status)\b[^\w\n]{0,4}(?:(?:code|is|was|with) )?"
    r"(45[02]|53[0458]|55[0-6])\b(?![.,]\d|[ -#]{1,2}[45]\.\d)",
    re.I,
)
_EXCEPTION = re.compile(
    r"\b((?:[a-z_$][\w$]*\.)*[A-Z][A-Za-z0-9_]{2,60}(?:Error|Exception|Timeout|Fault))\b(?:\s?:\s?([^\n]{3,200}))?"
)
# What a text must hold for the longer patterns: looked for first, since most texts hold none of it.
_STATUS = re.compile(r"[45]\d\d")
_LETTER_CODE = re.compile(r"-(?<=[A-Z]-)\d{3}")  # what begins with a character is found faster
_QUOTES = ('"', "“", "«", "„", "'", "‘")
_ENDINGS = ("Error", "Exception", "Timeout", "Fault")
_PLAIN_WORDS = {"TypeError", "Error", "Exception", "Timeout"}
# What is quoted behind such a word is an error message; behind others only where it speaks of a failure itself.
_ERROR_NOUN = r"(?:error|alert|warning|fehler(?:meldung)?|erreur|errore|foutmelding)s?"
_SPEECH = r"(?:message|pop-?up|notification|says|saying|said|reads|reading|states|stating)"
_QUOTATION = r"(?:[\"“«„]([^\"“”«»„\n]{8,200})[\"”»“]|(?<!\w)['‘]([^\n\"“”]{8,200}?)['’](?!\w))"
_QUOTED_ERROR = re.compile(rf"\b{_ERROR_NOUN}\b[^\"“”«»„'‘\n]{{0,40}}{_QUOTATION}", re.I)
_QUOTED_SPEECH = re.compile(rf"\b{_SPEECH}\b[^\"“”«»„'‘\n]{{0,40}}{_QUOTATION}", re.I)
_OF_A_FAILURE = re.compile(
    r"\b(?:not|no|never|cannot|can't|couldn't|won't|isn't|unable|fail\w*|err\w*|problem|wrong|bad|den(?:y|ied)|invalid"
    r"|incorrect|unknown|unexpected|refused|reject\w*|expired?|time[ds]? ?-?out|missing|lost|exceed\w*|full|unavailable"
    r"|interrupted|corrupt\w*|damaged|blocked|disabled|already (?:exists|in use|running)|too (?:many|large|long|big)"
    r"|try again)\b",
    re.I,
)
_COLON = re.compile(
    r"\b(?:error(?: message)?|fehlermeldung|failed with|fails with)"
    r"(?: as follows| (?:i (?:get|see)|is|was|says|reads))?\s?:\s?([^\n\"]{10,200})",
    re.I,
)
# Where the writer goes on behind the message.
_WRITER = re.compile(
    r"(?<=\w{3})[.!]\s+"
    r"(?=(?:I|I'[a-z]+|We|My|Our|Any|How|What|Why|When|Can|Could|Does|Is there|Thanks?|Thank you|Help)\b)",
    re.I,
)
_FAILED = re.compile(
    r"\b((?:An error occurred|Login to (?:account|server)|Sending of (?:the )?message failed|Unable to (?:connect|load"
    r"|save|authenticate|locate|reach)|Could not connect|Connection to server|Failed to (?:fetch|load|connect|save"
    r"|export|import|send)|The current operation on|Something went wrong|Invalid (?:grant|token|credentials)"
    r"|Authentication fail(?:ure|ed)|Access (?:is )?denied)(?:[^\n.!?\"”]|\.(?=\w)){0,140})"
)
_FAILED_HINTS = (
    "An error occurred", "Login to ", "Sending of ", "Unable to ", "Could not connect", "Connection to server",
    "Failed to ", "The current operation on", "Something went wrong", "Invalid ", "Authentication fail", "Access ",
)  # fmt: skip
# Says nothing of the cause, which the next sentences tell: alone it would make one error of many.
_TELLS_NOTHING = re.compile(
    r"(?:sending (?:of )?(?:the )?message failed|an error occurred(?: while sending mail)?|something went wrong)", re.I
)
_NEXT = re.compile(r"[.!]\s{1,3}([^\n\"”]{10,200})")

_STRIP: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.I), into)
    for pattern, into in (
        (r"https?://\S+", "<url>"),
        (r"\[[a-z]+-[0-9a-f]{8}\]|<[a-z_ ]{2,20}>|\S+@\S+", "<id>"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<id>"),
        (r"\b(?:imap|pop|pop3|smtp|mail|outlook|www)\.[\w.-]+\.\w{2,}\b|\b[\w-]+\.(?:com|net|org|de|uk|fr|it|es|eu|io)\b",
         "<host>"),
        (r"\b[\w.-]+\.(?:jsx?|tsx?|py|java|kt|rb|go|php|cs|cpp|dll|exe|html?)(?::\d+){0,2}\b", "<file>"),
        (r"(?:[a-z]:)?(?:[\\/][\w.%~-]+){2,}[\\/]?", "<path>"),
        (r"\b0x[0-9a-f]+\b|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b", "<hex>"),
        (r"'[^'\n]{1,80}'|`[^`\n]{1,80}`|\"[^\"\n]{1,80}\"", "<str>"),
        (r"\b\d[\d.,:]*\b|(?<=[a-z_-])\d+\b", "<n>"),
        (r"[^\w<>/:.() -]+", " "),
        (r"(?:<(?:id|n|hex|str|url|host|path)>[ ,.:;]*){2,}", "<n> "),
    )
)  # fmt: skip


def normalise(message: str) -> str:
    """An error message without ids, numbers, hosts, paths and quoted values; lower case, bounded."""
    text = message[:400]
    for pattern, into in _STRIP:
        text = pattern.sub(into, text)
    return re.sub(r"\s+", " ", text).strip(" .:-").lower()[:MAX_LENGTH].strip()


def find_signature(text: str, code_block: str = "") -> ErrorSignature:
    """The error signature of a redacted text; `code_block` is what was pasted from a machine."""
    both = f"{text[:SAMPLE]}\n{code_block[:SAMPLE]}"
    code, _ = next(codes(both), (None, ""))
    if code:
        return ErrorSignature(f"code:{code.lower()}", code)
    exception = _exception(f"{code_block[:SAMPLE]}\n{text[:SAMPLE]}")
    if exception:
        return ErrorSignature(exception, None)
    status, _ = next(statuses(both), (None, ""))
    if status:
        return ErrorSignature(f"http:{status}", f"HTTP {status}")
    for message in _messages(both):
        words = normalise(_WRITER.split(message)[0])
        if len(re.findall(r"[^\W\d_]{2,}", re.sub(r"<\w+>", "", words))) >= 3:
            return ErrorSignature(f"text:{words}", None)
    return ErrorSignature(None, None)


def _messages(text: str) -> Iterator[str]:
    """What may be the words of an error message, the surest first."""
    if any(mark in text for mark in _QUOTES):
        for match in _QUOTED_ERROR.finditer(text):
            yield match[1] or match[2]
        for match in _QUOTED_SPEECH.finditer(text):
            if _OF_A_FAILURE.search(match[1] or match[2]):
                yield match[1] or match[2]
    for match in _FAILED.finditer(text) if holds(text, _FAILED_HINTS) else ():
        further = _NEXT.match(text, match.end()) if _TELLS_NOTHING.fullmatch(match[1].strip()) else None
        yield f"{match[1]}. {further[1]}" if further else match[1]
    if ":" in text and holds(text.lower(), ("error", "fehlermeldung", "failed with", "fails with")):
        for match in _COLON.finditer(text):
            yield match[1]


def codes(text: str) -> Iterator[tuple[str, str]]:
    """The error codes of a redacted text and the words they stand in: first those that say so by their form, then
    those of mail servers, then those that are called one."""
    text = PLACEHOLDER.sub("[]", text) if "-" in text else text
    patterns = [_PLAIN_CODE] if holds(text, _PLAIN_HINTS) or _NUMBERED_E.search(text) else []
    if _LETTER_CODE.search(text):
        patterns += [_CODE_NEAR_FAILURE, _CODE_AFTER_FAILURE]
    for pattern in patterns:
        for plain in pattern.finditer(text):
            yield re.sub(r"(?<=[A-Z])[ _](?=\d)", "-", plain[1]), plain[0]
    if _STATUS.search(text):
        for smtp in _SMTP.finditer(text):
            yield f"SMTP {smtp[1]} {smtp[2]}", smtp[0]
        for smtp in _MAIL_STATUS.finditer(text):
            yield f"SMTP {smtp[1]}", smtp[0]
    lowered = text.lower()
    if not ("err" in lowered or "fault" in lowered or "failure" in lowered):
        return
    for named in _NAMED_CODE.finditer(text):
        value = named[1]
        is_status = re.fullmatch(r"[45]\d\d", value)  # left to the rules above
        is_year = re.fullmatch(r"(?:19|20)\d\d", value)
        if re.search(r"\d", value) and not is_status and not is_year:
            yield value.upper(), named[0]


def statuses(text: str) -> Iterator[tuple[str, str]]:
    """The HTTP statuses of failures that a text names, and the words they stand in."""
    if _STATUS.search(text):
        for http in _HTTP.finditer(text):
            yield http[1] or http[2], http[0]


def exceptions(text: str) -> Iterator[tuple[str, str]]:
    """The classes of exceptions that a text names, without their packages, and the words they stand in."""
    if holds(text, _ENDINGS):
        for match in _EXCEPTION.finditer(text):
            name = match[1].split(".")[-1]
            if name not in _PLAIN_WORDS or match[2]:
                yield name, match[0]


def _exception(text: str) -> str | None:
    """The last `Class: message` of a trace, which is where the cause stands, else the first class alone."""
    if not holds(text, _ENDINGS):
        return None
    found = list(_EXCEPTION.finditer(text))
    with_message = [match for match in found if match[2]]
    if with_message:
        match = with_message[-1]
        return f"exception:{match[1].split('.')[-1].lower()}: {normalise(match[2])}"[:MAX_LENGTH]
    named = [match for match in found if match[1] not in _PLAIN_WORDS]
    return f"exception:{named[0][1].split('.')[-1].lower()}" if named else None
