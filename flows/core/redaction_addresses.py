"""Postal addresses: street and number, and the postcode and town beside them, as they are written in some countries.

A street that its form gives away (`Hauptstraße 12`, `12 Main Street`, `12 rue de la Paix`) is found alone; where the
words may mean something else (`Via`, `Place`, `Drive`), only with its postcode. Each pattern comes with words of which
a text must hold one, in lower case.
"""

from __future__ import annotations

import re

_NUMBER = r"\d{1,4}(?: ?[a-zA-Z](?![\w]))?(?:[-/]\d{1,4}[a-zA-Z]?)?"
_NAME = r"[A-ZÀ-ÞŠŽŁŚ][\w'’.-]{0,28}"
_GAP = r"[ \n]?,?[ \n]{1,2}"
_TOWN = (
    rf"{_NAME}(?:[ -](?:(?:de|del|della|di|la|le|les|sur|am|an der|bei|im|upon|on|aan den|den|y)[ -])?{_NAME}){{0,3}}"
)

_GERMAN = rf"(?:{_NAME}[ -]){{0,3}}[\w.'-]{{0,30}}(?i:straße|strasse|str\.|gasse|allee|chaussee|platz)"
_GERMAN_WEAK = (
    rf"(?:(?:{_NAME}[ -]){{0,2}}[\w.'-]{{0,30}}(?i:damm|ufer|ring|weg|steig|promenade|markt|hof|berg)"
    rf"|(?:Am|An der|An den|Im|In der|In den|Auf der|Auf dem|Unter den|Zum|Zur) {_NAME}(?: {_NAME})?)"
)
_DUTCH_NAME = rf"(?:(?:{_NAME}|van|van der|de|den|der) ){{0,3}}[\w.'-]{{0,30}}"
_FRENCH = (
    r"(?i:rue|avenue|av\.|boulevard|bd\.?|place|impasse|chemin|allée|route|quai|cours|square|passage|faubourg)"
    rf"(?: (?i:de la|de l'|de l’|des|du|de|d'|d’|la|le|les|aux|au))?[ ]?{_NAME}(?:[ -](?:(?:de|du|des|la|le"
    rf"|et)[ -])?{_NAME}){{0,4}}"
)
_SPANISH = (
    r"(?:(?i:calle|avenida|avda\.?|plaza|paseo|camino|carretera|ronda|travesía|glorieta|rambla|pza\.?|c/)|Av\.|Cl\.)"
    rf" ?(?:(?i:de la|de los|de las|del|de|la|el) )?{_NAME}(?: (?:(?:de la|de los|de|del|la|y) )?{_NAME}){{0,4}}"
)
_ITALIAN = (
    r"(?i:via|viale|piazza|piazzale|corso|largo|vicolo|strada|lungotevere|p\.zza|v\.le)"
    rf" (?:(?:della|delle|dei|degli|del|di|dell'|XX) ?)?{_NAME}(?: (?:(?:di|della|e) )?{_NAME}){{0,4}}"
)
_PORTUGUESE = (
    r"(?i:rua|avenida|av\.|travessa|praça|largo|alameda|estrada|rodovia)"
    rf" (?:(?:da|das|do|dos|de) )?{_NAME}(?: (?:(?:da|das|do|dos|de|e) )?{_NAME}){{0,4}}"
)
_STRONG = (
    r"(?:Street|St\.?|Avenue|Ave\.?|Road|Rd\.?|Boulevard|Blvd\.?|Lane|Ln\.?|Terrace|Crescent|Parkway|Pkwy|Highway|Hwy)"
)
_WEAK = (
    r"(?:Drive|Dr\.?|Court|Ct\.?|Way|Place|Pl\.?|Square|Sq\.?|Circle|Cir\.?|Close|Gardens|Trail|Grove|Hill|Row|Mews"
    r"|Walk)"
)
_UNIT = rf"(?:{_GAP}(?:#|(?i:apt|apartment|suite|ste|unit|flat|floor|room)\.? ?#?)\w{{1,6}})?"
_STATE = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]"
    r"|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])"
)
_UK = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"
_ZIP = (
    rf"(?:(?:{_GAP}{_TOWN})?{_GAP}{_STATE}[ ,\n]{{1,2}}\d{{5}}(?:-\d{{4}})?"
    rf"|(?:{_GAP}{_TOWN}){{0,3}}{_GAP}{_UK}|{_GAP}{_TOWN}{_GAP}\d{{4,5}}(?!\d))"
)
_ENGLISH = (
    rf"\d(?<![\w./-]\d)\d{{0,5}}[A-Za-z]?(?:-\d{{1,5}})? (?:[NSEW]\.? |North |South |East |West )?"
    rf"(?:{_NAME}|\d{{1,3}}(?:st|nd|rd|th))(?: {_NAME}){{0,3}}"
)

_ALONE = r"(?<![\w./-])"
_DIGIT = r"\d(?<![\w./-]\d)"  # a pattern that begins with a digit is fast, one that looks behind first is not

# Pattern, words, and whether there is always a postcode: four digits at least.
ADDRESSES: tuple[tuple[re.Pattern[str], tuple[str, ...], bool], ...] = tuple(
    (re.compile(pattern), needs, has_postcode)
    for pattern, needs, has_postcode in (
        (
            rf"{_ALONE}{_GERMAN} {_NUMBER}(?!\w)(?:{_GAP}(?:[DA]-|CH-)?\d{{4,5}} {_TOWN})?",
            ("straße", "strasse", "str.", "gasse", "allee", "chaussee", "platz"),
            False,
        ),
        (
            rf"{_ALONE}{_DUTCH_NAME}(?i:straat|laan|plein|gracht|singel) {_NUMBER}(?!\w)"
            rf"(?:{_GAP}(?:NL-)?\d{{4}} ?[A-Z]{{2}}(?:{_GAP}{_TOWN})?)?",
            ("straat", "laan", "plein", "gracht", "singel"),
            False,
        ),
        (
            rf"{_DIGIT}\d{{0,3}}(?: ?(?:bis|ter|quater|[A-Da-d])(?!\w))?,? {_FRENCH}(?:{_GAP}(?:(?:F|B|L"
            rf"|CH)-)?\d{{4,5}} {_TOWN})?",
            (
                "rue",
                "avenue",
                "av.",
                "boulevard",
                "bd",
                "place",
                "impasse",
                "chemin",
                "allée",
                "route",
                "quai",
                "cours",
                "square",
                "passage",
                "faubourg",
            ),
            False,
        ),
        (
            rf"{_ALONE}{_SPANISH},? (?:(?:n[º°o]\.?|núm\.?|número) ?)?\d{{1,4}}(?!\w)"
            rf"(?:{_GAP}\d{{1,2}}[º°ª][ ,.-]{{0,2}}(?:[A-Z](?!\w)|izq\.?|dcha\.?|derecha"
            rf"|izquierda)?)?(?:{_GAP}\d{{5}},? {_TOWN})?",
            (
                "calle",
                "avenida",
                "avda",
                "plaza",
                "paseo",
                "camino",
                "carretera",
                "ronda",
                "travesía",
                "glorieta",
                "rambla",
                "pza",
                "c/",
                "av.",
                "cl.",
            ),
            False,
        ),
        (
            rf"{_ALONE}{_PORTUGUESE},? (?:n[º°.]? ?)?\d{{1,5}}(?!\w)(?:{_GAP}(?:\w{{1,12}}[º°]?"
            rf" ?){{1,3}})?{_GAP}\d{{4,5}}-\d{{3}},? {_TOWN}",
            ("rua", "avenida", "av.", "travessa", "praça", "largo", "alameda", "estrada", "rodovia"),
            True,
        ),
        (
            rf"{_ENGLISH} (?i:{_STRONG})(?!\w)(?: [NSEW]{{1,2}}\b)?{_UNIT}(?:{_ZIP})?",
            (
                "street",
                " st",
                " ave",
                "road",
                " rd",
                "boulevard",
                "blvd",
                "lane",
                " ln",
                "terrace",
                "crescent",
                "parkway",
                "pkwy",
                "highway",
                "hwy",
            ),
            False,
        ),
        (
            rf"{_ENGLISH} (?i:{_WEAK})(?!\w)(?: [NSEW]{{1,2}}\b)?{_UNIT}{_ZIP}",
            (
                "drive",
                " dr",
                "court",
                " ct",
                "way",
                "place",
                " pl",
                "square",
                " sq",
                "circle",
                " cir",
                "close",
                "gardens",
                "trail",
                "grove",
                "hill",
                "row",
                "mews",
                "walk",
            ),
            False,
        ),
        (
            r"(?i:(?<!\w)p\.? ?o\.? ?box|post office box|postfach|postbus|apartado(?: de correos)?|casella postale"
            r"|caixa postal"
            rf"|boîte postale) \d[\d ]{{1,8}}\d(?!\w)(?:{_GAP}\d{{4,5}}(?: ?[A-Z]{{2}}(?!\w))? {_TOWN})?",
            ("o box", "o. box", "pobox", "office box", "postfach", "postbus", "apartado", "casella", "caixa", "boîte"),
            False,
        ),
    )
)

# Streets whose words may mean anything: looked for before a postcode and a town.
POSTCODE_AND_TOWN = re.compile(rf"\d(?<!\w\d)\d{{3,4}}(?: ?[A-Z]{{2}}(?!\w))?,? {_TOWN}")
_STREET_BEFORE = re.compile(
    rf"{_ALONE}(?:{_GERMAN_WEAK}|{_DUTCH_NAME}(?i:weg|kade|dijk|hof|pad|steeg|markt|dreef|park|burg)|{_ITALIAN},?)"
    rf" (?:n\.? ?)?{_NUMBER}(?:{_GAP}|[ ]-[ ])(?:[A-Z]{{1,2}}-)?$"
)
_STREET_LENGTH = 90


def after_street(match: re.Match[str], text: str) -> tuple[int, int] | None:
    """An address whose postcode and town were matched, with the street before them."""
    start = max(0, match.start() - _STREET_LENGTH)
    street = _STREET_BEFORE.search(text[start : match.start()])
    return (start + street.start(), match.end()) if street else None
