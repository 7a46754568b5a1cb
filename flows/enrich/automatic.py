"""Mail that nobody wrote: out of office, bounces, notifications. By its subject, by headers and phrases of its first
lines, and by a line that says so: a person who asks about such a mail says something else first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from flows.enrich.hints import holds

_FIRST = 3  # lines
_SUBJECT = re.compile(
    r"\W*(?:auto(?:matic|mated|matisch\w*)?[- ]?(?:reply|response|antwort|svar|responder?)\b|out of (?:the )?office"
    r"|ooo\b\W|autoreply"
    r"|undeliver(?:able|ed)\b|returned mail|delivery (?:status notification|failure|has failed|incomplete)"
    r"|mail delivery (?:failed|failure|system)"
    r"|failure notice|abwesenheits\w*|automatische antwort|unzustellbar|réponse automatique|absence du bureau|non remis"
    r"|respuesta automática|fuera de (?:la )?oficina|no se puede entregar|risposta automatica|fuori (?:sede|ufficio)"
    r"|automatisch antwoord|afwezig\w*"
    r"|niet afgeleverd|resposta automática|ausência|autosvar|frånvaro|automaattinen|automatyczna odpowiedź"
    r"|automatická odpověď|автоответ|自動応答|自動返信|自动回复)",
    re.I,
)
_HEADERS = re.compile(
    r"(?:auto-submitted\s?:\s?auto-|x-auto-?(?:response-suppress|reply|respond\w*)\s?:|precedence\s?:\s?(?:bulk"
    r"|auto_reply|junk|list)"
    r"|return-path\s?:\s?<>|from\s?:.{0,60}(?:mailer-daemon|postmaster@|no-?reply@|do-?not-?reply@)"
    r"|x-failed-recipients\s?:|reporting-mta\s?:)",
    re.I,
)
_GREETING = (
    r"\W*(?:(?:thank you|thanks) for (?:your|contacting|reaching|getting|the)\b.{0,120}?[.,!;-]\s*)?"
    r"(?:(?:dear|hello|hi|hey|guten tag|bonjour|hallo|hola|salve)\b.{0,30}?[,!.]\s*)?"
)
# Who is away asks nothing: `I am on holiday from Friday, can you ship before?` is a person's.
_AWAY = re.compile(
    _GREETING + r"(?:(?:please note (?:that )?)?i(?: am|'m|’m| will be) (?:currently |now )?(?:out of (?:the )?office"
    r"|on (?:annual |parental |maternity |sick )?leave|away (?:from|until|on)|on (?:vacation|holiday))"
    r"|(?:we are |i'?m )?out of (?:the )?office\b"
    r"|ich bin (?:derzeit|zur ?zeit|momentan|bis .{1,40}|vom .{1,40})? ?(?:nicht im (?:büro|haus)|außer haus"
    r"|im urlaub|abwesend)"
    r"|je suis (?:actuellement )?(?:absente?\b|en congés?)|(?:actualmente )?(?:estoy|me encuentro) (?:fuera de"
    r"|de vacaciones|ausente)"
    r"|sono (?:attualmente )?(?:fuori (?:sede|ufficio)|assente|in ferie)|ik ben (?:momenteel |tijdelijk )?(?:afwezig"
    r"|niet aanwezig|(?:met|op) vakantie)"
    r"|estou (?:fora do|de férias|ausente)|jag är (?:inte på kontoret|på semester|bortrest))",
    re.I,
)
_OPENING = re.compile(
    _GREETING + r"(?:auto(?:matic|mated|matisch\w*)?[- ]?(?:reply|response|antwort|generated)"
    r"(?!\w| (?:feature|rule|is|does|was|text|to))"
    r"|automatische antwort\b|réponse automatique\b|respuesta automática\b|risposta automatica\b"
    r"|delivery (?:status notification|has failed|to the following)"
    r"|mail delivery (?:failed|subsystem|system)|undeliverable:|your message (?:wasn['’]t delivered"
    r"|could not be delivered|to .{1,80} (?:couldn['’]t|could not) be delivered)"
    r"|(?:this message was created automatically|this is the mail system at)"
    r"|i['’]m sorry to have to inform you that your message"
    r"|(?:the following|one or more) (?:address(?:es)?|recipients?|message)\b.{0,60}(?:failed|undeliver|rejected"
    r"|could not be delivered)"
    r"|this is an? (?:automat|auto-|system.generated)|(?:please )?do not reply to this|this (?:e-?mail|message"
    r"|notification) (?:was|is) (?:sent )?automatic"
    r"|(?:dies|das) ist eine automatisch|diese (?:e-?mail|nachricht) wurde automatisch"
    r"|ihre nachricht (?:an .{1,80} )?konnte nicht zugestellt"
    r"|ceci est un (?:message|courriel|e-?mail) automatique|votre message n['’]a pas pu|este es un (?:mensaje"
    r"|correo) (?:automático|generado)"
    r"|su mensaje no (?:se ha podido|pudo)|questo è un messaggio automatico|il tuo messaggio non è stato"
    r"|dit is een automatisch|esta é uma mensagem automática"
    r"|это автоматическое)",
    re.I,
)
# A line of its own, somewhere in the mail.
_LINE = re.compile(
    r"\W{0,6}(?:(?:this|note: this) (?:is|was) an? (?:automated|automatic|automatically[ -]generated"
    r"|system[ -]generated)\b.{0,160}"
    r"|this (?:e-?mail|message|notification) (?:was|is|has been) (?:sent |generated )?automatically\b.{0,160}"
    r"|(?:please )?(?:do not|don['’]t) (?:reply|respond) (?:directly )?to this (?:e-?mail|message|notification"
    r"|mail)\b.{0,120}"
    r"|replies to this (?:e-?mail|message|address) (?:are not|will not|aren['’]t)\b.{0,120}|this (?:mailbox|inbox"
    r"|address) is not monitored\b.{0,80}"
    r"|(?:bitte )?antworten sie nicht (?:direkt )?auf diese\b.{0,120}|(?:dies|das) ist eine automatisch\b.{0,160}"
    r"|diese (?:e-?mail|nachricht) wurde automatisch\b.{0,120}"
    r"|(?:merci de )?ne pas répondre à ce(?:t|tte)?\b.{0,120}|ceci est un (?:message|courriel"
    r"|e-?mail) (?:automatique|généré)\b.{0,120}"
    r"|(?:por favor,? )?no responda (?:a )?este\b.{0,120}|este es un (?:mensaje"
    r"|correo)(?: electrónico)? (?:automático|generado)\b.{0,120}|(?:si prega di )?non rispondere a quest[oa]\b.{0,120}"
    r"|questo è un messaggio (?:automatico|generato)\b.{0,120}|(?:gelieve )?(?:niet te )?(?:beantwoord|reageer"
    r"|antwoord) (?:deze|niet op)\b.{0,120}|dit is een automatisch\b.{0,120}"
    r"|(?:por favor,? )?não responda (?:a )?est[ea]\b.{0,120})",
    re.I,
)
_LINE_HINTS = (
    "automat",
    "reply",
    "respond",
    "replies",
    "monitored",
    "antwort",
    "répondre",
    "rispondere",
    "generat",
    "system",
    "généré",
    "reageer",
    "beantwoord",
)


def is_automatic(text: str, subject: str | None = None, first: Sequence[str] = ()) -> bool:
    """Whether a machine wrote a cleaned text: by it, by its mail's subject, and by the `first` lines of its body."""
    if subject and _SUBJECT.match(subject):
        return True
    if _OPENING.match(text[:400]) or ("?" not in text and _AWAY.match(text[:400])):
        return True
    if any(":" in line and _HEADERS.match(line) for line in first[:_FIRST]):
        return True
    if not holds(text.lower(), _LINE_HINTS):
        return False
    return any(line and len(line) < 220 and _LINE.fullmatch(line) for line in text.split("\n"))
