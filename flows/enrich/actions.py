"""What an agent does in one message: asks, links an article, gives instructions, refunds, hands on, fixes.

The sequence over a conversation is for dbt to say: here is read what one text says, and a key by which equal replies to
different tickets are known.
"""

from __future__ import annotations

import re

from flows.core.keys import digest
from flows.core.redaction import PLACEHOLDER
from flows.enrich.help_links import is_help_link
from flows.enrich.hints import holds
from flows.enrich.sentences import sentences

VERSION = 3
SAMPLE = 6_000  # characters of text that are looked at
MIN_LETTERS = 80  # a reply with fewer is too short to be told from what anybody would write
# In the order in which they stand in a message's list.
ACTIONS = (
    "question", "article", "tracker", "bug_noted", "instructions", "workaround", "refund", "escalation", "fix", "reply",
)  # fmt: skip
INTERNAL = {"tracker", "bug_noted", "escalation"}  # what counts in a note that the customer does not see

_URL = re.compile(r"https?://[^\s<>|\"'()\[\]]{4,300}")
_TRACKER = re.compile(
    r"https?://(?:[\w.-]{0,80}bugzilla[\w.-]{0,80}/|bugs?\.[\w.-]{1,80}/|(?:www\.)?(?:github"
    r"|gitlab)\.[\w.]{2,40}/[\w./-]{3,160}"
    r"/issues/\d|[\w.-]{1,80}/browse/[A-Z][A-Z0-9]{1,9}-\d|linear\.app/[\w-]{1,60}/issue/)",
)
_ASKED = re.compile(
    r"\b(?:could|can|would|will) you (?:please )?(?:send|share|provide|tell|give|attach|post|confirm|let|check"
    r"|describe)"
    r"|\bplease (?:send|share|provide|attach|post|describe|tell|confirm|let (?:me|us) know (?:which|what|if|whether"
    r"|how))"
    r"|\b(?:which|what) (?:version|browser|operating system|os|account|plan|device|provider)\b",
    re.I,
)
_ASKED_HINTS = ("could you ", "can you ", "would you ", "will you ", "please ", "which ", "what ")
# Questions that ask for nothing that would help to answer.
_POLITE = re.compile(
    r"\b(?:anything else|does (?:this|that) (?:help|work|answer|make sense)|did (?:this|that) (?:help|work)|how are you"
    r"|is there more)\b",
    re.I,
)
_BUG = re.compile(
    r"\b(?:bugs?|bugzilla|regression|known (?:issue|problem|defect)"
    r"|(?:our|the) developers?(?! (?:tools?|console|edition|options|mode))"
    r"|defect)\b(?! (?:report )?form)",
    re.I,
)
_NO_BUG = re.compile(r"\b(?:not|isn't|no) (?:a |an |any )?(?:known )?(?:bug|regression|defect)\b", re.I)
_INSTRUCTIONS = re.compile(
    r"(?:^|[.!:;,?)]\s{0,3}|\b(?:please|then|and|just|you can|you could|you need to|try to|to|should|first|next)\s)"
    r"(?:click|go to|open|select|choose|press|navigate|restart|reboot|re-?install|uninstall|update|upgrade|clear"
    r"|disable|enable|uncheck|untick|tick|set (?:the|it|your|up)|start (?:in|it|the)|remove (?:the|your|that|this)"
    r"|(?:delete|rename|copy|move|download|install|run|use) (?:the|your|that|this)|make sure|double-?check"
    r"|check (?:the|your|that|if|whether|in|under|for)|turn (?:on|off)|right[- ]click|log out|sign out|reset"
    r"|change (?:the|your|it))\b"
    r"|\b(?:try|please do) (?:the following|these|this|to|restarting|clearing|disabling|updating|a )"
    r"|^\s*(?:step )?\d{1,2}[.)]\s+\w|\w > \w",
    re.I | re.M,
)
# A path through menus, with any arrow and no more than a quotation mark or a bracket beside it: `View>Folders`,
# `"Tools" -> Privacy`. A quoted line, what stands for a name (`<id>`), a word in angled quotes and a link are none.
_ARROWS = (">", "→", "⇒", "➜", "➔", "»", "›")
_MENU_PATH = re.compile(
    r"[^\W\d_]['\")\]”’*]{0,2}(?: ?-{0,2}[-=]> ?| ?[→⇒➜➔»›] ?| ?(?<!>)>(?!>) ?)['\"(\[“‘*]{0,2}"
    r"(?!https?:|www\.)[^\W\d_]{2}"
)
_NO_PATH = re.compile(r"<[^<>\n]{1,200}>|«[^«»\n]{1,80}»|»[^«»\n]{1,80}«|‹[^‹›\n]{1,80}›|›[^‹›\n]{1,80}‹")
# Of which a text must hold one for them, or the number of a step.
_INSTRUCTION_HINTS = (
    "click", "go to", "open", "select", "choose", "press", "navigate", "start", "boot", "install", "update", "upgrade",
    "clear", "able", "check", "tick", "set", "remove ", "delete ", "rename ", "copy ", "move ", "download ", "run ",
    "use ", "make sure", "turn o", "log out", "sign out", "change ", "try ", "please do ", " > ",
)  # fmt: skip
_NUMBERED = re.compile(r"\d[.)]\s")
_WORKAROUND = re.compile(
    r"\b(?:work-?arounds?|as an alternative|in the meantime|(?:for now|until then|meanwhile),? (?:you|please|we"
    r"|use)|temporary"
    r" (?:fix|solution)|stopgap)\b",
    re.I,
)
_REFUND = re.compile(
    r"\b(?:(?:have|has|'ve|been|was|just|will|'ll|am|we|i) (?:\w+ ){0,2}refund(?:ed|ing)?|(?:issued|processed"
    r"|approved|initiated)"
    r" (?:\w+ ){0,3}(?:refund|credit)|refund (?:has been|was|is) |credit note|credited (?:\w+ ){0,3}account)\b",
    re.I,
)
_ESCALATION = re.compile(
    r"\b(?:escalat\w+|(?:passed|forwarded|handed|sent|raised|reported|passing|forwarding|raising|bring|filed|taken)"
    r" (?:\w+ ){0,4}(?:to|with|up with|over to) (?:\w+ ){0,3}(?:engineer\w*|develop\w+|specialists?|tier|level"
    r"|product|billing"
    r"|security|team|colleagues?|manager)|(?:second|third|2nd|3rd|tier)[ -](?:level|line|two|2|3)|filed (?:a "
    r"|an )?(?:bug|issue))\b",
    re.I,
)
_FIX = re.compile(
    r"\b(?:(?:fix|patch|hotfix|correction) (?:has been|was|is|is now|went) (?:now )?(?:deployed|released|shipped"
    r"|live|out|available"
    r"|rolled out|in)|(?:we|i)(?:'ve| have)? (?:now |just |already )?(?:fixed|deployed|released|shipped|resolved"
    r"|corrected|rolled out)"
    r"|(?:has been|is|was|been|is now) (?:now )?(?:fixed|resolved|corrected) (?:in|with|by|now|on|since)"
    r"|fixed (?:in|with) (?:version"
    r" |release |v)?\d|resolved on our (?:side|end))\b",
    re.I,
)
_GREETING = re.compile(
    r"^\s{0,9}(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|hallo|bonjour|hola|ciao)\b"
    r"[^\n,!.]{0,40}[,!.\n]",
    re.I,
)
# Words of which a text must hold one for the pattern to match it.
_WORDS: dict[str, tuple[tuple[str, ...], re.Pattern[str]]] = {
    "bug_noted": (("bug", "regress", "known", "developer", "defect"), _BUG),
    "workaround": (("work", "alternative", "mean", "for now", "until then", "temporary", "stopgap"), _WORKAROUND),
    "refund": (("refund", "credit"), _REFUND),
    "escalation": (
        ("escalat", "engineer", "develop", "special", "tier", "level", "product", "billing", "security", "team",
         "colleague", "manager", "filed"),
        _ESCALATION,
    ),
    "fix": (("fix", "patch", "correct", "deployed", "released", "shipped", "resolved", "rolled out"), _FIX),
}  # fmt: skip
_LETTERS = re.compile(r"[^\W\d_]+")


def actions_of(text: str, *, is_public: bool = True) -> list[str]:
    """The actions in one message of an agent, in the order of ACTIONS; `reply` where it shows none of them.

    Of a note that the customer does not see only INTERNAL counts. Empty for an empty text.
    """
    said = text[:SAMPLE].replace("’", "'")
    if not said.strip():
        return []
    lowered = said.lower()
    links = [match[0] for match in _URL.finditer(said)] if "://" in said else []
    found = {
        "question": (holds(lowered, _ASKED_HINTS) and bool(_ASKED.search(said))) or ("?" in said and _asks(said)),
        "article": any(is_help_link(link) and not _TRACKER.match(link) for link in links),
        "tracker": any(_TRACKER.match(link) for link in links),
        "instructions": _instructs(said, lowered),
        **{name: _shows(said, lowered, *_WORDS[name]) for name in _WORDS},
    }
    done = [name for name in ACTIONS if found.get(name) and (is_public or name in INTERNAL)]
    return done or (["reply"] if is_public else [])


def _instructs(said: str, lowered: str) -> bool:
    if (holds(lowered, _INSTRUCTION_HINTS) or _NUMBERED.search(said)) and _INSTRUCTIONS.search(said):
        return True
    return holds(said, _ARROWS) and bool(_MENU_PATH.search(_NO_PATH.sub(" ", said)))


def _asks(said: str) -> bool:
    return any(piece.endswith("?") and not _POLITE.search(piece) and len(piece) > 12 for piece in sentences(said))


def _shows(said: str, lowered: str, hints: tuple[str, ...], pattern: re.Pattern[str]) -> bool:
    if not holds(lowered, hints):
        return False
    return bool(pattern.search(_NO_BUG.sub(" ", said) if pattern is _BUG else said))


def reply_key(text: str) -> str | None:
    """The same for replies that differ in greeting, numbers and personal data alone; None for one with few words."""
    plain = _GREETING.sub(" ", PLACEHOLDER.sub(" ", text[:SAMPLE]), count=1)
    words = _LETTERS.findall(plain.lower())
    return digest(*words)[:16] if sum(map(len, words)) >= MIN_LETTERS else None
