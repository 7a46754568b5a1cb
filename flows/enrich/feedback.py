"""What a customer says about the price, what they wish for, and what they praise, in which words. English.

| name | the writer says that |
| --- | --- |
| price_objection | it costs too much, or more than they will pay. Asking for the price, or for a discount, is none |
| feature_request | the product should do what it does not. Asking for help, or for a seat, is none |
| praise | the product or the people are good. Thanks alone are none |

That they may leave is read by `commercial`.
"""

from __future__ import annotations

from flows.enrich.spans import WORD, Signal, first, phrases

VERSION = 1
KIND = "commercial"

_COST = (
    r"(?:price|pricing|cost|fee|rate|subscription|plan|licen[cs]e|bill|invoice|renewal|product|tool|service|software)s?"
)
_GOOD = (
    r"(?:great|excellent|awesome|amazing|fantastic|brilliant|wonderful|outstanding|superb|terrific|fabulous|stellar)"
)
_OURS = (
    r"(?:me|us|him|her|them|my|our|his|mine|ours|another (?:user|seat|person|account|domain)|(?:a |an |\d{1,4} )?(?:"
    r"new |more |extra |additional )?(?:user|seat|licen[cs]e|member|colleague|teammate|address|email|phone|credit)s?)\b"
)
PHRASES = phrases(
    {
        "price_objection": (
            (
                "expensive|overpriced|costly|pricey",
                r"(?:too|way too|far too|so|insanely|ridiculously|prohibitively|unreasonably) (?:expensive|"
                r"costly|pricey)|overpriced",
            ),
            (
                "high|much|steep|ridiculous|outrageous|unreasonable|unfair|insane|unjustified",
                rf"{_COST} (?:is|are|was|seems?|feels?|has become){WORD}{{0,1}} (?:too (?:high|much|steep)|"
                r"excessive|outrageous|unreasonable|unfair|insane|ridiculous|unjustified|unacceptable)",
            ),
            (
                "increase|hike|doubled|tripled|gone up|went up",
                r"(?:price|cost|fee|subscription|rate)s? (?:increase|hike|jump)s? (?:is|of \S{1,12} (?:is|"
                r"percent is)|seems?|feels?)(?: \w{1,12}){0,2} (?:too|not|un\w{1,20}|outrageous|"
                r"ridiculous|steep|excessive|hard)|(?:price|cost|fee|bill|subscription)s? (?:has |have "
                r")?(?:suddenly |just |nearly |almost )?(?:doubled|tripled)",
            ),
            (
                "afford",
                r"(?:(?:i|we) )?(?:can't|cannot|can not|could not|couldn't) (?:really |possibly )?afford (?:to "
                r"(?:pay|keep|renew|stay|continue|spend)|(?:it|this|that|the|your|such)(?! risk| (?:the "
                r")?(?:loss|downtime|time)))",
            ),
            (
                "justif|worth",
                r"(?:can't|cannot|hard to|difficult to|can not|couldn't) (?:really )?justify (?:the |this |that "
                rf"|paying|spending|such )(?:{_COST}|that|expense|spend|increase|so|as|\w{{1,12}} (?:{_COST}|"
                r"increase))?|(?:not|isn't|n't|no longer|never) worth (?:the (?:money|price|cost)|what (?:we|i) "
                r"pay|it for (?:the|that) price|that price)",
            ),
            ("budget", r"(?:not (?:in|within)|over|beyond|outside(?: of)?|out of|exceeds) (?:our|my|the) budget"),
            (
                "cheaper|half the price",
                r"(?:much |far |a lot )?cheaper (?:elsewhere|alternatives?|options?|tools?|competitors?|"
                r"products?|than (?:you|your|this))|(?:at|for) half the price",
            ),
            (
                "pay",
                r"(?:refuse|not going|not willing|unwilling|don't want|won't be able|not prepared) to pay "
                r"(?:that|this|so|for (?:that|this)|more|extra|\S{1,3}\d)|paying (?:way |far )?too much|"
                r"charg(?:e|ed|ing) (?:us |me )?(?:way |far )?too much|for what (?:we|i) (?:pay|are paying|am "
                r"paying)",
            ),
        ),
        "feature_request": (
            (
                "request|suggestion",
                r"(?:feature|enhancement|product) (?:request|suggestion)|(?:a|one|my|small|quick) suggestion(?= "
                r"?[:.,-]|$)|suggestion for (?:improvement|the|a|future)|(?:i'd|i would|we'd) like to "
                r"(?:request|suggest) (?:a |an |that |the )(?:feature|option|way|new|ability|enhancement|"
                r"improvement|you|possib\w{1,8})",
            ),
            (
                "would be |'d be ",
                rf"(?:it |that |this )?(?:would|'d) be (?:so |really |very |super |a )?(?:{_GOOD}|nice|good|"
                r"helpful|useful|handy|cool|lovely|ideal|perfect|convenient|big help|huge help) (?:if "
                r"(?:(?:there|it|the|one|this|that|users) (?:was|were|could|would|had|can|also|did|\w{1,14} "
                r"(?:could|would|had|was|were|can))|you (?:could |would |can )?(?:also )?(?:add|support|"
                r"implement|make|allow|offer|provide|bring back|include|consider|had)(?:ed)?(?! me| us))|to "
                r"(?:have|be able|see|get an?|offer|allow|add|support|include))",
            ),
            (
                "add|implement|introduc|bring back|support",
                r"(?:could|can|would|will) (?:you|the (?:team|developers|devs))(?: guys| please| also| possibly|"
                r" kindly){0,2} (?:(?:consider |think about )?(?:add|implement|introduc|bring back)(?:ing|"
                rf"e)?) (?!{_OURS})(?:a|an|the|this|that|support|more|some|back|dark|\w{{4,}})",
            ),
            (
                "please ",
                r"please (?:consider (?:add|implement|support|allow|mak|provid|bring)ing|implement|bring back "
                rf"(?!{_OURS})|add (?:back |in )?(?:a|an|the (?:option|ability|possibility|feature)|support|"
                rf"more) (?!{_OURS})|make it possible|give us (?:a way|an option|the (?:option|ability)|back)|"
                r"provide (?:an option|the (?:option|ability)))",
            ),
            (
                "like to |love to |love ",
                r"(?:i|we|i'd|we'd)(?: would|'d)? (?:really |also |just )?(?:like|love) (?:to (?:see|have) "
                r"(?:an option|a (?:feature|button|setting|way|possibility|checkbox|toggle|dark|shortcut)|the "
                r"(?:option|ability|possibility|feature)|support for)|an option|a way|the (?:option|ability|"
                r"possibility)|a feature|if you (?:could add|added))",
            ),
            (
                "wish ",
                r"(?:i|we) (?:really |just |only )?wish (?:there (?:was|were)|it (?:had|could|would|did)|the "
                r"(?:\w{1,14} ){1,3}(?:had|could|would|was|were|did))",
            ),
            (
                "plan|roadmap",
                r"(?:any|are there) plans? (?:to (?:add|support|implement|introduce|bring|offer|make|allow)|for "
                r"(?:a|an|adding|supporting))|on (?:the|your) roadmap",
            ),
            (
                "there should be|should be able|should be possible|should have|missing",
                r"there should be (?:a|an|some) (?:way|option|setting|button|choice|feature|possibility)|"
                r"(?:users?|we|one) should be able to|it should be possible|missing (?:a )?feature|feature (?:i|"
                r"we) (?:miss|need|want)",
            ),
        ),
        "praise": (
            (
                "great|excellent|awesome|amazing|fantastic|brilliant|wonderful|outstanding|superb|terrific|"
                "fabulous|stellar",
                rf"(?<!would be )(?<!be a )(?:{_GOOD}|very good|really good) (?:product|tool|software|app|"
                r"application|service|support|job|work|team|program|programme|client|email client|update|"
                r"feature|experience|piece of software)(?! (?:if|break|ruin|screw|mess|destroy|until|before|was|"
                r"used))",
            ),
            (
                "you",
                r"(?:you(?:'re| are)|you guys are|your (?:team|support|staff|service|help|product|software|"
                rf"tool)(?: team| staff| people)? (?:is|was|has been|are)){WORD}{{0,2}} (?:{_GOOD}|the best|very "
                r"helpful|so helpful|a (?:star|genius|legend|hero|life ?saver))",
            ),
            (
                "love",
                r"(?:i|we) (?:really |absolutely |just |do |truly |all )?love (?:it|this|your|the (?:product|"
                r"tool|app|software|program|new|way|feature|simplicity|idea)|using|working with)(?! (?:to|if|"
                r"for it to)\b)",
            ),
            (
                "works ",
                r"(?:it|everything)(?: now| all)? works like a (?:charm|dream)|(?:it|everything)(?: now| all)? "
                r"works (?:great|perfectly|beautifully|flawlessly|brilliantly|wonderfully)(?: now| "
                r"again)?(?=\s*(?:[.!,;]|and thank|thank|$))",
            ),
            (
                "the good work|the great work|rock|kudos|well done|hats off|bravo|compliment",
                r"keep up the (?:good|great) work|you (?:guys |all |people )?rock|kudos to|well done(?! to "
                r"(?:break|ruin))|hats off to|bravo|(?:my )?compliments to",
            ),
            (
                "impressed|saver|exactly what|happy|pleased|satisfied",
                r"(?:i'm|i am|we are|we're|been|was|were) (?:very |really |so |most |truly |extremely "
                r")?(?:impressed|delighted)|life ?saver|(?:very|really|so|extremely|quite) (?:happy|pleased|"
                r"satisfied) with (?:the|your|this|how|it)|exactly what (?:i|we) (?:need|want)ed",
            ),
            (
                "best ",
                r"(?:the |by far the )?best (?:product|tool|support|service|software|app|program|email client|"
                r"email program|mail client|client) (?:(?:i|we)(?:'ve| have)? (?:ever )?(?:used|had|seen|tried|"
                r"worked)|out there|available|ever|around|on the market)",
            ),
        ),
    }
)  # fmt: skip


def find(text: str, said: str) -> list[Signal]:
    """What is said of each, at its first place. `said` is the text as `spans.spoken` gives it."""
    return first(KIND, PHRASES, text, said)
