"""How a customer's message feels, -1 to 1, and how that changes along a conversation.

The score is the mean of VADER's compound value over the sentences that carry any feeling, so that a long
description does not add up to despair. Words that are the topic of every ticket (error, problem, help, save,
create) carry no feeling here, nor does courtesy (thanks in advance, I would like, kind regards); words that VADER does
not know as support customers use them do. Each marker of strain (`markers`) takes MARKER_WEIGHT off. English only:
other languages have no score rather than a neutral one.

VADER: Hutto and Gilbert, ICWSM 2014. Slope: Theil (1950), Sen (Journal of the American Statistical Association 1968).
"""

from __future__ import annotations

import functools
import itertools
import re
import statistics
import string
from collections.abc import Sequence

from vaderSentiment.vaderSentiment import BOOSTER_DICT, SentimentIntensityAnalyzer, SentiText

from flows.enrich.sentences import sentences

VERSION = 5
SAMPLE = 2_000  # characters that are looked at
MARKER_WEIGHT = 0.12
MIN_SLOPE = 3  # messages with a score before there is a slope
MAX_SLOPE = 60  # the newest that it is taken of

_TOPIC_WORDS = (
    "error", "errors", "problem", "problems", "issue", "issues", "fail", "fails", "failed", "failing", "failure",
    "crash", "crashes", "crashed", "help", "helped", "helping", "please", "support", "supported", "bug", "bugs",
    "alert", "alerts", "share", "shared", "sharing", "security", "secure", "trust", "trusted", "block", "blocked",
    "blocks", "critical", "warning", "warnings", "lost", "loss", "missing", "debug", "kill", "killed", "number",
    "no", "solution", "solved", "solve", "resolve", "resolved", "resolving", "spam", "hi", "hello", "dear",
    "regards", "wrong", "reject", "rejected", "cancel", "cancelled", "denied", "limited", "play",
)  # fmt: skip
# What one does with software, or wants of it, or says to agree. Chosen on the training part of Senti4SD, where most of
# them come in posts of any feeling, and for those too rare there by what they mean in a ticket (restore, bold, safe
# mode; "worked perfectly until").
_SOFTWARE_WORDS = (
    "ability", "accept", "accepted", "accepting", "accepts", "active", "advanced", "affected", "allow", "allowed",
    "allows", "amazon", "anti", "appreciate", "appreciated", "attachment", "attachments", "backed", "better",
    "blocking", "bold", "certain", "charge", "charged", "charges", "cheers", "clean", "cleaned", "clear", "cleared",
    "clearly", "commit", "commits", "committed", "create", "created", "creates", "creating", "creation", "cut", "cuts",
    "defender", "definitely", "desirable", "desired", "disabling", "drag", "drop", "dropped", "dropping", "drops",
    "easier", "empty", "ensure", "escape", "excel", "expand", "ff", "fine", "fit", "free", "fresh", "fyi", "giving",
    "gratefully", "greetings", "grey", "hand", "hide", "highlight", "ignore", "ignored", "ignores", "ignoring",
    "important", "increase", "increased", "interest", "invite", "join", "joined", "kind", "kindly", "l", "launch",
    "launched", "leave", "low", "lower", "lts", "matter", "matters", "offline", "ok", "okay", "original", "outgoing",
    "party", "pass", "passed", "passes", "perfectly", "prevent", "prevents", "progress", "protect", "protected",
    "protects", "reach", "ready", "recommend", "recommended", "recommends", "respective", "responsive", "restore",
    "restored", "restores", "restoring", "safe", "safely", "safety", "save", "saved", "saves", "saving", "secured",
    "shares", "sincerely", "smart", "solutions", "special", "stable", "stop", "stopped", "stopping", "stops",
    "straight", "succeed", "succeeded", "succeeds", "success", "successful", "successfully", "supporting", "supports",
    "sure", "tia", "top", "troubleshoot", "troubleshooting", "true", "unified", "validate", "validated", "value",
    "values", "want", "wanted", "wants", "well", "win", "yes",
)  # fmt: skip
_SUPPORT_WORDS = {
    "unusable": -2.8, "unacceptable": -3.0, "ridiculous": -2.6, "useless": -2.4, "disappointing": -2.4,
    "frustrating": -2.4, "nightmare": -2.8, "joke": -1.6, "waste": -2.0, "broken": -1.4, "annoying": -2.0,
    "buggy": -1.8, "unreliable": -2.0, "unresponsive": -1.4, "fedup": -2.6, "infuriating": -3.0,
    "asap": -0.8, "garbage": -2.6, "flawless": 2.6, "seamless": 2.2, "fixed": 1.2,
}  # fmt: skip

_THANKS = r"(?:(?:many|kind)\s+)?(?:thanks|thank\s+you|thx)(?:\s+(?:so|very)\s+much|\s+a\s+lot)?"
_COURTESY = re.compile(
    rf"""\b(?:
        {_THANKS}\s+(?:in\s+advance|for\s+(?:any|reading|looking|considering|taking)\b.*)
        | (?:any|some)\s+(?:\w+\s+)?(?:help|advice|assistance|suggestions?|ideas?|input|guidance)\b.*\bappreciated
        | (?:would|will)\s+(?:be\s+)?(?:\w+\s+)?appreciated?
        | (?:would|should|i'd|we'd)\s+(?:really\s+|also\s+)?like | like\s+to
        | (?:look|seem|feel|sound|act|behave|work)(?:s|ed|ing)?\s+like | (?:something|anything|nothing|just|more)\s+like
        | hop(?:e|ing)\s+(?:that\s+)?(?:you|someone|somebody|anyone|anybody|there|for|to)\b
        | (?:kind|best|warm)(?:est)?\s+(?:regards|wishes)
        | have\s+a\s+(?:nice|good|great|lovely|wonderful)\s+\w+ | good\s+(?:morning|afternoon|evening|day)
        | (?:am|is|are|be)\s+(?:happy|glad)\s+to
        | would\s+be\s+(?:\w+\s+)?(?:great|nice|good|helpful|awesome|cool|perfect|lovely|useful|wonderful|grateful)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
# Works alone says where the fault is not ("it works on my other computer").
_WORKS_AGAIN = re.compile(r"\bwork(?:s|ing)\s+(?:now|again)\b|\bnow\s+work(?:s|ing)\b", re.IGNORECASE)
# A sentence of thanks and no more: who has said something else beside it closes a letter with it.
_CLOSING = re.compile(rf"\W*{_THANKS}(?:\s+again)?(?:\s+for\s[^.!?]*)?(?:[\s,.!-]+\w+){{0,2}}\W*", re.IGNORECASE)


@functools.cache
def analyzer() -> SentimentIntensityAnalyzer:
    """VADER with the words of support."""
    vader = SentimentIntensityAnalyzer()
    for word in _TOPIC_WORDS:
        vader.lexicon.pop(word, None)
    vader.lexicon.update(_SUPPORT_WORDS)
    return vader


@functools.cache
def _scorer() -> SentimentIntensityAnalyzer:
    """The same without the words of software. A model of own labels (`polarity`) learns from these what they mean."""
    vader = SentimentIntensityAnalyzer()
    vader.lexicon = {word: value for word, value in analyzer().lexicon.items() if word not in _SOFTWARE_WORDS}
    return vader


def score(text: str, strains: int = 0) -> float | None:
    """-1 to 1, rounded to 4 places; `strains` counts the text's markers. None for a text without words."""
    if not re.search(r"[^\W\d_]{2}", text):
        return None
    vader = _scorer()
    said = sentences(text[:SAMPLE])
    relieved = [_WORKS_AGAIN.sub("fixed", sentence) for sentence in said]
    spoken = [_COURTESY.sub(" ", sentence) for sentence in relieved if _may_feel(sentence, vader)]
    if len(said) > 1:
        spoken = [sentence for sentence in spoken if not _CLOSING.fullmatch(sentence)]
    felt = [value for sentence in spoken if (value := _compound(sentence, vader))]
    mean = sum(felt) / len(felt) if felt else 0.0
    return round(max(-1.0, min(1.0, mean - MARKER_WEIGHT * strains)), 4)


def _may_feel(sentence: str, vader: SentimentIntensityAnalyzer) -> bool:
    """Whether a sentence holds a word or an emoji of the lexicon. VADER gives 0 to all others, after a long look."""
    known = vader.lexicon.keys()
    words = sentence.lower().split()
    if not known.isdisjoint(words) or not known.isdisjoint([word.strip(string.punctuation) for word in words]):
        return True
    return not sentence.isascii() and not vader.emojis.keys().isdisjoint(sentence)


def _compound(sentence: str, vader: SentimentIntensityAnalyzer) -> float:
    """What `polarity_scores` gives as compound. It looks every character up as an emoji, and takes a long look at words
    that are not of the lexicon."""
    if not sentence.isascii():
        return float(vader.polarity_scores(sentence)["compound"])
    sentence = sentence.strip()
    read = SentiText(sentence)
    words = read.words_and_emoticons
    valences: list[float] = []
    for place, word in enumerate(words):
        if word.lower() in vader.lexicon and word.lower() not in BOOSTER_DICT:
            vader.sentiment_valence(0, read, word, place, valences)
        else:
            valences.append(0)
    return float(vader.score_valence(vader._but_check(words, valences), sentence)["compound"])


def slope(scores: Sequence[float]) -> float | None:
    """How the score changes from one message to the next: the median over all pairs, so that one outburst alone turns
    nothing. Rounded to 4 places; None for fewer than MIN_SLOPE scores."""
    if len(scores) < MIN_SLOPE:
        return None
    newest = scores[-MAX_SLOPE:]
    pairs = itertools.combinations(enumerate(newest), 2)
    return round(statistics.median((later - earlier) / (y - x) for (x, earlier), (y, later) in pairs), 4)
