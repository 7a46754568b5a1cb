"""The kinds of values that are redacted, as patterns with checks, in the order they are looked for.

Patterns start only at the beginning of a run of their characters and bound what they repeat, which keeps them linear
on a body of megabytes. They see a text whose dashes and spaces are plain and whose entities are resolved
(`redaction.readable`); NUL stands where something was taken out already.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from flows.core import redaction_checks as checks
from flows.core.redaction_addresses import ADDRESSES, POSTCODE_AND_TOWN, after_street
from flows.core.redaction_tokens import TOKEN_BEGINS, TOKENS


@dataclass(frozen=True)
class Rule:
    """One kind of value. `group` of the match is the value, or what `check` says of the match and the text.

    A pattern that is `folded` is matched with the text in lower case. A pattern can match only a text that holds one of
    `needs` (in lower case; within its words of 15 characters and more where `longest` is set), where `digit` is set a
    digit, where `digits` is set four of them close together, where `bytes` is set a few groups of hex digits between
    colons or dashes, and where `longest` is set so many characters without a space: cheap ways out for most texts. That
    patterns begin with a character and look behind it afterwards is for speed too.
    """

    kind: str
    pattern: re.Pattern[str]
    check: Callable[[re.Match[str], str], tuple[int, int] | None] | None = None
    group: int = 0
    needs: tuple[str, ...] = ()
    digit: bool = False
    digits: bool = False
    bytes: bool = False
    longest: int = 0
    folded: bool = False


_DOT = r"(?:\s?[\[({<]\s?(?:dot|punkt|point|punto|\.)\s?[\])}>]\s?|\sdot\s)"  # of an address that is spelled
# What a secret is called. Alternatives that begin with a letter each let the search skip to these letters.
_SECRET_WORD = (
    r"(?:pass(?:word|wd|code|phrase|wort)s?|pwd|psw|kennwort|mot de passe|mdp|contraseña|contrasena|clave|senha"
    r"|wachtwoord|hasło|heslo|lösenord|jelszó|пароль|パスワード|密码"
    r"|secret|token|api[ _-]?key|key(?=[\"'`]?[ ]?[:=])|signature|credentials?|session[ _-]?id|sid|sig)"
)
RULES: tuple[Rule, ...] = (
    Rule(
        "key",
        re.compile(
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:[^-\0]|-(?!----)){0,20000}"
            r"(?:-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?"
        ),
        needs=("private key",),
    ),
    Rule(
        "token",
        re.compile(rf"(?<![A-Za-z0-9_-])(?:{'|'.join(TOKENS)})"),
        needs=TOKEN_BEGINS,
        longest=15,
    ),
    Rule(
        "token",
        re.compile(r"hooks\.slack\.com/(?:services|workflows|triggers)/([\w/]{20,120})"),
        group=1,
        needs=("hooks.slack",),
    ),
    Rule(
        "token",
        re.compile(r"\bbasic\s{1,3}([a-z0-9+/]{8,400}={0,2})"),
        checks.basic,
        needs=("basic ",),
        folded=True,
    ),
    Rule(
        "token",
        re.compile(
            r"(?:bearer|authorization[\"']?\s?[:=]\s?[\"']?(?:token|apikey|digest|key))[\s:=]{1,3}[\"']?"
            r"([a-z0-9+/._~-]{12,2000}=*)"
        ),
        checks.bearer,
        needs=("bearer", "authorization"),
        folded=True,
    ),
    Rule("credentials", re.compile(r"://([^\s/@:\[\]\0]{0,80}:[^\s/@\[\]\0]{1,120})(?=@)"), group=1, needs=("://",)),
    Rule(
        "secret",
        re.compile(
            rf"{_SECRET_WORD}(?:[_ -]?(?:access|key|value|hash|id|string)){{0,3}}"
            r"(?P<sign>[\"'`]?(?:\s{0,3}(?::=|=>|->|=|:|\|)\s{0,3}|>|\s(?:is|was|lautet|ist|est|es|è|é|wordt)(?: now"
            r"| jetzt)?"
            r"\s?:?\s?)[\"'`]?)(?P<secret>[^\s\"'`<>\[\]\0]{4,300})"
        ),
        checks.secret,
        needs=(
            "pass",
            "pwd",
            "psw",
            "wort",
            "mdp",
            "contrase",
            "clave",
            "senha",
            "wachtwoord",
            "has\u0142o",
            "heslo",
            "l\u00f6senord",
            "jelsz",
            "\u043f\u0430\u0440\u043e\u043b\u044c",
            "\u30d1\u30b9",
            "\u5bc6\u7801",
            "secret",
            "token",
            "key",
            "signature",
            "credential",
            "session",
            "sid",
            "sig=",
            "sig:",
        ),
        folded=True,
    ),
    Rule(
        "secret",
        re.compile(
            r"-(?<![\w-]-)(?:-?(?:pass(?:word|wd|phrase)?|pwd|token|secret|api-?key|key)[ =][\"']?|u [^\s:]{1,40}:)"
            r"([^\s\"'`<>\[\],;&\0-][^\s\"'`<>\[\],;&\0]{3,200})"
        ),
        needs=("--", "-p", "-t", "-s", "-k", "-u", "-a"),
        group=1,
    ),
    Rule(
        "email",
        re.compile(
            r"(?<![\w.+%-])[^\W_'][\w.+%'-]{0,63}@\n?(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.){1,6}\n?"
            r"(?!(?:png|jpe?g|gif|svg|webp)\b)(?:xn--[A-Za-z0-9-]{2,30}|[^\W\d_]{2,24})(?![\w-])"
        ),
        needs=("@",),
    ),
    Rule("email", re.compile(r"(?<![\w.+%'-])[\w.+%'-]{1,64}@\[\d{1,3}(?:\.\d{1,3}){3}\]"), needs=("@[",)),
    Rule(
        "email",
        re.compile(
            rf"(?<![\w.+'-])[\w.+'-]{{1,64}}(?:{_DOT}[\w+'-]{{1,40}}){{0,3}}\s?(?:[\[({{<]\s?(?:at|ät|arroba"
            rf"|@)\s?[\])}}>]|\sat\s)\s?[\w-]{{1,63}}"
            rf"(?:(?:\.|{_DOT})[\w-]{{1,63}}){{0,4}}(?:\.|{_DOT})[a-z]{{2,24}}(?!\w)"
        ),
        checks.spelled,
        needs=("at]", "at)", "at}", "at>", "at ]", "at )", "@]", "@)", "ät)", "arroba)", " dot "),
        folded=True,
    ),
    Rule(
        "account",
        re.compile(r"\d(?<!\w\d)[\d .-]{4,26}\d(?!\w)"),
        checks.account,
        digits=True,
        needs=(
            "account",
            "konto",
            "kto",
            "routing",
            "aba",
            "sort",
            "bsb",
            "blz",
            "bankleit",
            "bankrek",
            "compte",
            "rib",
            "cuenta",
            "ccc",
            "rekening",
            "conto",
            "acct",
        ),
        folded=True,
    ),
    Rule(
        "iban",
        re.compile(r"\d\d(?<=[a-z]{2}\d\d)(?:(?<![a-z0-9].{4})|(?<=iban.{4}))(?:[ \n.-]{0,2}[a-z0-9]){11,30}"),
        checks.iban,
        digits=True,
        folded=True,
    ),
    Rule(
        "card",
        re.compile(r"\d(?<![\w/.-]\d)(?<![?&;]id=\d)(?:[ \n.-]{0,3}\d){11,40}(?![\w/=-]|\.\d)"),
        checks.card,
        digits=True,
    ),
    Rule("id", re.compile(r"\d(?<![\w-]\d)\d\d-\d{2}-\d{4}(?![\w-])"), digits=True),  # US social security number
    Rule("ip", re.compile(r"\d(?<![\w.-]\d)\d{0,2}(?:\[?\.\]?\d{1,3}){3}(?![\w]|\.\d|-\d)"), checks.ipv4, digits=True),
    Rule("ip", re.compile(r"\b(?:ip|ec2)-(\d{1,3}(?:-\d{1,3}){3})(?=\.)"), group=1, needs=("ip-", "ec2-")),
    Rule(
        "mac",
        re.compile(r"[0-9A-Fa-f](?<![\w:-].)[0-9A-Fa-f]([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])"),
        checks.mac,
        bytes=True,
    ),
    Rule(
        "mac",
        re.compile(r"(?<![\w.])[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}(?!\w|\.\w)"),
        checks.mac,
        digits=True,
    ),
    *(
        Rule(
            "ip",
            re.compile(
                r"[0-9A-Fa-f:](?<![\w:.].)[0-9A-Fa-f:]{2,38}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?:%\w{1,16})?(?!\w)"
            ),
            checks.ipv6,
            needs=needs,
            bytes=not needs,
        )
        for needs in (("::",), ())
    ),
    *(Rule("address", pattern, needs=needs, digit=True, digits=digits) for pattern, needs, digits in ADDRESSES),
    Rule("address", POSTCODE_AND_TOWN, after_street, digits=True),
    Rule(
        "phone",
        re.compile(
            r"[+0](?<![\w+.#-].)(?P<phone>(?:(?<=\+) ?|(?<=0)0 ?)\(?[1-9]\d{0,3}\)?(?:[ \n]?[ ./-]?["
            r" ]?\(?\d{1,10}\)?){1,8})(?!\w)"
            r"(?:,? ?(?:ext\.?|x|extension|durchwahl|poste|anexo)[ .:]{0,2}\d{1,6}\b)?"
        ),
        checks.phone_abroad,
        digits=True,
    ),
    Rule(
        "phone",
        re.compile(
            r"(?<![\w+.#/=-])(?P<phone>(?:1[ .-])?(?:\([2-9]\d\d\) ?[.-]?|[2-9]\d\d[.-]"
            r"|[2-9]\d\d (?=\d{3}[ -]))\d{3}[ .-]\d{4}"
            r"|\(\d{3}\) ?\d{3}[ .-]?\d{4}|\d{3}-\d{3}-\d{4}|1-[2-9]\d\d-[A-Z0-9-]{7,8}"  # North America
            r"|\(0?\d{1,5}\)[ /-]{0,2}\d{2,8}(?:[ -]\d{2,5}){0,4}"  # an area code in brackets
            r"|0\d{1,5}(?: ?[/-] ?| )\d{2,8}(?:[ -]\d{2,5}){0,4}"  # Germany, the Netherlands, Italy, Japan
            r"|0\d(?:[ .-]\d\d){4}|0\d{3}\.\d{3}\.\d{3}|0[1-9]\d{7,10})(?!\w|[.:/-]\d)"  # France; as one number
        ),
        checks.phone,
        digits=True,
    ),
    Rule(
        "phone",
        re.compile(r"\d(?<![\w.-]\d)[\d \n.()/-]{4,18}\d(?!\w|[.:-]\d)"),
        checks.called,
        digits=True,
        needs=(
            "phone",
            "tel",
            "tél",
            "mobil",
            "cell",
            "fax",
            "whatsapp",
            "number",
            "call",
            "reach",
            "handy",
            "ruf",
            "durchwahl",
            "portable",
            "móvil",
            "movil",
            "celular",
            "gsm",
            "sms",
            "text",
            "ring",
            "erreichbar",
        ),
        folded=True,
    ),
    Rule(
        "secret",
        re.compile(
            r"(?:key|token|secret|credential|password|schlüssel|clé|clave|cookie)s?\b[^\n\0]{0,24}?"
            r"(?<![\w/+=.-])(?P<secret>[a-z0-9_+=~-][a-z0-9_+/=~-]{19,199})(?![\w/+]|\.\w)"
        ),
        checks.near_key_word,
        needs=("key", "token", "secret", "credential", "password", "schl\u00fcssel", "cl\u00e9", "clave", "cookie"),
        longest=20,
        folded=True,
    ),
    Rule("token", re.compile(r"[A-Za-z0-9](?<![\w/+.=?-].)[A-Za-z0-9_]{31,200}(?![\w/+])"), checks.mixed, longest=32),
)
