"""The phrases of `commercial`: regular expressions by kind, a line or a few for each language.

What is cancelled has to be the contract, and what one changes to another vendor; without an object the clause has to
end there. Texts have plain apostrophes and single spaces.
"""

from __future__ import annotations

_OURS = r"(?:(?:our|my|this|the|whole|entire|paid|annual|yearly|monthly|current|existing|company|(?-i:[A-Z])\w+) ){0,3}"
_CONTRACT = (
    rf"{_OURS}(?:subscriptions?|accounts?|contracts?|plans?|agreements?|memberships?|licen[cs]es?|services? with you)\b"
    # "the account of a customer", "my account manager", "the plan change": something else
    r"(?! (?:of (?!our|my)|manager|page|settings?|review|meeting|call|owner|number|menu|tab|import|export|sync|change"
    r"|invit|event|webhook|report|holder|team|field|dialog|button))"
)
_MONTHS = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_CLAUSE_END = (
    r"(?=\s*(?:[.!?,;:)]|$|(?:and|or|by|as of|from|before|if|because|unless|immediately|effective|today|now)\b"
    r"|at (?:the )?(?:end|year|month)|with immediate|(?:this|next) (?:month|week|year|quarter)\b"
    rf"|in {_MONTHS}\b))"
)
_WANT = (
    r"(?:(?:we|i)(?:'d| would| will|'ll)? (?:also |now |really |probably |just |rather )*"
    r"(?:want|wish|like|intend|plan|decided|have decided|have|need|prefer|are going|are planning|am going)(?: now)? to "
    r"|(?:we|i)(?:'ll| will| may| might| shall| must|'re going to|'d rather)(?: have to| need to)? |please )?"
)
_PRODUCTS = r"(?:product|tool|vendor|provider|supplier|service|solution|platform|software|system)s?"
_RIVALS = (
    r"(?:(?:one of |some of )?(?:your |the |some |a )?(?:competitors?|competition)"
    rf"|(?:an)?other {_PRODUCTS}|(?:a )?different {_PRODUCTS})"
)
# Others' mail programs and helpdesks by name: `go back to Outlook`. A name of any other kind may be a page or folder.
_OTHERS = (
    r"(?-i:(?:Microsoft |MS )?(?:[Oo]utlook|Apple Mail|e[Mm] ?Client"
    r"|Mailbird|MailBird|Postbox|Betterbird|Zendesk|Freshdesk|Intercom|HubSpot|Salesforce))"
    r"(?! (?:account|address|e-?mail (?:account|address)|server|settings|calendar|contacts|folder|\.com)|\.com)\b"
)
_SOMEWHERE = r"(?:go(?:ing)? back|(?:switch|mov|migrat|chang|return)(?:e|ing)?(?: back| over)?)"
_NAMED = (
    "to outlook", "to microsoft outlook", "to ms outlook", "to apple mail", "to em client", "to emclient",
    "to mailbird", "to postbox", "to betterbird", "to zendesk", "to freshdesk", "to intercom", "to hubspot",
    "to salesforce",
)  # fmt: skip
_NOT = (
    r"(?:do not|don't|will not|won't|would not|wouldn't|may not|might not|shall not|are not|aren't|am not|'re not"
    r"|'m not|(?:have )?decided (?:not to|against)|not|no longer|never)"
)
_AGREED = r"(?:\w+ ){0,4}(?:subscription|account|contract|plan|agreement|membership|licen|service)"
_NOTHING_ELSE = r"(?!)"
_RENEW = r"(?:renew|extend|prolong)(?:ing)?"
_TERM = r"(?:subscription|contract|plan|agreement|licen[cs]e)"

_DEIN = r"(?:unser|mein|d(?:as|en|ie|ieser?n?)|diese)\w*"
_VERTRAG = r"(?:abo|vertrag|konto|account|lizenz|tarif|mitgliedschaft|zugang|kundenkonto|nutzung)\w*"
_SATZENDE = r"(?=\s*(?:[.!?,;]|$|zum\b|ab\b|wenn\b|falls\b|dann\b|und\b))"

CANCEL = (
    # English
    rf"{_WANT}(?:cancel|terminate|end|close|discontinue|ending|terminating|cancell?ing|closing) {_CONTRACT}",
    rf"(?:{_WANT}|how (?:do|can) (?:i|we) |if we )"
    rf"cancel(?: with you| (?:it |this )?(?:all|altogether))?{_CLAUSE_END}",
    r"(?:we|i)(?:'ll| will| shall|'re going to| are going to)? (?:cancel|leave|quit|walk away|be leaving)(?: you)?"
    rf"{_CLAUSE_END}",
    r"(?:decided|want|going|planning|have) to leave (?:you|this (?:product|tool)|(?-i:[A-Z])\w+)(?! alone)\b",
    r"(?:thinking of|thinking about|considering) leaving\b(?! (?:a|the|it|this|that|my|comments?)\b)",
    rf"(?:we|i)(?:'re| are|'m| am)? (?:about|ready|likely) to (?:switch|leave|quit)(?: as well| too)?{_CLAUSE_END}",
    rf"(?:cancell?ation|termination|ending) of {_CONTRACT}",
    r"(?:this is|here is|consider this|take this as) (?:our|my) (?:formal |official )?notice\b",
    r"(?:our|my) notice of (?:cancell?ation|termination)",
    r"(?:delete|remove) our (?:whole |entire |company )?(?:account|workspace)\b(?! (?:of|invit|member))",
    r"(?:closing|shutting|winding)(?: down)? (?:the|our) (?:company|business)\b",
    # German: the object stands before the verb or after it, or there is none
    rf"\bkündige?n?\b(?: (?:wir|ich))?(?: hiermit)? {_DEIN} (?:\w+ )?{_VERTRAG}",
    rf"{_DEIN} (?:\w+ )?{_VERTRAG}(?: \w+){{0,4}} (?:zu )?kündigen",
    rf"(?:kündigen (?:wir|ich)|wie (?:kann|können|kündige) (?:ich|wir)(?: kündigen)?){_SATZENDE}",
    r"(?:wir|ich) (?:möchten?|wollen|will|werden?|müssen|muss|überlegen)(?: (?:nun|jetzt|leider|daher|nicht|zu)){0,2}"
    rf" (?:zu )?kündigen{_SATZENDE}",
    rf"kündigung (?:des|der|unsere[rs]|meine[rs]) (?:\w+ )?{_VERTRAG}",
    rf"{_VERTRAG} (?:\w+ )?(?:schließen|auflösen|beenden)\b",
    # French
    r"\b(?:nous \w+ |je \w+ )?(?:résili(?:er|ons)|annuler|mettre fin à|arrêter|fermer|clôturer)"
    r" (?:notre|mon|le|l'|ce) ?(?:abonnement|compte|contrat)\b",
    r"\bnous (?:souhaitons|voulons|allons|devons|préférons) résilier(?=\s*(?:[.!?,;]|$|à|au|fin|dès|pour))",
    r"\brésiliation (?:de|du) (?:notre |mon |l')?(?:abonnement|compte|contrat)\b",
    # Spanish
    r"(?:queremos |quiero |vamos a |deseamos )?(?:cancelar|anular|rescindir|dar de baja|cerrar|terminar|finalizar)"
    r" (?:la|nuestra|mi|el|nuestro|est[ae]) (?:suscripci[oó]n|cuenta|contrato|licencia)\b",
    r"\b(?:darnos|darme) de baja\b",
    # Portuguese
    r"(?:queremos |quero |vamos )?(?:cancelar|encerrar|rescindir)"
    r" (?:a|o|nossa|nosso|minha|meu|est[ae]) (?:assinatura|conta|contrato|licença)\b",
    # Italian, Dutch, Japanese
    r"(?:disdire|cessare|chiudere|rescindere) (?:l'|il |la |nostr[oa] |il nostro |la nostra )?"
    r"(?:abbonamento|contratto|account)\b",
    r"(?:abonnement|contract|account) (?:\w+ )?(?:opzeggen|beëindigen|stopzetten)\b",
    r"(?:契約|サブスクリプション|アカウント|プラン|サービス)(?:を|の)?解約(?:したい|します|する|希望|を希望|をお願い|手続)",
)
NO_RENEWAL = (
    rf"(?:we|i)(?: are|'re| have|'ve)? ?{_NOT} (?:be |going to |planning to |want to |wish to |intend to |plan to )*"
    rf"{_RENEW}\b(?: (?:our|the|my|this) \w+)?",
    # "cannot renew" is a page that does not work
    rf"(?<!can)(?<!could )(?:not|never) (?:to )?{_RENEW} (?:our|the|my|this) {_TERM}",
    r"\bnon-?renewal\b",
    rf"let (?:our|the|my) {_TERM} (?:expire|lapse|run out)",
    r"(?:turn|switch) off (?:the )?auto(?:matic)?[- ]?renew\w*|stop (?:the|our) (?:auto(?:matic)?[- ]?)?renewal",
    r"(?:reconsider\w*|rethink\w*|reviewing|questioning) (?:our|the|whether (?:we|to)) (?:will |should )?"
    r"(?:renew\w*|subscription|contract)",
    r"(?:vertrag|abo|abonnement|lizenz|tarif)\w* (?:\w+ ){0,3}"
    r"(?:nicht (?:mehr )?(?:zu )?verlängern|auslaufen (?:zu )?lassen)",
    r"\b(?:nicht mehr|nicht|keinesfalls) (?:zu )?verlängern\b|verlängern (?:wir|ich) (?:\w+ ){0,3}nicht\b",
    r"\bne (?:\w+ )?(?:pas |plus )?(?:renouvel|recondui)\w+(?: pas| plus)?\b|\bnon[- ]renouvellement\b",
    r"\bno (?:vamos a |queremos |pensamos |deseamos |quiero )?renov(?:ar|aremos|amos|aré)\b",
    r"\bnão (?:vamos |queremos |pretendemos |iremos |quero )?renov(?:ar|aremos|amos|arei)\b",
    r"\bnon (?:\w+ )?rinnov(?:are|eremo|iamo)\b|\bniet (?:\w+ )?(?:verlengen|verlengd)\b",
    r"更新(?:しない|しません|するつもりはありません)",
)
SWITCH = (
    rf"(?:switch|mov|migrat|chang|go)(?:e|ing)? (?:over |away )?(?:to|with) {_RIVALS}",
    rf"(?:look|shop|search)(?:ed|ing)?(?: around)? (?:at|for|into|to) {_RIVALS}",
    rf"{_SOMEWHERE} to {_OTHERS}",
    rf"abandon(?:ing)? (?:this|your) (?:{_PRODUCTS}|programs?|app)\b",
    rf"abandon(?:ing)? (?:this|you)(?: altogether| completely)?{_CLAUSE_END}",
    rf"(?:find|seek|looking for)(?:ing)? an? alternative(?: to (?:this|you))?{_CLAUSE_END}",
    r"\b(?:look|search)(?:ed|ing)?(?: around)? for (?:an? |some )?alternative (?:e-?mail )?"
    r"(?:client|program|provider|vendor|tool|platform|product)s?\b",
    r"\b(?:look|shop|search|evaluat|compar|consider|explor|review|assess)(?:e|ed|ing)?(?: around)?(?: at| for| into)?"
    r" (?:an |other |some |possible |several |your |new )?alternatives?"
    rf"(?: to (?:you|your (?:product|tool|service)|this (?:product|tool|service))\b|{_CLAUSE_END})",
    rf"(?:evaluat|compar|consider|test|trial)l?(?:e|ed|ing) {_RIVALS}",
    rf"(?:talking to|in talks with|offers? from|compar(?:e|ing) you (?:with|to)) {_RIVALS}",
    r"(?:tak(?:e|ing)|mov(?:e|ing)) our business (?:elsewhere|to)|(?:look|go)(?:ing)? elsewhere",
    rf"find(?:ing)? (?:another|a different|a new) {_PRODUCTS}\b(?= *(?:[.!?,;]|$|that|if|who|which|instead))",
    r"(?:mov|migrat|switch)(?:e|ing) away from (?:you|your|this (?:product|tool|platform))\b",
    r"(?:replace|replacing) (?:you|your (?:product|tool|service|software))\b",
    r"(?:mov|switch|migrat)(?:e|ing) to (?:an|our own) in-?house (?:tool|solution|system)",
    r"(?:zu|zur) (?:einem|einer|der)? ?(?:ander\w+ (?:anbieter|lösung|tool|software|produkt)|konkurren\w+"
    r"|wettbewerb\w*) (?:zu )?(?:wechseln|gehen)|den anbieter (?:zu )?wechseln",
    r"wechseln (?:wir |ich )?(?:zu|zur) (?:einem |einer |der )?"
    r"(?:ander\w+ (?:anbieter|lösung|tool|software|produkt)|konkurren\w+|wettbewerb\w*)",
    r"(?:nach|uns|über) (?:einer |anderen )?alternativen? (?:um\w*|such\w*|nach\w*)",
    r"alternativen? (?:zu ihnen|(?:zu )?(?:prüfen|evaluieren|suchen|anschauen|ansehen))"
    r"|(?:suchen|prüfen|evaluieren) (?:wir )?(?:\w+ )?alternativen",
    r"(?:pass\w+|all\w+|migr\w+) (?:à|chez|vers) "
    r"(?:la concurrence|un (?:concurrent|autre (?:outil|fournisseur|prestataire|éditeur|logiciel)))",
    r"changer de (?:fournisseur|prestataire|solution|logiciel|outil)",
    r"(?:cherch|regard|étudi|évalu|envisag)\w+ (?:une |des |d'autres |les )?"
    r"(?:alternatives?|solutions? concurrentes?)",
    r"(?:cambiar(?:nos)?|pasar(?:nos)?|irnos|migrar) (?:a|con) "
    r"(?:la competencia|otr[oa] (?:proveedor|producto|herramienta|plataforma|solución|empresa))",
    r"cambiar de (?:proveedor|herramienta|plataforma)",
    r"(?:busc|evalu|mir|consider|estudi)\w+ (?:otras |unas )?alternativas\b",
    r"(?:mudar|migrar|passar|trocar|ir) para "
    r"(?:a concorrência|um concorrente|outr[oa] (?:fornecedor|ferramenta|plataforma|solução|empresa))",
    r"(?:mudar|trocar) de (?:fornecedor|ferramenta|plataforma)",
    r"(?:procur|busc|avali|consider)\w+ (?:outras )?alternativas\b",
    r"passare (?:a un altro fornitore|alla concorrenza)",
    r"overstappen (?:naar|op) (?:een andere|de concurrent)\w*",
    r"(?:他社|別の(?:ツール|サービス))(?:へ|に|への)(?:乗り換え|移行|切り替え)",
)
PRICE = (
    r"(?:can(?:not|'t| not|'t really)) (?:really )?(?:justify|afford) (?:\w+ ){0,3}"
    r"(?:cost|price|spend|fee|renewal|subscription|any ?more|any longer|much longer|to (?:stay|keep|continue))",
    r"(?:too expensive|too much|too costly) (?:for us )?to (?:keep|stay|continue|justify|renew)",
    r"(?:not|n't|no longer) worth (?:the|its|this|what) (?:money|price|cost|we)",
    rf"cheaper (?:elsewhere|alternatives?|competitors?|{_PRODUCTS}\b)",
    r"(?:nicht mehr|nicht länger) (?:leisten|rechtfertigen|bezahlen)|lohnt sich (?:für uns )?nicht mehr",
    r"trop cher pour (?:continuer|rester|renouveler)|ne (?:vaut|justifie) plus",
    r"demasiado caro para (?:seguir|continuar|renovar)|ya no (?:podemos pagar|nos compensa)",
    r"caro demais para (?:continuar|renovar)|já não (?:compensa|podemos pagar)",
)
# Only a sentence with one of these is worth the phrases of a kind: few have any. END stands for itself and its -ing
# alone.
END = "end"
HINTS = {
    "cancel": (
        "cancel", "terminat", "end", "clos", "discontinu", "leav", "quit", "switch", "walk away", "notice", "account",
        "workspace", "compan", "business", "kündig", "schließ", "auflös", "beend", "résili", "annul", "mettre fin",
        "arrêt", "ferm", "clôtur", "anular", "rescind", "baja", "cerrar", "finaliz", "encerr", "disd", "cessar",
        "chiud", "opzegg", "beëind", "stopzet", "解約",
    ),
    "no_renewal": (
        "renew", "exten", "prolong", "expire", "lapse", "run out", "reconsider", "rethink", "question", "verläng",
        "auslauf", "renouvel", "recondui", "renov", "rinnov", "verleng", "更新",
    ),
    "switch": (
        "competit", "different", "other", "alternativ", "elsewhere", "away", "replac", "in-house", "inhouse",
        "abandon", *_NAMED,
        "business", "anbieter", "konkurren", "wettbewerb", "concurren", "changer de", "competencia", "proveedor",
        "otro", "otra", "concorr", "outro", "outra", "mudar", "trocar", "passare", "overstap", "乗り換え",
        "移行", "切り替え",
    ),
    "price": (
        "justif", "afford", "expensive", "costly", "too much", "worth", "cheaper", "leisten", "rechtfertig", "bezahl",
        "lohnt", "cher", "vaut", "caro", "compensa", "pagar",
    ),
}  # fmt: skip
# What every phrase of a kind holds, closer than a hint: the others need a pattern for each of many sentences. Words,
# which are looked for first, and what else it may be: alternatives that begin with a letter are found faster.
NEEDED = {
    "cancel": (
        (
            "cancel", "termina", "discontinu", "leav", "quit", "walk away", "to switch", "kündig", "schließen",
            "auflösen", "beenden", "résili", "annuler", "mettre fin", "arrêter", "fermer", "clôturer", "anular",
            "rescind", "de baja", "cerrar", "finalizar", "encerrar", "disdire", "cessare", "chiudere", "opzeggen",
            "beëindigen", "stopzetten", "解約",
        ),
        rf"end(?:ing)? {_AGREED}|clos(?:e|ing) {_AGREED}"
        r"|our (?:formal |official )?notice|my (?:formal |official )?notice"
        r"|our (?:whole |entire |company )?(?:account|workspace)|closing(?: down)? (?:the|our) (?:company|business)"
        r"|shutting(?: down)? (?:the|our) (?:company|business)|winding(?: down)? (?:the|our) (?:company|business)",
    ),
    "no_renewal": (
        (
            "renew", "extend", "prolong", "expire", "lapse", "run out", "reconsider", "rethink", "reviewing",
            "questioning", "verlänger", "auslaufen", "renouvel", "recondui", "renov", "rinnov", "verleng", "更新",
        ),
        _NOTHING_ELSE,
    ),
    "switch": (
        (
            *_NAMED,
            "competit", "alternativ", "elsewhere", "our business", "away from you", "away from this", "replace you",
            "replacing you", "in-house", "inhouse", "anbieter", "konkurren", "wettbewerb", "concurren",
            "autre outil", "autre fournisseur", "autre prestataire", "autre éditeur", "autre logiciel", "changer de",
            "competencia", "otro ", "otra ", "cambiar de", "concorr", "outro ", "outra ", "mudar de", "trocar de",
            "altro fornitore", "een andere", "de concurrent", "他社", "別の",
        ),
        rf"abandon(?:ing)? (?:this|you)|(?:other|different|new) {_PRODUCTS}|ander\w+ (?:lösung|tool|software|produkt)",
    ),
    "price": (
        (
            "justify", "afford", "too expensive", "too much", "too costly", "worth", "cheaper", "leisten",
            "rechtfertigen", "bezahlen", "lohnt", "trop cher", "vaut plus", "justifie plus", "demasiado caro", "ya no",
            "caro demais", "já não",
        ),
        _NOTHING_ELSE,
    ),
}  # fmt: skip
# What stands before the words and takes them back: a denial of exactly them, or somebody else as their subject.
DENIED_BEFORE = (
    r"(?:(?:\bnot|n't|\bnever|\bwithout|\brather than|\binstead of|\bno (?:plans?|intention|need|wish|reason))"
    r"(?: (?:really|actually|yet|even|want|wanting|wanted|wish|like|intend|intending|plan|planning|going|have|having"
    r"|need|mean|meant|trying|ask|asking|asked|here|about|considering|thinking|of|to|be|we|i|are|currently))*"
    r"|\b(?:nicht|keine?\w*|ohne)(?: \w+){0,2}|\b(?:pas|jamais|sans)(?: \w+)?|\b(?:no|sin|não|sem)(?: \w+){0,2}"
    r"|\bnon(?: \w+)?|\bniet(?: \w+)?|\b(?:nobody|no one)(?: \w+){0,2} to"
    r"|\b(?:customers?|users?|clients?|subscribers?|members?|buyers?|guests?|people|they|he|she|someone|who)"
    r"(?: (?:can|could|to|will|want to|who|may|must|should|would|try to))*)\s*$"
)
# The bare word is a button as well ("I click on cancel", "retry or cancel"): it counts at the beginning of a sentence,
# or where somebody means to do it.
CAN_BE_A_BUTTON = r"(?:i )?cancel(?: (?:it|this))?"
MEANT = (
    r"^\W*$|\b(?:will|shall|must|(?:ha(?:ve|d|s)|need|wants?|wish|like|going|forced|ready|decided|about|intend) to)\s*$"
    r"|[:;]\s*$|\b(?:please|otherwise|else|or we|then we|therefore)\s*,?\s*$"
)
# The text speaks of ending something: then it says what, and not the subject line.
ENDING = (
    r"\b(?:cancel|terminat|discontinu|clos(?:e|ing)\b|end (?:the|our|my)\b|delet|remov|kündig|storn|schließ|résili"
    r"|annul|ferm(?:er|ez)|anular|cerrar|rescind|encerr|disdi|opzeg)|解約|キャンセル"
)
DENIED_WITHIN = r"\b(?:nicht|keine?\w*)\b"
DENIED_AFTER = r"^ (?:(?:wir|ich|es|ihn|sie|den|das|die|unser\w*|\w+) ){0,3}nicht\b|^(?:しない|したくない)"
