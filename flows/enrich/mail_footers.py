"""What stands at the end of a mail without being said: signature, disclaimer, advertisement, mailing list."""

from __future__ import annotations

import re

from flows.enrich.hints import holds

_SIGNATURE_LINES, _SIGNATURE_LENGTH = 12, 600

_SENT_FROM = re.compile(
    r"(?:Sent (?:from|via|with|using) (?:my|the all.new|Mail|Yahoo|Outlook|Samsung|Proton|BlueMail|Spark|Mobile"
    r"|Superhuman|Gmail|an? )"
    r"|Get (?:Outlook|BlueMail) for|Get Outlook|(?:Von|Vom) meine[mr] .{1,40} gesendet|Gesendet (?:von|mit|aus"
    r"|über) |Diese Nachricht wurde von meine"
    r"|Envoyé (?:de|depuis|à partir d)|Télécharger Outlook|Enviado (?:desde|do|de|a partir do) (?:mi|meu|Mail"
    r"|Outlook|Yahoo|iPhone)?|Obtener Outlook"
    r"|Inviato da|Scarica Outlook|(?:Verzonden|Verstuurd) (?:vanaf|met|via|vanuit)|Outlook voor|Skickat från"
    r"|Hämta Outlook|Sendt fra|Lähetetty |Odesláno z"
    r"|Wysłane z|Elküldve|Отправлено (?:с|из)|iPhoneから送信|发自我的|나의 iPhone에서|iPhone'umdan).{0,90}"
    r"|Yahoo Mail: Search, Organize, Conquer",
    re.I,
)
# Formulas alone in their line, with names below them or nothing.
_VALEDICTION = re.compile(
    r"(?:(?:many |best |kind |warm |with )?(?:thanks?|regards)(?: you)?(?: (?:so|very) much)?(?: (?:again|in advance"
    r"|for (?:your|any) (?:help|time)))?"
    r"(?:,? (?:and|&) (?:best |kind )?(?:regards|greetings))?|(?:with )?(?:best|kind|warm|warmest"
    r"|kindest)(?: (?:regards|wishes))?"
    r"|all the best|br|cheers|sincerely(?: yours)?|yours (?:truly|sincerely|faithfully)|respectfully|thx|ty|rgds"
    r"|thank you"
    r"|(?:mit )?(?:(?:freundliche[nm]?|beste[nm]?|liebe[nm]?|viele[nm]?|herzliche[nm]?|schöne[nm]?) )+gr(?:ü|ue)(?:ß"
    r"|ss)e?n?"
    r"(?: (?:aus|und) .{1,30})?|mfg|lg|vg|hochachtungsvoll|(?:vielen |besten |herzlichen )?dank(?: im voraus)?"
    r"|danke(?: schön)?"
    r"|(?:bien )?cordialement|bien à (?:vous|toi)|(?:salutations|sincères salutations"
    r"|meilleures salutations)(?: distinguées)?|merci(?: d['’]avance)?(?: beaucoup)?"
    r"|(?:un )?(?:cordial |afectuoso )?saludos?(?: cordiales)?|atentamente|(?:muchas )?gracias(?: de antemano"
    r"| por su ayuda)?"
    r"|(?:cordiali|distinti) saluti|saluti|(?:grazie|mille grazie)(?: mille| in anticipo)?"
    r"|(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?|groet(?:en|jes)?|mvg|(?:alvast )?(?:hartelijk )?(?:bedankt"
    r"|dank)|(?:alvast )?dank u(?: wel)?"
    r"|atenciosamente|(?:com os melhores )?cumprimentos|(?:muito )?obrigad[oa]|abraços?|med vänlig hälsning|mvh"
    r"|(?:med )?venlig hilsen|hilsen"
    r"|ystävällisin terveisin|pozdrowienia|z poważaniem|s pozdravem|děkuji|üdvözlettel|с уважением|спасибо"
    r"|saygılarımla)\s*[,.!]*",
    re.I,
)
# The same behind the last sentence of a text that has no lines any more.
_CLOSING = re.compile(
    r"(?<=[.!?)])\s+(?i:(?:many |best |kind |warm )?(?:thanks|thank you|thx|regards|cheers|greetings?|best|sincerely"
    r"|danke|merci|gracias"
    r"|grazie|bedankt|saludos|saluti|cordialement|mfg|lg|(?:viele|liebe|beste|freundliche) grüße|groet(?:en)?)"
    r"(?: (?:in advance|again|and regards|regards"
    r"|wishes))?)[,.!]{0,3}\s+(?:[A-ZÀ-ÞŠŽ][\w'’-]{0,20}\.?)(?: [A-ZÀ-ÞŠŽ][\w'’-]{0,20}\.?){0,2}"
    r"(?:\s\[email-\w+\]|\s[\w.+-]+@[\w.-]+)?\s*$"
)
_CLOSING_LENGTH = 100
# How a paragraph begins that a company or a program put there.
_FOOTER = re.compile(
    r"[\s*_>|-]{0,10}(?:(?:(?:this|the (?:contents? of|information (?:contained )?in) this) (?:e-?mail|message"
    r"|communication|transmission)\b"
    r".{0,160}?\b(?:confidential|privileged|intended (?:only|solely)|intended for|virus|scanned|checked)"
    r"|if you (?:are not the (?:intended|named) (?:recipient|addressee)|have received this (?:e-?mail"
    r"|message) in error)"
    r"|confidentiality (?:notice|note)|(?:legal )?disclaimer\s?[:-]|privileged (?:and|/) ?confidential"
    r"|important notice:? this"
    r"|please (?:consider|think of) the environment|think (?:before|of the environment)|(?:please )?(?:don['’]t"
    r"|do not) print this"
    r"|save (?:a tree|paper)|(?:this )?(?:e-?mail|message) (?:was |has been )?(?:scanned|checked)|virus-free\b"
    r"|avast logo|no virus found"
    r"|(?:to )?unsubscribe\b(?: from| here|,? click|:)|you(?:'re| are) receiving this (?:e-?mail|message"
    r"|notification|because)"
    r"|you received this (?:e-?mail|message) because|(?:manage|update) your (?:e-?mail )?(?:preferences|subscription)"
    r"|(?:if you )?(?:no longer (?:wish|want) to receive)|view (?:this )?(?:e-?mail )?in (?:your )?browser"
    r"|to view this discussion"
    r"|©|copyright (?:©|\(c\)|\d{4})|all rights reserved)"
    r"|(?:diese|der inhalt dieser) (?:e-?mail|nachricht)\b.{0,120}?\b(?:vertraulich|bestimmt|geprüft)"
    r"|wenn sie nicht der (?:richtige|beabsichtigte) (?:adressat|empfänger)"
    r"|(?:bitte )?(?:denken|prüfen) sie .{0,30}(?:umwelt|ausdruck|drucken)|(?:vom )?newsletter (?:abmelden"
    r"|abbestellen)|abmelden\b.{0,20}$|sie erhalten diese (?:e-?mail|nachricht)"
    r"|(?:ce|le contenu de ce) (?:message|courriel|mail)\b.{0,160}?\b(?:confidentie|destin|privilég|virus)"
    r"|si vous n['’]êtes pas (?:le|la) destinataire"
    r"|(?:pensez|merci de penser) à l['’]environnement|(?:pour )?(?:vous |se )?désinscri|vous recevez (?:cet?"
    r"|ce) (?:e-?mail|message|courriel)"
    r"|(?:este|el contenido de este) (?:mensaje|correo|e-?mail)\b.{0,160}?\b(?:confidencial|destin|dirigid"
    r"|privilegiad)|si (?:usted )?no es el destinatario"
    r"|(?:antes de imprimir|piense en el medio ambiente)|(?:para )?(?:darse|darte) de baja|aviso (?:legal"
    r"|de confidencialidad)|(?:ha recibido|recibe|recibes) este (?:correo|mensaje)"
    r"|(?:questo messaggio|questa e-?mail|le informazioni contenute|il presente messaggio)\b.{0,160}?\b(?:riservat"
    r"|confidenzial|destinat)|(?:prima di stampare|pensa all['’]ambiente)"
    r"|(?:per )?(?:annullare l['’]iscrizione|disiscri|cancellarsi)|(?:dit|de inhoud van dit|deze) (?:bericht"
    r"|e-?mail)\b.{0,160}?\b(?:vertrouwelijk|bestemd|uitsluitend)"
    r"|(?:denk aan het milieu|voordat u .{0,20}afdrukt)|(?:uitschrijven|afmelden)\b.{0,30}"
    r"|u ontvangt deze (?:e-?mail|mail|nieuwsbrief)"
    r"|esta (?:mensagem|e-?mail)\b.{0,160}?\b(?:confidencia|destin|privilegi)|(?:cancelar (?:a )?(?:subscrição"
    r"|inscrição)))",
    re.I,
)
_HINTS = (
    "confiden",
    "intended",
    "privileg",
    "disclaimer",
    "environment",
    "before",
    "print",
    "paper",
    "tree",
    "scanned",
    "checked",
    "virus",
    "avast",
    "unsubscribe",
    "receiv",
    "preferences",
    "subscription",
    "browser",
    "this discussion",
    "©",
    "copyright",
    "rights reserved",
    "vertraulich",
    "bestimmt",
    "empfänger",
    "adressat",
    "umwelt",
    "abmelden",
    "abbestellen",
    "erhalten",
    "destin",
    "l'env",
    "l’env",
    "désinscri",
    "recevez",
    "imprimir",
    "ambiente",
    "de baja",
    "aviso",
    "recib",
    "riservat",
    "stampare",
    "iscri",
    "cancella",
    "vertrouwelijk",
    "bestemd",
    "uitsluitend",
    "milieu",
    "afdrukt",
    "uitschrijven",
    "ontvangt",
    "cancelar",
    "geprüft",
    "drucken",
    "ausdruck",
)
_LIST_FOOTER = re.compile(r"_{20,}")
_CONTACT = re.compile(
    r"@|https?:|www\.|\+?\d[\d ()./-]{6,}\d|\[(?:email|phone|address)-|[|•·]|\b(?:registered (?:in|office)"
    r"|company (?:number|no)|amtsgericht"
    r"|registergericht|geschäftsführer|hrb|ust|vat|siret|tel|phone|fax|mobile|gmbh|ltd|inc"
    r"|llc|s\.?a\.?|b\.?v\.?|corp)\b",
    re.I,
)
_SENTENCE = re.compile(
    r"(?:i|it|we|you|they|he|she|the|this|that|there|but|and|or|so|also|please|now|still|when|if|no|not|ich|es|wir"
    r"|sie|der|die|das|aber|und|je|il|nous"
    r"|le|la|ce|mais|et|yo|el|no|pero|y|io|non|ma|e|ik|het|wij|maar|en|eu|o|a|mas)\b",
    re.I,
)


def may_disclaim(lines: list[str]) -> bool:
    """Whether a disclaimer or an advertisement can be among the lines: most mails have none of their words."""
    text = "\n".join(lines).lower()
    return holds(text, _HINTS)


def without_footers(lines: list[str], *, disclaims: bool = True) -> list[str]:
    """The lines (stripped) without signature, what mail programs and mailing lists put below, and disclaimers."""
    lines = _without_disclaimers(lines) if disclaims else lines
    filled = [number for number, line in enumerate(lines) if line]
    programs = {
        number
        for number in filled[-_SIGNATURE_LINES:]
        if len(lines[number]) < 130 and _SENT_FROM.fullmatch(lines[number])
    }
    if programs:
        return [line for number, line in enumerate(lines) if number not in programs]
    for place in range(max(1, len(filled) - _SIGNATURE_LINES), len(filled)):
        line, rest = lines[filled[place]], [lines[other] for other in filled[place + 1 :]]
        if sum(map(len, rest)) > _SIGNATURE_LENGTH:
            continue
        if line in ("--", "—", "---", "- -") and not any(map(_says_more, rest)):
            return lines[: filled[place]]
        if len(line) < 60 and _VALEDICTION.fullmatch(line) and _is_signature(rest):
            return lines[: filled[place]]
        if _LIST_FOOTER.fullmatch(line) and any("mailing list" in other.lower() or "http" in other for other in rest):
            return lines[: filled[place]]
    if filled and _CLOSING.search(lines[filled[-1]][-_CLOSING_LENGTH:]):
        return [*lines[: filled[-1]], _without_closing(lines[filled[-1]])]
    return lines


def _without_closing(line: str) -> str:
    while closing := _CLOSING.search(line[-_CLOSING_LENGTH:]):
        line = line[: len(line) - len(closing[0])]
    return line


def _without_disclaimers(lines: list[str]) -> list[str]:
    """Without paragraphs that begin as disclaimers do, unless it is the first: somebody may write about one."""
    kept: list[str] = []
    start = 0
    while start < len(lines):
        end = start + 1
        while lines[start] and end < len(lines) and lines[end]:
            end += 1
        paragraph = lines[start:end]
        cut = next((place for place in range(len(paragraph)) if _is_footer(paragraph[place:])), len(paragraph))
        if not any(kept) and cut == 0:
            cut = len(paragraph)
        kept += paragraph[:cut]
        start = end
    return kept


def _is_footer(paragraph: list[str]) -> bool:
    return bool(paragraph[0]) and bool(_FOOTER.match(" ".join(paragraph[:4])[:600]))


def _is_signature(rest: list[str]) -> bool:
    """Whether lines below a closing formula are a name and what belongs to it, and nothing that is said."""
    if any(map(_says_more, rest)):
        return False
    return all(_is_name(line) or (place > 0 and _belongs(line)) for place, line in enumerate(rest))


def _belongs(line: str) -> bool:
    """Whether a line below a name is what somebody is or where they are."""
    is_short = len(line) < 60 and len(line.split()) <= 6 and line[-1] not in ".!:;" and not _SENTENCE.match(line)
    return is_short or bool(_CONTACT.search(line))


def _is_name(line: str) -> bool:
    """At most six words of which the longer ones begin with a capital; or one or two words."""
    if line[-1] in "?!:;" or len(line) > 70:
        return False
    words = re.findall(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*", line)
    is_spelled = all(not word[0].islower() for word in words if len(word) > 3)
    return len(words) <= (8 if "|" in line or "," in line else 5) and (
        (is_spelled and (len(words) < 3 or line[-1] != ".")) or len(words) == 1
    )


def _says_more(line: str) -> bool:
    """A postscript, a question, or a sentence."""
    return (
        bool(re.match(r"p\.?\s?s\b", line, re.I))
        or line.endswith("?")
        or len(line) > 160
        or bool(re.search(r"[a-z]{2}[.!] [A-Z]\w+ \w+ ", line))
    )
