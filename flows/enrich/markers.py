"""Markers of strain in one customer's message, each with the words that show it. English.

| marker | shown by |
| --- | --- |
| asked_before | the writer says that they asked, told or waited before |
| disappointment | the writer says that they are let down |
| wants_human | a person, or one higher up, is asked for |
| urgency | the writer says that it cannot wait |
| exclamation | several marks in a row, outside of thanks |
| capitals | at least MIN_SHOUTED words in capitals in a row, some of which are words that people say |

What can be told of two messages alone, clipped replies and repeated questions, is in `followups`.
"""

from __future__ import annotations

import re

from flows.enrich.hints import holds
from flows.enrich.spans import WORD, Signal, first, phrases, signal, unquoted

VERSION = 3
KIND = "marker"
MIN_SHOUTED = 3
MIN_SAID = 2

_WE = r"(?:i|we)(?:'m| am|'re| are|'ve| have|'ve been| have been)?"
_SOMEBODY = (
    r"(?:(?:a |an |some |your |the )?(?:(?:real |actual |live |human |technical |support ){0,2}"
    r"(?:human(?: being)?|person|agent|representative|rep|operator|technician)"
    r"|manager|supervisor|boss|somebody|someone(?: real| in charge| senior| higher up| who)?))"
)
_DAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
# By marker: hints, and what the writer says.
PHRASES = phrases(
    {
        "asked_before": (
            (
                "as i |like i ",
                r"(?:as|like) i (?:have )?(?:already )?(?:said|mentioned|wrote|explained|told you|asked|"
                r"stated)(?: (?:before|already|earlier|previously|in my (?:last|first|previous)))?(?! above| "
                r"below| in the title)",
            ),
            (
                "already |repeatedly ",
                r"(?:i|we)(?:'ve| have)? (?:already|repeatedly) (?:asked|told|explained|said|sent|answered|"
                r"reported|contacted|posted (?:this|about|my)|submitted (?:this|a|my)|written (?:to|about))",
            ),
            (
                " again|once more",
                rf"{_WE} (?:asking|contacting|reporting|posting)(?: \w{{1,9}}){{0,2}} (?:again|once more)",
            ),
            (
                "asked ",
                r"(?:i|we)(?:'ve| have)? asked (?:this |you )?(?:again|before|twice|(?:several|many|three|"
                r"multiple) times)",
            ),
            (
                " time|ticket|message|mail|report|request",
                r"(?:ask|tell|explain|say|writ|report|contact|request|mention|repeat|call)\w{0,4}(?: "
                r"[\w']{1,12}){0,4} for the (?:second|third|fourth|fifth|umpteenth|nth|\d{1,2}(?:nd|rd|"
                r"th)) time|this is (?:now )?(?:the|my|our) (?:second|third|fourth|fifth|umpteenth|"
                r"\d{1,2}(?:nd|rd|th)) (?:ticket|message|e-?mail|mail|report|request|time (?:i|we)(?: have|"
                r"'ve)? (?:ask|writ|wrote|contact|report|call|tell)\w{0,4})",
            ),
            (
                "update|news|progress",
                r"(?:is there|are there|do you have|have you|has there been) (?:any|an) (?:updates?|news|"
                r"progress)(?! (?:available|to (?:install|download)|for thunderbird))|any (?:updates?|news|"
                r"progress)(?: (?:yet|here|please|on this|on my (?:ticket|case|issue|request)))?(?=\s*(?:[?.!]|"
                r"$))",
            ),
            (
                "waiting",
                rf"{_WE}(?: still)? waiting (?:for (?:a|an|any|your|some) (?:\w{{1,12}} )?(?:reply|answer|"
                r"response|update|solution|fix|refund)|(?:for )?\w{1,8} (?:days|weeks|months))",
            ),
            ("still ", r"still (?:waiting for (?:a|an|any|your)|no (?:reply|answer|response|news|word|solution|fix))"),
            (
                "following up|follow up|followup",
                r"(?:just |i am |i'm |i wanted to |want to )(?:following|follow)[ -]?up(?: (?:on|again|here|"
                r"about))?",
            ),
            (
                "reply|answer|response",
                r"(?:no|without|never (?:got|received|had)|(?:have not|haven't|did not|didn't) (?:get|got|"
                r"gotten|receive|received|had|heard)) (?:a |an |any )?(?:reply|answer|response) (?:yet|so far|"
                r"since|to (?:my|our|this)|from (?:you|anyone|support))",
            ),
            (
                "nobody|no one|no-one",
                r"(?:nobody|no one|no-one) (?:has |ever )?(?:answered|answers|replied|replies|responded|"
                r"responds|got back)",
            ),
        ),
        "disappointment": (
            (
                "disappoint|dissatisf|unhappy|displeas|let down",
                rf"(?:i|we)(?:'m| am|'re| are| feel| was| were){WORD}{{0,2}} (?:disappointed|let down|"
                r"dissatisfied|unhappy|displeased)",
            ),
            ("disappoint", r"(?:my |our |huge |big |great )disappointment|disappoint(?:ed|ing)"),
            (
                "what a |letting |let ",
                r"what a (?:let ?down|disappointment|shame|mess|joke)|let(?:ting)? (?:me|us) down",
            ),
            (
                "fed up|sick |enough",
                r"fed up|(?<!you're )(?<!you are )sick (?:and tired )?of|had enough of|not good enough(?! "
                r"(?:for|at|to)\b)",
            ),
            ("waste ", r"(?:complete |total |huge |utter |such a )?waste of (?:my |our |everyone's )?(?:time|money)"),
            (
                "poor |bad |terrible |awful |horrible |lousy |appalling |dreadful |worst ",
                r"(?:poor|terrible|awful|horrible|lousy|appalling|dreadful|worst)(?: (?:customer|technical|"
                r"user))? (?:service|support|experience|product|software|update|upgrade|design|program|app|"
                r"interface|decision|idea)|bad (?:service|support)",
            ),
            (
                "ridiculous|terrible|awful|horrible|useless|pathetic|unacceptable| disaster| joke|disgrace|"
                "nightmare",
                r"(?:this|it|that|which|version|update|upgrade|interface|support|service)(?: is|'s| was|has "
                rf"been){WORD}{{0,2}} (?:ridiculous|terrible|awful|horrible|useless(?! (?:to|if|for|when)\b)|"
                r"pathetic|unacceptable|a (?:\w{1,12} )?(?:disaster|joke|disgrace|nightmare))",
            ),
            (
                "expected |hoped |losing |lost |regret",
                r"(?:expected|hoped for) (?:much |far |a lot )?(?:better|more) (?:from|of) (?:you|this)|los(?:t|"
                r"ing) (?:all |any |my )?(?:faith|confidence|patience|trust)|regret (?:\w{1,12} "
                r"){0,2}(?:upgrad|updat|switch|buy|bought|install|sign)\w{0,4}",
            ),
        ),
        "wants_human": (
            (
                "speak |talk |chat |through |connected |transferred ",
                rf"(?:speak|talk|chat|be put through|be connected|be transferred) (?:to|with) {_SOMEBODY}",
            ),
            ("human|person|agent", r"(?:real|live|actual) (?:human|person|agent)s?|human (?:agent|being|support)"),
            (
                "call|phone|ring ",
                r"(?:need|want|like) (?:someone|somebody|you) to (?:\w{1,12} )?(?:call|phone|ring) (?:me|us)|"
                r"(?:please |can (?:you|someone|somebody) (?:please )?|could (?:you|someone) (?:please "
                r")?)(?:call|phone|ring|telephone) (?:me|us)(?: back)?",
            ),
            (
                "number",
                r"(?:phone|telephone) number (?:to call|(?:that )?(?:i|we) can (?:call|ring)|for (?:customer "
                r")?support)|is there (?:a|any) (?:phone|telephone|support) number|number (?:(?:i|we) can|to) "
                r"call",
            ),
            (
                "escalate|manager|supervisor",
                r"escalate (?:this|my|our|it|the (?:issue|ticket|case|matter))|your (?:manager|supervisor)",
            ),
        ),
        "urgency": (
            (
                "urgent",
                r"(?:very |really |extremely |quite |most |super )?urgent(?:ly)?(?! (?:flag|label|tag|folder|"
                r"status|priority|e?mails?|messages?|tickets?|queue|filter|column|checkbox|option|button|list|"
                r"tasks?|care|reports?|info|information|matters?|business|documents?)\b)",
            ),
            (
                "asap|a.s.a.p|possible|earliest",
                r"asap|a\.s\.a\.p|(?:as soon as|soonest) (?:humanly )?possible(?!,? (?:i|we) )|at (?:the|your) "
                r"earliest(?: convenience)?",
            ),
            (
                "immediately|right now|right away|tonight|by ",
                r"(?:please|needs?|must|(?:can|could|will) (?:you|someone|somebody)|have to)(?: (?!(?:not|never|"
                r"but|and|which|then)\b)[\w']{1,14}){1,8} (?:immediately|right (?:now|away)|tonight|by "
                rf"(?:the )?(?:end of (?:the )?day|eod|tomorrow|tonight|noon|{_DAY}))",
            ),
            (
                "emergency|critical|blocking|sensitive",
                r"(?:this|it)(?: is|'s) (?:an emergency|(?:time|business|mission)[- ](?:critical|sensitive))|"
                r"time[- ](?:critical|sensitive)|blocking (?:us|me|our \w{1,12})",
            ),
            ("deadline", r"(?:tight|looming|have a|my|our) deadline"),
            (
                " work| operate| trade| job",
                r"(?:i|we|nobody|no one|(?:my|our) (?:\w{1,12} )?(?:team|staff|company|office|users|"
                r"department|business)) (?:cannot|can't|can not|am unable to|are unable to) (?:work|do (?:my|"
                r"our|any) (?:job|work)|operate|trade)(?! (?:out|with (?:this|it|the)|on))",
            ),
            (
                "dead in |is down|losing |costing ",
                r"dead in the water|production (?:is|system is|server is) down|(?:losing|costing (?:us|me)) "
                r"(?:money|customers|clients|business|sales)",
            ),
        ),
    }
)  # fmt: skip

# What somebody marks or calls urgent need not be so, nor what the writer will do as soon as possible.
_NOT_URGENT = re.compile(
    r"(?:(?:mark|flagg?|labell?|tagg?|titl|nam|call)(?:ed|ing)?(?: \w{1,12}){0,2}(?: as)?"
    r"|(?:'ll|\bwill)(?! you\b)(?: \w{1,14}){1,5})[ '(]*$"
)
_MARKS = re.compile(r"[!?]{1,20}")
PLEASED = re.compile(
    r"\b(?:thank|thanks|thx|ty|great|perfect|awesome|wonderful|excellent|love|amazing|invaluable|yay|hooray|hurray"
    r"|congrat|cheers|hi|hello|happy|found|voila|wow|ok|okay|done|cracked|got it|finally|solution|fantastic|brilliant"
    r"|(?<!not )(?<!not very )helpful|worked|works|solved|fixed|appreciate|bless)"
)
_LOUD = re.compile(r"[A-Z](?<![\w-][A-Z])[A-Z']{0,20}(?:[ ,!?\"]{1,4}[A-Z][A-Z']{0,20}){2,60}(?![\w-])")
_LOUD_WORD = re.compile(r"[A-Z']+")
# Words that people say, and that name no product, protocol or error.
_SAID = frozenset((
    "I", "I'M", "I'VE", "MY", "ME", "WE", "OUR", "US", "YOU", "YOUR", "PLEASE", "HELP", "WHY", "HOW", "WHAT",
    "WHEN", "WHERE", "STILL", "NOW", "DON'T", "CAN'T", "DOESN'T", "WON'T", "DIDN'T", "ISN'T", "HAVE", "HAS", "DOES",
    "DID", "WANT", "NEED", "NEVER", "NOTHING", "ANYONE", "SOMEONE", "THIS", "THAT", "THESE", "THEY", "IT", "IS",
    "ARE", "WAS", "WILL", "SHOULD", "WOULD", "COULD", "VERY", "REALLY", "ALWAYS", "AGAIN", "ALREADY", "BECAUSE",
    "JUST", "GET", "GOT", "BEEN", "AM", "THANK", "THANKS", "STOP", "FIX",
))  # fmt: skip


def find(text: str, said: str) -> list[Signal]:
    """The markers of a message, each at its first place, in a fixed order. `said` is the text as `spoken` gives it."""
    found = [one for one in first(KIND, PHRASES, text, said) if not _is_patient(one, said)]
    return [*found, *_exclaimed(text, said), *_shouted(text)]


def _is_patient(found: Signal, said: str) -> bool:
    return found.name == "urgency" and bool(_NOT_URGENT.search(said[: found.starts][-60:]))


def _exclaimed(text: str, said: str) -> list[Signal]:
    """The first run of marks, with up to 40 characters of the sentence before it."""
    if not holds(said, ("!!", "!?", "?!", "???")):
        return []
    for match in _MARKS.finditer(said):
        marks = match.group()
        is_loud = len(marks) > 1 and ("!" in marks or len(marks) > 2) and said[match.end() : match.end() + 1].isspace()
        if not (is_loud or (len(marks) > 1 and "!" in marks and match.end() == len(said))):
            continue
        sentence = max(said.rfind(end, 0, match.start()) for end in ".!?\n") + 1
        if PLEASED.search(said, sentence, match.start()) or not said[sentence : match.start()].strip():
            continue
        starts = max(sentence, match.start() - 40)
        if starts > sentence:  # from the next word on
            starts = max(starts, said.find(" ", starts, match.start()))
        starts += len(said[starts : match.end()]) - len(said[starts : match.end()].lstrip())
        return [signal(KIND, "exclamation", text, starts, match.end())]
    return []


def _shouted(text: str) -> list[Signal]:
    """Words in capitals, where they are said: a name, a row of acronyms and the line below a letter are not."""
    for match in _LOUD.finditer(unquoted(text)):
        words = _LOUD_WORD.findall(match.group())
        if len(words) >= MIN_SHOUTED and sum(word in _SAID for word in words) >= MIN_SAID:
            return [signal(KIND, "capitals", text, match.start(), match.end())]
    return []
