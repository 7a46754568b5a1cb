"""What a customer says they tried already, by the seed `steps.csv`: an action, whether they did it, whether it helped.

A rule's pattern names an action in any form (`clear the cache`, `cleared`, `clearing`); here is told whether it was
done. A past form counts where its subject is the writer, or left out as in a list; a gerund, an infinitive or a noun
only after words such as `tried`, `after` or `even`. What they ask about, plan, or were told is no step; what they say
they did not do is one that is not tried. The outcome stands in the same sentence or at the beginning of the next one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from flows.enrich.help_links import article_key, is_help_link, title_key
from flows.enrich.hints import holds
from flows.enrich.sentences import sentences

VERSION = 3
SAMPLE = 6_000  # characters of text that are looked at
MAX_SPAN = 160
MAX_SENTENCE = 600
MAX_STEPS = 25
FOLLOWED = "follow_article"

_URL = re.compile(r"https?://[^\s<>|\"'()\[\]]{4,300}")
_TITLE = re.compile(r"[\"“«]([^\"“”«»\n]{8,120})[\"”»]")

# The last words before a past form where its subject is the writer, or is left out.
_MINE = re.compile(
    r"(?:^|[,;:(/*•–-]\s?|\b(?:i|we|i've|we've|ive|i'd|have|had|having|already|also|then|and|even|just|or|but|first"
    r"|next|simply|both|completely|fully|totally|again|twice|now|myself|successfully|not|never|\w+n't|tried|so|finally"
    r"|after|since|when|once)\s)$"
)
_THEIRS = re.compile(
    r"\b(?:you|they|he|she|it|support|windows|who|that|which|was|were|is|are|been|being|be|gets?|got|has|automatically"
    r"|itself|(?:is|was|are|were|does|has)n't)\b(?!.*\b(?:i|we|i've|we've|i'd|ive)\b)"
)
_TRIED = re.compile(
    r"\b(?:tr(?:y|ied|ying)|attempt(?:ed|ing)|after|by|despite|besides|even|including|did|done|performed|managed"
    r"|decided"
    r"|proceeded|with no)\b"
)
_TRIED_THING = re.compile(
    r"\b(?:tried|trying|tested|testing|us(?:ed|ing)(?= ?(?:\w+ ){0,2}$)|started|starting|ran|running|opened|booted"
    r"|created|made|switched"
    r"|installed|checked|happen(?:s|ed|ing)|works?|worked|fails?|failed|even|same (?:problem|issue|error|thing"
    r"|result)s?)\b"
)
_ASIDE = re.compile(
    r"\($|\bof (?:the|my|an?) $|(?<!switched )(?<!changed )(?<!went )\bto (?:my |the |a |an )?$"
)  # moved to another computer
# What began with a change is no remedy.
_SINCE = re.compile(r"\b(?:since|after|when|once|following|during|as)\b(?!.*\beven\b)")
_CHANGES = {"update", "downgrade", "reset_password"}
_IN_VAIN = re.compile(
    r"\beven\b|\b(?:still|same|persist\w*|remain\w*|continu\w*)\b(?!.*\b(?:since|when|once|experienc\w+)\b)"
)
_SOON = r"(?:[^.;]|\.(?=\d)){0,60}"
_STILL = re.compile(rf"{_SOON}\bstill\b")
_NOW = (
    r"(?:now|since then|ever since|since that|after that|afterwards)\b"
    r"(?!,? (?:it|everything|all|that) (?:works|is fine|is solved))"
)
_EVER_SINCE = re.compile(
    rf"{_SOON}(?:\b(?:and|but)|,) (?:{_NOW}|(?:(?:i|we)(?: have|'ve)? )?(?:lost|cannot|can't|can no longer)\b)"
)
_FROM_THEN_ON = re.compile(rf"(?:and |but )?{_NOW}")
_HYPOTHETICAL = re.compile(
    r"\b(?:should|shall|could|can|would|will|'ll|may|might|must|need|needs|ought|if|unless|how|please|recommend"
    r"|consider(?:ing)?"
    r"|suggest(?:s|ed)?|advised?|told|asks?|asked|wants?|wanted|plan(?:ning)?|going to|about to|before|instead of"
    r"|rather than|reluctant|hesita\w+|afraid|scared|loath"
    r"|do i|do we|is there|way to|possible|option to|why|where|have to|has to"
    r"|prompt(?:s|ed)?)\b(?!.*\b(?:so|but) (?:i|we)\b)"
)
_NOT = re.compile(
    r"\b(?:not|never|haven't|hasn't|didn't|don't|cannot|can't|couldn't|won't|wouldn't|yet to|without|unable|refuse)\b"
    r"(?!.*\b(?:after|by|despite|even|when|although|though|because|since|until|only)\b)"
)
_NOT_TRIED = re.compile(
    r"\b(?:not|never|haven't|didn't|hadn't|yet to)\b(?!.*\b(?:only|just|sure|help|work|after|by|despite"
    r"|even|when|while|because|since|hence|so|why)\b)"
)
# A past form soon after the denial, or at the end of a list that it opens; else a word of trying.
_JUST_DENIED = re.compile(
    r"\b(?:not|never|\w+n't)(?: \w+){0,2} $|\b(?:i|we) (?:have not|haven't|did not|didn't|never)\b[^.]{0,40}\bor $"
)
_DENIES_TRYING = re.compile(
    r"\b(?:i|we)\b.{0,30}\b(?:not|never|\w+n't)\b.{0,30}\b(?:tr(?:ied|ying)|used|done|attempted)\b"
    r"|\b(?:did not|didn't|never)(?: even| yet| really)? $"
)
_CLAUSE = re.compile(
    r"\b(?:but|however|although|though)\b|, yet\b|;|, (?=(?:i|we|then|so|and i|and we|it|they|you)\b)| - "
)
_PAST = re.compile(
    r"(?:(?:re-)?\w+ed|reset|re-set|ran|went|did|gone|set|rebuilt|made|wrote|spoke|read|looked|left|tried|used|put|cut)\b"
)
_ASKS_TOO = re.compile(r"(?:reset|re-set|set|put|cut|read)\b")  # past, or what is asked for
_VERB = re.compile(
    r"(?:re-?start|reboot|relaunch|power|turn|re-?install|uninstall|install|updat|upgrad|downgrad|roll|go|revert"
    r"|clear|delet"
    r"|empt|remov|flush|purg|wip|switch|us|reset|chang|renew|re-?set|re-?enter|creat|generat|logg?|sign|re-?logg?"
    r"|disabl"
    r"|deactivat|paus|stopp?|start|mak|re-?add|add|set|repair|compact|rebuil|re-?index|check|double|verif|compar|review"
    r"|look|confirm|adjust|toggl|edit|test|follow|try|appl|perform|complet|do|work|search|googl|contact|call|speak|talk"
    r"|chat|phon|ask|e-?mail|restor|recover|import|cop|wait|re-?authenticat)"
)

_FAILED = re.compile(
    r"\b(?:(?:did|does|do|has|have|had)(?:n't| not)(?: (?:seem to|really|even|make any))*"
    r" (?:help|work|fix|solve|resolve|change|cure|difference|do anything|do it)\w*"
    r"|no (?:luck|success|help|change|difference|effect|joy|avail|improvement|results?|good)|without (?:success|luck)"
    r"|nothing (?:has )?(?:help|work|chang|happen|fix|solv)\w*|not (?:help|work|fix|solv)(?:ed|ing)|in vain|useless"
    r"|none of (?:that|this|these|those|them|it|which|the)\b"
    r"|(?:the )?same (?:problem|issue|error|result|thing|message|behaviou?r)|still\b(?! (?:works?|working|fine|good"
    r"|ok)\b)"
    r"|(?:problem|issue|error|situation)s? (?:persist|remain|continue|came back|comes back|return)\w*"
    r"|but (?:it|they|this|that)? ?(?:fail\w*|did(?:n't| not)|does(?:n't| not))"
    r"|made it worse|all to no|hat (?:\w+ ){0,2}?nichts? (?:geholfen|gebracht)|ohne erfolg|hilft nicht|brachte nichts"
    r"|immer noch|sans succès|n'a rien|ça ne (?:marche|change|fonctionne)|sin éxito|no funcion\w+|sigue\w*"
    r"|no (?:me )?ayud\w+|senza successo|non funziona|non (?:è )?(?:cambiat|risolt)\w*|ma niente|stesso (?:problema"
    r"|errore))\b"
)
_HELPED = re.compile(
    r"\b(?:(?:that|this|it|which|everything|and)(?: has| have| finally| seems to have)? (?:fixed|solved|resolved|cured"
    r"|helped|worked|works (?:now|again|fine)|did the trick|did it|is working|is fixed|is solved)"
    r"|(?:problem|issue) (?:is |was |has been |is now |now )?(?:solved|fixed|resolved|gone|went away)"
    r"|working (?:now|again)"
    r"|works (?:now|again)|back to normal|hat geholfen|funktioniert (?:jetzt|wieder)|a résolu|ha funcionado"
    r"|ha risolto)\b"
)
_FOR_A_TIME = re.compile(r"\b(?:for (?:a|an|one|two|a few|some|about)|temporar\w*|until|at first|once|briefly|only)\b")
_LEADS = re.compile(
    r"(?:but|that|this|it|none|nothing|no |same|the same|still|didn't|did not|neither|unfortunately|however|problem"
    r"|the problem"
    r"|the issue|issue|not |all |and |same|ohne|immer|sans|toujours|sin|sigue|senza|ma )"
)
_CUE = re.compile(
    r"\b(?:follow|tri|try|read|went through|looked|did|used|applied|per|according|as described|found)\w*\b"
)
# In other languages the patterns are participles: what denies them or makes them a plan stands in the same clause.
_DENIED = {
    "de": re.compile(r"\b(?:nicht|nie|ohne|kein\w*|soll|muss|kann|könnte|würde|werde[n]?|bitte|wie)\b"),
    "fr": re.compile(r"\b(?:pas|jamais|sans|dois|faut|peut|comment|vais|allons)\b"),
    "es": re.compile(r"\b(?:no|nunca|sin|debo|puedo|cómo|hay que|voy a|vamos a)\b"),
    "it": re.compile(r"\b(?:non|mai|senza|devo|posso|come|[a-z]{2,}[ei]rò)\b"),
}


class Step(NamedTuple):
    step: str
    is_tried: bool  # False: they say they did not
    outcome: str | None  # helped, did_not_help; None where it is not said
    span: str
    article: str | None  # how the article they followed is known (`help_links`), None without a link or title


@dataclass(frozen=True)
class Rule:
    """A row of the seed. A text must hold one of `needs`, in lower case, for the pattern to match it."""

    step: str
    language: str
    needs: tuple[str, ...]
    pattern: re.Pattern[str]


def rules_of(seed: pl.DataFrame) -> tuple[Rule, ...]:
    """The rules of `steps.csv`. Raises re.error for a pattern that is none."""
    return tuple(
        Rule(row["step"], row["language"], tuple(row["needs"].split("|")), re.compile(row["pattern"]))
        for row in seed.iter_rows(named=True)
    )


def find_steps(text: str, rules: tuple[Rule, ...], language: str | None = None) -> list[Step]:
    """The steps in one message of a customer, each once, in the order of the text.

    A step is kept once a message: done before not done, with an outcome before without one.
    """
    lowered = text[:SAMPLE].lower()
    spoken = language if language in _DENIED else "en"
    likely = [rule for rule in rules if rule.language == spoken and holds(lowered, rule.needs)]
    if not likely:
        return []
    found: dict[str, Step] = {}
    said = [piece[:MAX_SENTENCE] for piece in sentences(text[:SAMPLE])]
    for place, sentence in enumerate(said):
        following = said[place + 1].lower()[:160] if place + 1 < len(said) else ""
        for step in _of_sentence(sentence, following, likely, spoken):
            known = found.get(step.step)
            if known is None or (step.is_tried, step.outcome is not None) > (known.is_tried, known.outcome is not None):
                found[step.step] = step
    return list(found.values())[:MAX_STEPS]


def _of_sentence(sentence: str, following: str, rules: list[Rule], language: str) -> list[Step]:
    plain = sentence.replace("’", "'").replace("`", "'").lower()
    steps = []
    for rule in rules:
        if not holds(plain, rule.needs):
            continue
        for match in rule.pattern.finditer(plain):
            is_cause = _is_cause(rule.step, plain[: match.start()], plain[match.end() :], following)
            is_tried = None if is_cause else _is_tried(plain, match, language)
            if is_tried is None:
                continue
            article = _article(sentence, following) if rule.step == FOLLOWED else None
            outcome = _outcome(plain[match.end() :], following) if is_tried else None
            steps.append((match.start(), Step(rule.step, is_tried, outcome, _span(sentence, match), article)))
            break
    if language == "en" and "://" in plain and not any(step.step == FOLLOWED for _, step in steps):
        steps += [(start, step) for start, step in _link(sentence, plain, following)]
    return [step for _, step in sorted(steps, key=lambda pair: (pair[0], pair[1].step))]


def _is_tried(plain: str, match: re.Match[str], language: str) -> bool | None:
    """Whether they did it; None where the words say neither that they did nor that they did not."""
    before = _CLAUSE.split(plain[: match.start()])[-1][-120:].lstrip()
    if language != "en":
        after = re.split(r"[,.;]|\b(?:aber|mais|pero|ma)\b", plain[match.end() :])[0][:60]
        clause = f"{re.split(r'[,;]', before)[-1]} {match[0]} {after}"
        return None if _DENIED[language].search(clause) or plain.rstrip().endswith("?") else True
    if plain.rstrip().endswith("?") and not re.search(r"\b(?:i|we|i've|we've)\b", before):
        return None
    if re.match(r"\W*(?:please )?try\b", before):  # what somebody told them to do
        return None
    if re.search(r"\b(?:do|did|does|should|can|could|would|will|shall|must) (?:i|we|you)\b", before):
        return None
    words = match[0]
    denied = _NOT_TRIED.search(before)
    if _PAST.match(words):
        if denied:
            return False if _JUST_DENIED.search(before) else None
        if _THEIRS.search(before) or not _MINE.search(before):
            return None
        if _ASKS_TOO.match(words) and not re.search(r"\b(?:i|we|i've|we've|i'd|have|had|having)\b", before):
            return None
        return None if re.search(r"\b(?:if|unless|until|before|as soon as) (?:i|we)(?: \w+)?\s$", before) else True
    if _HYPOTHETICAL.search(before):
        return None
    if _NOT.search(before):
        return False if denied and _DENIES_TRYING.search(before) else None
    is_verb = _VERB.match(words) is not None
    if (
        is_verb
        and not re.match(r"\w*(?:ing)\b", words)
        and not re.search(r"\b(?:tr(?:ied|ying)|attempted|managed|decided)\b", before)
    ):
        return None
    if is_verb and _TRIED.search(before):
        return True
    if not is_verb and _TRIED_THING.search(before) and not _ASIDE.search(before):
        return True
    return True if is_verb and re.match(r"[^,.;]{0,30}\b(?:did|does|has|had) ?n[o']t", plain[match.end() :]) else None


def _is_cause(step: str, before: str, after: str, following: str) -> bool:
    """Whether they changed it before the trouble began: `since I updated`, `I updated and now`, `I updated. Now`; not
    `even after updating`, nor `after updating it still`."""
    if step not in _CHANGES:
        return False
    clause = _CLAUSE.split(before)[-1][-80:]
    if _IN_VAIN.search(clause) or ("since" not in clause and _STILL.match(after)):
        return False
    if _SINCE.search(clause) or _EVER_SINCE.match(after):
        return True
    return not _FAILED.search(after) and _FROM_THEN_ON.match(following) is not None


def _outcome(after: str, following: str) -> str | None:
    """What the rest of the sentence says of it, else the beginning of the next one."""
    for words in (after[:240], following if _LEADS.match(following) else ""):
        if _FAILED.search(words):
            return "did_not_help"
        helped = _HELPED.search(words)
        if helped:
            return None if _FOR_A_TIME.search(words[helped.end() :]) else "helped"
    return None


def _link(sentence: str, plain: str, following: str) -> list[tuple[int, Step]]:
    """A link to a help article with a word that says it was followed, and with what came of it."""
    for link in _URL.finditer(sentence):
        if is_help_link(link[0]):
            outcome = _outcome(plain[link.end() :], following)
            if outcome and _CUE.search(plain[: link.start()]) and not _HYPOTHETICAL.search(plain[: link.start()]):
                return [(link.start(), Step(FOLLOWED, True, outcome, _span(sentence, link), article_key(link[0])))]
    return []


def _article(sentence: str, following: str) -> str | None:
    """How the article of a sentence is known: its link, also when it stands in the next sentence, else its title."""
    for words in (sentence, following):
        links = [link[0] for link in _URL.finditer(words) if is_help_link(link[0])]
        if links:
            return article_key(links[0])
    title = _TITLE.search(sentence)
    return title_key(title[1]) if title else None


def _span(sentence: str, match: re.Match[str]) -> str:
    """The words around a match, at most MAX_SPAN characters of them."""
    if len(sentence) <= MAX_SPAN:
        return sentence
    start = max(0, min(match.start() - 60, len(sentence) - MAX_SPAN))
    return sentence[start : start + MAX_SPAN].strip()
