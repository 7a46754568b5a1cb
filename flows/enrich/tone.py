"""How a customer says that they feel, in which words. English; where nobody says so, there is no tone.

| tone | the writer says that |
| --- | --- |
| angry | they are angry, or what was done to them is an outrage |
| frustrated | they have tried long enough, or it wears them out |
| anxious | they are afraid of what they may lose |
| confused | they do not understand what they see or what to do |

What the writer's own customers feel, and what is only supposed or denied, is none of these.
"""

from __future__ import annotations

from flows.enrich.spans import WORD, Signal, first, phrases

VERSION = 1
KIND = "tone"

_SELF = rf"(?:i|we)(?:'m| am|'re| are| was| were| feel| get| got| am getting|'m getting| remain){WORD}{{0,2}}"
_THIS = rf"(?:this|it|that|which)(?: is| was| has been|'s){WORD}{{0,2}}"

# By tone, the strongest first: hints, and what the writer says.
PHRASES = phrases(
    {
        "angry": (
            (
                "angry|furious|livid|outraged|fuming|pissed|disgusted|mad |enraged|irate",
                rf"{_SELF} (?:angry|furious|livid|outraged|fuming|pissed(?: off)?|disgusted|mad (?:at|about)|"
                r"enraged|irate)",
            ),
            (
                "outrageous|infuriat|madden|disgrac|disgusting|insult|scam|criminal|bullshit|pathetic|inexcus|"
                "unforgiv|appalling",
                rf"{_THIS} (?:outrageous|infuriating|maddening|disgraceful|a disgrace|disgusting|insulting|an "
                r"insult|criminal|bullshit|pathetic|inexcusable|unforgivable|appalling)|infuriating",
            ),
            (
                "unacceptable|outrageous|disgraceful|inexcusable",
                rf"{_THIS} unacceptable|(?:absolutely|totally|completely|utterly|simply) (?:unacceptable|"
                r"outrageous|disgraceful|inexcusable)",
            ),
            (
                "how dare|shame on|screw|what the |wtf|bullshit|damn",
                r"how dare you|shame on you|screw (?:you|this)|what the (?:hell|fuck\w{0,4})|wtf|bullshit|god "
                r"?dam(?:n|ned|mit|nit)",
            ),
            (
                "damn|stupid|idiot|incompetent|fucking|bloody|moron",
                r"(?:your|these|those|this|you) (?:damn|damned|idiotic|incompetent|fucking|bloody|stupid)|"
                r"idiots(?! like|'? guide)|morons",
            ),
            (
                " hate | despise | loathe ",
                r"(?:i|we) (?:really |absolutely |just |totally )?(?:hate|despise|loathe) (?:this|the (?:new|"
                r"latest|update)|what you|your|how you|it)",
            ),
            (
                "ruined|destroyed|wrecked|screwed up|butchered",
                r"(?:you|they)(?:'ve| have| guys)? (?:completely |totally )?(?:ruined|destroyed|wrecked|screwed "
                r"up|butchered) (?:my|our|the|a|this|it)",
            ),
            (
                "lawyer|attorney|solicitor|legal action|sue you|rip",
                r"(?:my|our) (?:lawyers?|attorneys?|solicitors?) (?:will|is going|are going|has been|have been)|"
                r"(?:from|to|involve|contact) (?:my|our) (?:lawyers?|attorneys?|solicitors?)|(?:take|taking) "
                r"legal action|sue you|rip-?off",
            ),
        ),
        "frustrated": (
            (
                "frustrated|fed up|annoyed|exasperated|exhausted|sick of|tired of|irritated|end of my",
                rf"{_SELF} (?:frustrated|fed up|annoyed|exasperated|exhausted|sick of|tired of|irritated|at the "
                r"end of my)",
            ),
            (
                "frustrat|fed up|sick and|sick of|wit",
                r"(?:very |so |extremely |really )?frustrat(?:ed|ing|ingly)|(?:my|our|such|much|utter|great) "
                r"frustration|fed up|(?<!you're )(?<!you are )sick (?:and tired )?of|at (?:my|our) wit'?s'? "
                r"?end'?s?",
            ),
            (
                "crazy|mad|nuts|insane|bonkers|the wall",
                r"(?:driving|drives|drove) (?:me|us) (?:crazy|mad|nuts|insane|bonkers|up the wall)",
            ),
            (
                "hair out|enough|last straw|giving up|give up",
                r"(?:pulling|tearing) (?:my|our) hair out|(?:i've|i have|we have|we've) had enough|last straw|"
                r"(?:i'm|i am|about to|ready to|going to) (?:giving|give) up",
            ),
            (
                "annoying|irritating|tiresome|exasperating|nightmare|pain|headache|ridiculous|a joke|irritating",
                rf"{_THIS} (?:annoying|irritating|tiresome|exasperating|a (?:\w{{1,12}} )?(?:nightmare|pain|"
                r"headache|joke)|ridiculous)|(?:very|so|extremely|really|incredibly) (?:annoying|irritating)",
            ),
            (
                "everything|nothing ",
                r"(?:i|we)(?:'ve| have)? (?:tried|done) (?:just about |absolutely |literally )?everything(?: "
                r"(?:i|we) (?:can|could|know)(?: think of)?)?|nothing (?:i do |i try |i've tried )?(?:works|"
                r"helps|has worked|has helped|seems to work|seems to help|worked|helped)",
            ),
            (
                "hours|days|weeks|months",
                r"(?:(?:spent|wasted|lost) (?:[\w']{1,12} ){0,4}|after (?:\w{1,12} ){0,2})(?:hours|days|"
                r"weeks|months)(?: now| already)? (?:trying|attempting|fighting|struggling|searching|working on "
                r"this|on this|with this|on the phone|of (?:trying|frustration|work|my life|searching))",
            ),
        ),
        "anxious": (
            (
                "worried|anxious|nervous|afraid|scared|terrified|desperate|panick|stressed|concerned|"
                "frightened|freaking|a panic",
                rf"{_SELF} (?:worried|anxious|nervous|afraid (?!(?:that )?(?:i|we) (?:can't|cannot|don't|do not|"
                r"am not|won't))|scared|terrified|desperate|panicking|stressed|concerned(?! with)|frightened|"
                r"freaking out|in a panic)",
            ),
            (
                "fear|worry|panicked|panicking|desperately",
                r"(?:i|we) (?:really )?(?:fear (?:for|losing|that (?:i|we|my|our|all)|(?:i|we) (?:have lost|may|"
                r"might))|worry|panicked|am panicking|desperately need)|desperately need",
            ),
            (
                "worried|concerned|worrying|scary|stressful|worries|scares|stressing|desperate",
                r"(?:very|really|deeply|extremely|so) (?:worried|concerned|worrying|scary|stressful)|worr(?:ies|"
                r"ying) me|scares me|stressing me out|(?:getting |becoming )?desperate(?: for)?",
            ),
            (
                "lose ",
                r"(?:do not|don't|cannot|can't) (?:want to|afford to) lose (?:my|our|all|any|everything|these|"
                r"those|them|years)|(?:afraid|fear|risk) (?:of |to )?los(?:e|ing) (?:my|our|all|any|everything)",
            ),
            (
                "is my |are my |are our ",
                r"(?:is|are) (?:my|our) (?:data|account|information|files|messages|e-?mails) (?:still )?(?:safe|"
                r"secure)",
            ),
        ),
        "confused": (
            (
                "confused|baffled|puzzled|stumped|bewildered|mystified|perplexed|clueless|a loss|lost here",
                rf"{_SELF} (?:confused|baffled|puzzled|stumped|bewildered|mystified|perplexed|clueless|at a loss|"
                r"lost here)",
            ),
            (
                "understand|figure|work out|make sense| know ",
                r"(?:i|we) (?:really |just |still |simply |honestly )?(?:don't|do not|can't|cannot|can not|"
                r"didn't|couldn't) (?:really |quite |fully |even |seem to )?(?:understand|figure (?:this |it "
                r")?out|work out|make sense of|know what (?:to (?:do|try|think|make of)|is (?:going on|"
                r"happening|wrong)|i (?:did|am doing)))",
            ),
            (
                "no idea|no clue|a clue",
                r"(?:(?:i|we)(?:'ve| have) )?(?:absolutely |really )?(?:no (?:idea|clue)|not a clue) (?:what|"
                r"why|how|where|which|when)",
            ),
            (
                "sense|confus",
                r"(?:this|it|that|which) (?:makes no sense|doesn't make (?:any )?sense|does not make (?:any "
                r")?sense|confuses me)|(?:very |so |really |extremely )?confusing|confused(?! (?:with|for)\b)",
            ),
            (
                "missing|doing wrong| do wrong|done wrong|beyond me|my head|greek",
                r"what am i (?:missing|doing wrong)|what (?:did|have) i (?:do|done) wrong|(?:is|it's) beyond me|"
                r"over my head|all greek to me",
            ),
        ),
    }
)  # fmt: skip


def find(text: str, said: str) -> list[Signal]:
    """The tones of a message, the strongest first, each at its first place. `said` is the text as `spoken` gives it."""
    return first(KIND, PHRASES, text, said)
