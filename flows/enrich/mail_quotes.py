"""What a mail repeats of others: quoted lines, the lines that introduce them, and the headers of forwarded mail.

Of a reply the earlier mail goes; of a forwarded mail, and where nothing else was said, only the headers go: what was
forwarded is what the ticket is about.
"""

from __future__ import annotations

import re

from flows.enrich.hints import holds

_LONGEST = 260  # characters of a line that introduces a quote, also when it is wrapped
_WRAPPED = 3  # lines

# `On Monday, Jane wrote:` as mail programs put it: the opening word, a date, and the verb at the end.
_INTRODUCES = re.compile(
    r"(?:On .{6,200}\bwrote\s?:|Am .{6,200}\bschrieb\b.{0,90}:|Le .{6,200}\ba écrit\s?:|El .{6,200}\bescribió\s?:"
    r"|Il .{6,200}\bha scritto\s?:|Op .{6,200}\bschreef\b.{0,90}:|(?:Em|A) .{6,200}\bescreveu\s?:|(?:Den"
    r"|Le) .{6,200}\bskrev\b.{0,90}:"
    r"|(?:W dniu|Dnia) .{6,200}\b(?:pisze|napisał|napisała|napisał\(a\))\s?:|Dne .{6,200}\bnapsal(?:\(a\)|a)?\s?:"
    r"|\d.{6,200}\bezt írta\b.{0,90}:|.{6,200}\bkirjoitti\s?:|.{6,200} пишет\s?:"
    r"|.{6,200}(?:のメール|が書きました)\s?[:：]?"
    r"|.{6,200}写道\s?[:：]"
    r"|.{6,200}\btarihinde\b.{0,90}yazdı\s?:|\d{4}[-/.]\d\d?[-/.]\d\d?.{4,150}<[^<>\s]{3,100}>\s?:)",
    re.I,
)
_INTRODUCING_WORD = re.compile(r"(?:On|Am|Le|El|Il|Op|Em|A|Den|W dniu|Dnia|Dne|\d{4}[-/.])\b", re.I)
_SEPARATOR = re.compile(
    r"-{2,}\s*(?:Original(?:\sMessage| Appointment)|(?:Ursprüngliche|Originale?) Nachricht|Message d['’]origine"
    r"|Mensaje original"
    r"|Messaggio originale|Oorspronkelijk bericht|Mensagem original|Ursprungligt meddelande|Oprindelig meddelelse"
    r"|Původní zpráva|Oryginalna wiadomość|Eredeti üzenet|Исходное сообщение|元のメッセージ|原始邮件)\s*-{0,}"
    r"|#{2}-.{0,60}#{0,2}|-{2,} ?(?:please )?(?:reply|type your reply|write) above this line ?-{0,}",
    re.I,
)
_FORWARDED = re.compile(
    r"-{2,}\s*(?:Forwarded (?:message|by .{1,60})|Weitergeleitete Nachricht|Mensaje reenviado|Message transféré"
    r"|Messaggio inoltrato|Doorgestuurd bericht|Mensagem encaminhada|Vidarebefordrat meddelande"
    r"|Begin forwarded message)"
    r".{0,20}|Begin forwarded message:|Anfang der weitergeleiteten Nachricht:|Début du message réexpédié\s?:",
    re.I,
)
_FROM = r"From|Von|De|Da|Van|Fra|Från|Od|Lähettäjä|Feladó|От|Kimden|差出人|发件人|보낸 사람"
_HEADER = re.compile(
    rf"\*?(?:{_FROM}|Sent|Gesendet|Envoyé|Enviado(?: el)?|Inviato|Verzonden|Skickat|Sendt|Odesláno|Wysłano|Date"
    rf"|Datum|Fecha|Data"
    r"|To|An|À|Para|A|Aan|Till|Til|Komu|Do|Cc|Bcc|Kopie|Subject|Betreff|Objet|Asunto|Oggetto|Onderwerp|Assunto|Ämne"
    r"|Emne"
    r"|Předmět|Temat|Reply-To|Importance|Дата|Кому|Тема|件名|日時|宛先|主题|收件人|发送时间)\*?\s?[:：]\*? ?.{0,300}",
    re.I,
)
_SENDER = re.compile(rf"\*?(?:{_FROM})\*?\s?[:：]\*? ?.{{1,150}}", re.I)
_RULE = re.compile(r"[_=-]{10,}")
# A line that introduces a quote, or the first of several that do, holds or begins with one of these; most lines do not.
_HINTS = (":", "--", "##", "__", "==", "：", "写道", "のメール", "が書きました")


def without_quotes(lines: list[str]) -> list[str]:
    """The lines (stripped) that are the writer's own. Behind a line that introduces a quote all of it goes, or the
    lines marked as quoted where they are marked: what is answered below or between them stays."""
    kept: list[str] = []
    has_said = False
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith(">"):
            at += 1
            continue
        skipped = _introduction(lines, at) if line and len(line) < _LONGEST and _may_introduce(line) else 0
        if skipped:
            if _FORWARDED.fullmatch(line):
                skipped += _headers(lines, at + skipped)
            elif has_said and not _is_marked(lines, at + skipped):
                return _without_sender(kept)
            elif not has_said:
                skipped += _headers(lines, at + skipped)
            at += skipped
            continue
        kept.append(line)
        has_said = has_said or bool(line)
        at += 1
    return kept


def _without_sender(kept: list[str]) -> list[str]:
    """Without a `From: Jane` directly above a line that introduces a quote."""
    last = next((place for place in range(len(kept) - 1, -1, -1) if kept[place]), 0)
    return kept[:last] if last and len(kept[last]) < _LONGEST and _SENDER.fullmatch(kept[last]) else kept


def introduces_a_forward(text: str) -> bool:
    """Whether a text begins with the line that mail programs put above what is forwarded."""
    return bool(_FORWARDED.match(text.lstrip()))


def _may_introduce(line: str) -> bool:
    return holds(line, _HINTS) or bool(_INTRODUCING_WORD.match(line))


def _introduction(lines: list[str], at: int) -> int:
    """How many lines from here introduce a quote: 0 for none."""
    line = lines[at]
    if _SEPARATOR.fullmatch(line) or _FORWARDED.fullmatch(line):
        return 1
    if line[0] in "_=-" and _RULE.fullmatch(line):
        headers = _headers(lines, at + 1)
        return 1 + headers if headers >= 2 else 0
    if _SENDER.fullmatch(line) and _headers(lines, at) >= 2:
        return _headers(lines, at)
    joined = ""
    for many in range(_WRAPPED if _INTRODUCING_WORD.match(line) else 1):
        if at + many >= len(lines) or not lines[at + many] or lines[at + many].startswith(">"):
            return 0
        joined = f"{joined} {lines[at + many]}".strip()
        if len(joined) > _LONGEST:
            return 0
        if joined.endswith((":", "：")) and re.search(r"\d", joined) and _INTRODUCES.fullmatch(joined):
            return many + 1
    return 0


def _headers(lines: list[str], at: int) -> int:
    """How many lines from here are headers of a mail, with empty ones before and between them."""
    end = start = at
    while end < len(lines) and end - start < 12:
        if lines[end] and not (len(lines[end]) < _LONGEST and _HEADER.fullmatch(lines[end])):
            break
        end += 1
        if lines[end - 1]:
            at = end
    return at - start


def _is_marked(lines: list[str], at: int) -> bool:
    """Whether the next line that is not empty is marked as quoted."""
    return next((line.startswith(">") for line in lines[at : at + 6] if line), False)
