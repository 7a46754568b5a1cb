"""What to show of a ticket: a title, the clearest sentence, and the sentences that say what was done.

All input is redacted already, so all output is.
"""

from __future__ import annotations

import re

from flows.enrich.sentences import sentences

VERSION = 3
MAX_QUOTE = 280
MAX_TITLE = 140
MAX_STEPS = 700
SAMPLE = 4_000  # characters of text that are looked at
MAX_SENTENCES = 40

_PREFIX = re.compile(r"^(?:\s*(?:(?:re|fw|fwd|aw|wg|tr|rv|sv|urgent|important)\s?:|\[[^\]\n]{1,30}\](?=\s))\s*)+", re.I)
_PLEASANTRY = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings|thanks?|thank you|many thanks|please help"
    r"|help|any help|cheers|best|kind regards|regards|hallo|hola|ciao|bonjour|buongiorno|guten tag|sorry|hope)\b",
    re.I,
)
_ERROR = re.compile(r"\b(?:error|exception|HTTP|status|code|ERR|NS_ERROR)\b|\b[A-Z]{2,}[-_]\d{2,}|[\"“][^\"”]{8,}[\"”]")
_CIRCUMSTANCE = re.compile(
    r"\b(?:when|after|since|every time|whenever|if) (?:i|we|the|my|our|clicking|opening|trying)\b", re.I
)
_STEP = re.compile(
    r"\b(?i:(?:i|we)(?:'ve| have| had)? (?:also |already |even |then |just |now |both )?(?:tried|did|clicked?|opened"
    r"|open|went|go|restarted|rebooted|reinstalled|uninstalled|installed|updated|upgraded|selected|chose|cleared|deleted"
    r"|removed|reset|changed|checked|ran|entered|typed|added|created|disabled|enabled|switched|followed|uploaded"
    r"|exported|logged|pressed|tapped|hit|set)\b(?! nothing))"
    r"|\b(?i:(?:when|after|whenever|every time|each time|as soon as) (?:i|we|you) \w+|(?:steps )?to reproduce)"
    r"|\b(?i:click|go to|open|select|press) (?i:on )?(?i:the )?[A-Z]\w+"
)
# "Where do I go to ...?" asks, and "if I do upgrade" is not done yet.
_ASKS = re.compile(r"\b(?:do|can|could|should|shall|would|must|will|did|if) (?:i|we)\b[^.!]*\?[\"')]*$", re.I)
_NUMBERED = re.compile(r"^\s*(?:step )?(?:\d{1,2}[.):]|[-*•])\s+\S", re.I)


def title_of(subject: str | None, text: str) -> str:
    """The subject without Re and Fwd, else the first words of the text; at most MAX_TITLE characters."""
    bare = re.sub(r"\s+", " ", _PREFIX.sub("", subject or "")).strip()
    if not bare:
        spoken = [s for s in sentences(text[:SAMPLE]) if not (_PLEASANTRY.match(s) and len(s) < 40)]
        bare = spoken[0] if spoken else ""
    return shorten(bare, MAX_TITLE)


def shorten(text: str, limit: int) -> str:
    """The text, cut at a word with an ellipsis where it is longer than `limit`."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1].rsplit(" ", 1)[0] if " " in text[: limit - 1] else text[: limit - 1]
    return cut.rstrip(" ,;:") + "…"


def clearest(spoken: list[str], describes: list[bool], title: str) -> str | None:
    """The sentence that says best what is wrong, of the first MAX_SENTENCES. None when there is none.

    `describes` says for each sentence whether a problem rule fires in it. Points: 3 for that, 2 for an error,
    1.5 for a circumstance, up to 1.5 for words of the title; less for questions, pleasantries, fragments and
    sentences that do not fit. Ties go to the earlier sentence.
    """
    topic = set(re.findall(r"[^\W\d_]{4,}", title.lower()))
    best, best_points = None, float("-inf")
    for place, (sentence, is_problem) in enumerate(zip(spoken, describes, strict=True)):
        words = set(re.findall(r"[^\W\d_]{4,}", sentence.lower()))
        if not words:
            continue
        points = 3.0 * is_problem + 2.0 * bool(_ERROR.search(sentence))
        points += 1.5 * bool(_CIRCUMSTANCE.search(sentence)) + min(1.5, 0.5 * len(words & topic))
        points -= 3.0 * bool(_PLEASANTRY.match(sentence)) + 0.7 * sentence.endswith("?")
        points -= 2.0 * ("://" in sentence and not is_problem)
        points -= 2.0 * (len(sentence) < 25) + 1.5 * (len(sentence) > MAX_QUOTE) + 0.15 * place
        if points > best_points:
            best, best_points = sentence, points
    return shorten(best, MAX_QUOTE) if best else None


def steps_of(spoken: list[str]) -> str | None:
    """The sentences and numbered lines that say what the customer did, one a line; None where there are none."""
    found: list[str] = []
    length = 0
    for sentence in spoken:
        if _NUMBERED.match(sentence) or (_STEP.search(sentence) and not _ASKS.search(sentence)):
            piece = shorten(sentence, MAX_QUOTE)
            length += len(piece) + 1
            if length > MAX_STEPS:
                break
            found.append(piece)
    return "\n".join(found) or None
