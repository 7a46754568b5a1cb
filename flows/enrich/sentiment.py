"""How a customer's message feels, -1 to 1, and the markers of frustration that show in it.

The score is the mean of VADER's compound value over the sentences that carry any feeling, so that a long
description does not add up to despair. Words that are the topic of every ticket (error, problem, help,
please) carry no feeling here, and words that VADER does not know as support customers use them do. Each
marker takes MARKER_WEIGHT off. English only: other languages have no score rather than a neutral one.

VADER: Hutto and Gilbert, ICWSM 2014.
"""

from __future__ import annotations

import functools
import re
import string

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from flows.enrich.sentences import sentences

VERSION = 1
SAMPLE = 2_000  # characters that are looked at
MARKER_WEIGHT = 0.12

_TOPIC_WORDS = (
    "error", "errors", "problem", "problems", "issue", "issues", "fail", "fails", "failed", "failing", "failure",
    "crash", "crashes", "crashed", "help", "helped", "helping", "please", "support", "supported", "bug", "bugs",
    "alert", "alerts", "share", "shared", "sharing", "security", "secure", "trust", "trusted", "block", "blocked",
    "blocks", "critical", "warning", "warnings", "lost", "loss", "missing", "debug", "kill", "killed", "number",
    "no", "solution", "solved", "solve", "resolve", "resolved", "resolving", "spam", "hi", "hello", "dear",
    "regards", "wrong", "reject", "rejected", "cancel", "cancelled", "denied", "limited", "play",
)  # fmt: skip
_SUPPORT_WORDS = {
    "unusable": -2.8, "unacceptable": -3.0, "ridiculous": -2.6, "useless": -2.4, "disappointing": -2.4,
    "frustrating": -2.4, "nightmare": -2.8, "joke": -1.6, "waste": -2.0, "broken": -1.4, "annoying": -2.0,
    "buggy": -1.8, "unreliable": -2.0, "unresponsive": -1.4, "fedup": -2.6, "infuriating": -3.0,
    "asap": -0.8, "garbage": -2.6, "flawless": 2.6, "seamless": 2.2, "works": 0.9, "fixed": 1.2,
}  # fmt: skip

MARKERS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(rf"\b(?:{'|'.join(phrases)})\b"))  # of a text in lower case: twice as fast as re.I
    for name, phrases in {
        "repeated_question": (
            r"as i (?:already )?(?:said|mentioned|wrote|explained)",
            r"(?:i|we)(?:'ve| have)? already (?:asked|told|tried|explained|said|sent|answered)",
            r"ask(?:ed|ing) (?:again|twice|three times)|again and again|(?:second|third|fourth|\d(?:nd|rd|th)) time",
            r"any (?:update|news)|still (?:waiting|no (?:reply|answer|response|news))|following up",
            r"(?:no|without) (?:a )?(?:reply|answer|response) (?:yet|so far|since)",
        ),
        "disappointment": (
            r"disappoint(?:ed|ing|ment)|frustrat(?:ed|ing|ion)|fed up|sick (?:and tired )?of|unacceptable",
            r"ridiculous|waste of (?:time|money)|let (?:me|us) down|not good enough|poor (?:service|support)|terrible",
            r"awful|horrible|useless|unhappy|had enough|at my wits'? end|driving me (?:crazy|mad|nuts)|fuming|furious",
            r"angry|infuriating",
        ),
        "wants_human": (
            r"(?:speak|talk|chat) (?:to|with) (?:a |an |some)?(?:real |actual |live )?"
            r"(?:human|person|someone|agent|manager|supervisor|representative|body)",
            r"(?:real|live|actual) (?:human|person|agent)|call me(?: back)?|escalate (?:this|to)|your manager",
        ),
        "urgency": (
            r"urgent(?:ly)?|asap|as soon as possible|immediately|right (?:now|away)|emergency|time[- ]critical",
            r"deadline|(?:cannot|can't|can not) work|dead in the water|blocking (?:us|me|our)|business[- ]critical",
            r"production is down|by (?:end of day|eod|tomorrow|tonight)",
        ),
    }.items()
)
_EXCLAMATION = re.compile(r"!{2,}|\?!|!\?|\?{3,}")
_KIND = re.compile(r"\b(?:thank|thanks|thx|great|perfect|yes|no|ok|okay|works|solved|fixed|cheers)\b", re.I)


@functools.cache
def _analyzer() -> SentimentIntensityAnalyzer:
    analyzer = SentimentIntensityAnalyzer()
    for word in _TOPIC_WORDS:
        analyzer.lexicon.pop(word, None)
    analyzer.lexicon.update(_SUPPORT_WORDS)
    return analyzer


def markers(text: str, *, is_reply: bool = False) -> list[str]:
    """Names of the markers in the text, in a fixed order. `is_reply`: not the ticket's first message."""
    lowered = text.lower()
    found = [name for name, pattern in MARKERS if pattern.search(lowered)]
    words = re.findall(r"[^\W\d_]{2,}", text)
    if _EXCLAMATION.search(text):
        found.append("exclamation")
    letters = [word for word in words if len(word) > 3]
    loud = [word for word in letters if word.isupper()]
    if len(loud) >= 4 and len(loud) >= 0.5 * len(letters):
        found.append("capitals")
    if is_reply and 0 < len(words) <= 6 and not _KIND.search(text):
        found.append("clipped_reply")
    return found


def score(text: str, found: list[str]) -> float | None:
    """-1 to 1, rounded to 4 places; `found` are the text's markers. None for a text without words."""
    if not re.search(r"[^\W\d_]{2}", text):
        return None
    analyzer = _analyzer()
    spoken = [sentence for sentence in sentences(text[:SAMPLE]) if _may_feel(sentence, analyzer)]
    felt = [value for sentence in spoken if (value := analyzer.polarity_scores(sentence)["compound"])]
    mean = sum(felt) / len(felt) if felt else 0.0
    return round(max(-1.0, min(1.0, mean - MARKER_WEIGHT * len(found))), 4)


def _may_feel(sentence: str, analyzer: SentimentIntensityAnalyzer) -> bool:
    """Whether a sentence holds a word or an emoji of the lexicon. VADER gives 0 to all others, after a long look."""
    known = analyzer.lexicon.keys()
    words = sentence.lower().split()
    if not known.isdisjoint(words) or not known.isdisjoint([word.strip(string.punctuation) for word in words]):
        return True
    return not sentence.isascii() and not analyzer.emojis.keys().isdisjoint(sentence)
