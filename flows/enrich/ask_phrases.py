"""The words by which asks are told apart. Patterns are bounded, for sentences cut to some hundred characters."""

from __future__ import annotations

import re

_THING = (
    r"(?:questions?|issues?|problems?|requests?|topics?|matters?|concerns?|bugs?|quer(?:y|ies)|subjects?"
    r"|inquir(?:y|ies)"
    r"|frage|bitte|problem|thema|anliegen|pregunta|duda|consulta|problema|tema|asunto|question|demande|problème|sujet"
    r"|domanda|richiesta|questione|pergunta|dúvida|questão|pedido|assunto|vraag|verzoek|probleem)"
)
_ANOTHER = (
    r"(?:another|one more|(?:a |my |the |our )?(?:second|third|fourth|2nd|3rd|next|final|last|other|separate|different"
    r"|unrelated|additional|further)|an (?:unrelated|additional|other)|(?:noch )?eine?(?: weitere[s]?| andere[s]?"
    r"| zweite[s]?)|noch eine?|(?:meine |die )?(?:zweite|andere|weitere)|otr[oa]|(?:mi |la )?segund[oa]"
    r"|(?:une |ma )?autre"
    r"|(?:une |ma |la )?(?:deuxième|seconde)|un'altra|un altro|(?:la |la mia )?second[oa]|outr[oa]"
    r"|(?:a minha )?segund[oa]"
    r"|nog een|(?:een |mijn )?(?:andere|tweede))"
)
_LEAD = (
    r"(?:(?:and|also|then|oh|ok(?:ay)?|plus|lastly|finally|hi|well|p\.?s\.?|und|außerdem|y|además|et|e|inoltre|en|ook)"
    r"[\s,:]{1,3}){0,2}(?:(?:i|we)(?: also|'ve| have|'d){0,3}(?: have| got| had)? |there(?:'s| is"
    r"| are)(?: also)? |here(?:'s| is)"
    r" |ich (?:habe|hätte)(?: auch)? |tengo |j'ai |ho |tenho |ik heb )?(?:just |also )?"
)
# Rule 2. A matter of its own, whatever follows.
NEW_MATTER = re.compile(
    r"^(?!the \w{1,10} requests?\b)" + _LEAD + r"(?:" + _ANOTHER + r" (?:[\w'-]{1,20} ){0,2}" + _THING + r"\b"
    r"|(?:question|issue|problem|request|frage|pregunta|domanda|pergunta|vraag) (?:no\.? ?|number |nr\.? ?|#)?[2-9]\b"
    r"|on (?:a|an|another) (?:(?:completely|totally|entirely) )?(?:separate|different|side|unrelated|other) "
    r"|(?:completely |totally |entirely )?unrelated\b|separately[,:]|different topic"
    r"|(?:while|since) (?:i have|i've got|i am|i'm) (?:you|here|at it|writing|on)"
    r"|ein (?:ganz )?anderes thema|par ailleurs|por otro lado|por otra parte|d'altra parte|por outro lado)",
    re.I,
)
# Every sentence that NEW_MATTER matches holds one of these words: to look for them is quicker.
_MATTERS = """
    question questions issue issues problem problems request requests topic topics matter matters concern concerns bug
    bugs query queries subject subjects inquiry inquiries frage bitte thema anliegen pregunta duda consulta problema
    tema asunto demande problème sujet domanda richiesta questione pergunta dúvida questão pedido assunto vraag verzoek
    probleem separate separately different unrelated side other while since here writing ailleurs lado parte altra
"""
MATTERS = frozenset(_MATTERS.split())
# Rule 3. Adds something, to this ask or another.
ADDS = re.compile(
    r"^(?:(?:and|oh|but|und|y|et|e|en)[\s,]{1,3})?(?:also|additionally|in addition|furthermore|moreover"
    r"|besides|by the way|btw"
    r"|p\.? ?s\.?|apart from (?:that|this)|other than that|aside from that|on top of (?:that|this)|lastly|finally"
    r"|second(?:ly)?|third(?:ly)?|next|plus|as well|(?:one|another) (?:more |last |final |other )?(?:thing|point)"
    r"|(?:just |one )last thing|außerdem|ausserdem|zudem|zusätzlich|darüber hinaus|übrigens|zweitens|noch etwas|además"
    r"|también|aparte|en segundo lugar|otra cosa|de plus|aussi|en outre|deuxièmement|autre chose|inoltre|anche"
    r"|in secondo luogo|un'altra cosa|além disso|também|em segundo lugar|outra coisa|daarnaast|verder"
    r"|bovendien|ten tweede"
    r"|nog iets)\b",
    re.I,
)
# The same within a sentence that holds one of these.
ALSO = frozenset(("also", "auch", "außerdem", "también"))
ADDS_WITHIN = re.compile(
    r"\b(?:(?:can|could|would|will) (?:you|i|we)(?: please)? also|please also|also please"
    r"|(?:i|we)(?:'d| would)? also (?:like|need|want|wanted|wish|have a question|noticed that|see that)|is there also"
    r"|(?:how|where|when) (?:do|can) (?:i|we) also|könn(?:en|ten) sie (?:auch|außerdem)|podrían? también)\b",
    re.I,
)
NUMBERED = re.compile(
    r"^(?:[^:]{0,120}:\s)?\s*(?:(?:question|issue|problem|request|ask) )?\(?(?:#|no\.? ?)?([1-9]\d?|[a-h])[.):]"
    r"(?:\s|(?=[^\W\d]))",
    re.I,
)
BULLET = re.compile(r"^\s*[-*•–·]\s+\S")
ANNOUNCED = re.compile(
    r"\b(?:[2-9]|two|three|four|five|six|several|some|a few|few|multiple|a couple(?: of)?|couple of|various"
    r"|following|these"
    r"|zwei|drei|vier|einige|mehrere|folgende|ein paar|dos|tres|cuatro|varias|varios|algunas|deux|trois"
    r"|quatre|plusieurs"
    r"|quelques|due|tre|quattro|alcune|diverse|duas|dois|três|algumas|twee|drie|vier|enkele|een paar)"
    r" (?:[\w'-]{1,20} ){0,2}(?:questions|issues|problems|requests|things|concerns|topics|points|bugs|queries|changes"
    r"|fragen|probleme|anliegen|punkte|bitten|preguntas|dudas|problemas|cosas|consultas|problèmes|demandes"
    r"|choses|domande|problemi|cose|richieste|perguntas|dúvidas|coisas|vragen|problemen|dingen|verzoeken)\b",
    re.I,
)
OF_STEPS = re.compile(
    r"\b(?:steps?|reproduc\w{1,6}|procedure|tried|attempted|workaround|instructions|schritte|pasos|étapes"
    r"|passi|stappen)\b",
    re.I,
)
STEP = re.compile(
    r"^\W{0,3}(?:\(?\w{1,2}[.):]\s*)?(?:and |then |also |second(?:ly)?,? |next,? ){0,2}"
    r"(?:(?:i|we)(?:'ve| have| had| also| then| already| even| just){0,3} (?:tried|did|clicked?|opened|went"
    r"|restarted|rebooted"
    r"|re-?installed|uninstalled|installed|updated|upgraded|cleared|deleted|removed|reset|checked|ran"
    r"|switched|disabled|enabled"
    r"|followed|changed|noticed it|contacted|called|emailed)"
    r"|(?:open|click|go to|select|press|choose|type|enter|navigate|log ?in|sign in|start|launch|tap|restart|close|wait"
    r"|right.click|tried|restarted|reinstalled|cleared|checked|updated)\b)",
    re.I,
)
REQUEST = re.compile(
    r"\b(?:please|kindly|(?:can|could|would|will) you|i(?:'d| would) like|we(?:'d| would) like"
    r"|(?:i|we) (?:also )?(?:need|want|wanted to (?:ask|know))|i(?:'m| am) (?:also )?(?:looking for|wondering)|bitte"
    r"|könn(?:en|ten) sie|por favor|podrían?|quisiera|necesito|s'il vous plaît|pourriez|je voudrais|per favore|potreste"
    r"|vorrei|poderiam?|gostaria|preciso|alstublieft|graag|kunt u|kunnen jullie)\b",
    re.I,
)
PROBLEM = re.compile(
    r"\b(?:not|n't|cannot|cant|no longer|never|nothing|fail(?:s|ed|ing|ure)?|error|errors|broken?|breaks|crash\w{0,4}"
    r"|wrong|missing|stuck|slow|lost|disappear\w{0,3}|unable|stopped|stops|blank|empty|twice|freez\w{1,3}"
    r"|frozen|incorrect"
    r"|refus\w{1,3}|reject\w{0,3}|nicht|kein\w{0,2}|fehler\w{0,2}|no funciona|no puedo|ne \w{1,20} pas|non (?:funziona"
    r"|riesco)|não|niet|geen)\b|n't\b",
    re.I,
)
# Problems that are no other ask: what was looked for and not found, what does not show either.
ASIDE = re.compile(
    r"\b(?:find|found|search(?:ed)?|error messages?|messages? or|pop-?ups?|no (?:other|change|luck|success)"
    r"|help(?:s|ed)"
    r"|tried|restart\w{0,3}|reinstall\w{0,3})\b",
    re.I,
)
# Rule 4. Asks for information; "why", "is anybody" and the like mostly go on about the problem that was told.
INFORMATION = re.compile(
    r"^\W{0,3}(?:(?:and|so|or|but|hi|hello|also|then)[\s,]{1,3}){0,2}(?:how (?:do|can|could|should|would|to"
    r"|much|many|long|often)"
    r"|where (?:do|can|is|are|could)|(?:can|could) (?:i|we|you)|may (?:i|we)|(?:is|would) it (?:be )?possible"
    r"|is there (?:a|any|some) |are there |when (?:will|is|does|do|can)|what (?:is|are|does|do|happens)|which |do you "
    r"|does (?:the|your) |wie |wo |wann |welche|kann |können |gibt es |ist es möglich|c[oó]mo |d[oó]nde "
    r"|cu[aá]ndo |puedo "
    r"|se puede |es posible |hay |cu[aá]l|comment |où |quand |est-ce |puis-je |peut-on |quel|come |dove |quando |posso "
    r"|è possibile |quale |c'è |como |onde |é possível |qual |hoe |waar |wanneer |kan |kunnen "
    r"|is het mogelijk |welke )",
    re.I,
)
DUMMY = re.compile(
    r"\b(?:(?:is|was|would) it (?:be )?(?:possible|ok(?:ay)?|safe|normal|nice|great|helpful)|it would be"
    r"|this (?:morning|week|month|year|afternoon|evening|time))\b",
    re.I,
)
POINTS_BACK = re.compile(r"\b(?:it|its|it's|this|these|those|they|them|same|such)\b", re.I)
# Words that say nothing about what is asked: of politeness, of asking, of trouble in general, of time.
_PLAIN_WORDS = """
    about above account actually advance advice advise again already also always and another answer any anybody
    anyone anything appreciate are ask asked asking available back because been before being below besides best
    both but bug by can cannot cant change changed check clear concern could couple currently customer day days
    dear did different difficult does doing don done each either else end error even ever every everything
    explain few find fine first fix fixed following for from further get getting give glad good got great guys
    had happen happened happening happens has have having hello help hey here hope how however idea ideas if
    info information instead into is issue issues its just kind kindly know last later latest let like little
    long look looking lot made make many matter may maybe mean might mine more most much must my name need
    needed never new next not note nothing now off often once one only option options other our out over own
    part people perhaps person please point possible probably problem problems question questions quick really
    reason regarding regards related reply request resolve resolved respond response same second see seem seems
    separate several shall should similar simply since solution solve solved some somebody someone something
    soon sorry still such suggest suggestion suggestions sure take team tell thank thanks that the their them
    then there these they thing things think third this those though thought through time times today together
    told too topic tried try trying two under understand unfortunately unrelated until upon use used using month
    months very want wanted was way ways week weeks well were what when where whether which while who why will
    wish with within without wonder wondering work working works would wrong yes yesterday yet you your der die
    das und ist nicht ein eine einen ich wir sie auch noch mit für von bitte danke hallo frage kann können haben
    habe wie wann meine mein einer weitere por favor que una uno los las para con del hay puedo como mi mis
    pregunta gracias les des une pour pas est avec qui mon mes vous nous bonjour merci problème per che non come
    mio mia gli grazie domanda uma com não meu minha obrigado pergunta een het van niet met voor mijn kan ook
    vraag hoe dank
"""
PLAIN = frozenset(_PLAIN_WORDS.split())
