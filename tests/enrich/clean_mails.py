"""Mails in our own words, with what must remain of each; the rest must go. `code` is what goes to the code block."""

from __future__ import annotations

from typing import NamedTuple


class Mail(NamedTuple):
    body: str
    remains: str
    body_format: str = "text"
    code: str = ""


OURS = "The export stops at 40 percent.\nIt did so twice today."
THEIRS = "Dear customer,\nhave you tried it with another browser?\nYour support team"


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


# What mail programs put above an earlier mail.
INTRODUCTIONS = {
    "en gmail": "On Mon, Mar 4, 2024 at 9:12 AM Larkspan Support <help@larkspan.example> wrote:",
    "en wrapped": "On Mon, Mar 4, 2024 at 9:12 AM Larkspan Support\n<help@larkspan.example> wrote:",
    "en wrapped twice": "On Monday, 4 March 2024,\nLarkspan Support and Friends of the Export"
    "\n<help@larkspan.example> wrote:",
    "de": "Am 04.03.24 um 09:12 schrieb Larkspan Support:",
    "de gmail": "Am Mo., 4. März 2024 um 09:12 Uhr schrieb Support <help@larkspan.example>:",
    "fr": "Le lun. 4 mars 2024 à 09:12, Support <help@larkspan.example> a écrit :",
    "es": "El lun, 4 mar 2024 a las 9:12, Soporte (<help@larkspan.example>) escribió:",
    "it": "Il giorno lun 4 mar 2024 alle ore 09:12 Supporto <help@larkspan.example> ha scritto:",
    "nl": "Op ma 4 mrt 2024 om 09:12 schreef Support <help@larkspan.example>:",
    "pt": "Em seg., 4 de mar. de 2024 às 09:12, Suporte <help@larkspan.example> escreveu:",
    "sv": "Den mån 4 mars 2024 kl 09:12 skrev Support <help@larkspan.example>:",
    "pl": "W dniu 4.03.2024 o 09:12, Support pisze:",
    "cs": "Dne 04. 03. 24 v 9:12 Podpora napsal(a):",
    "date and address": "2024-03-04 9:12 GMT+01:00 Support <help@larkspan.example>:",
    "outlook": "From: Larkspan Support <help@larkspan.example>\nSent: Monday, March 4, 2024 9:12 AM"
    "\nTo: Jane Miller\nSubject: RE: Export",
    "outlook rule": "________________________________\nFrom: Larkspan Support\nSent: Monday, March 4, 2024 9:12 AM"
    "\nTo: Jane\nSubject: RE: Export\n",
    "outlook de": "Von: Larkspan Support\nGesendet: Montag, 4. März 2024 09:12\nAn: Jane\nBetreff: AW: Export",
    "outlook fr": "De : Support\nEnvoyé : lundi 4 mars 2024 09:12\nÀ : Jane\nObjet : RE: Export",
    "outlook es": "De: Soporte\nEnviado el: lunes, 4 de marzo de 2024 9:12\nPara: Jane\nAsunto: RE: Export",
    "outlook it": "Da: Supporto\nInviato: lunedì 4 marzo 2024 09:12\nA: Jane\nOggetto: R: Export",
    "outlook nl": "Van: Support\nVerzonden: maandag 4 maart 2024 09:12\nAan: Jane\nOnderwerp: RE: Export",
    "bold headers": "*From:* Larkspan Support\n*Sent:* Monday, March 4, 2024\n*To:* Jane\n*Subject:* Export",
    "original message": "-----Original Message-----",
    "original message de": "-----Ursprüngliche Nachricht-----",
    "original message fr": "-----Message d'origine-----",
    "original message es": "-----Mensaje original-----",
    "original message nl": "-----Oorspronkelijk bericht-----",
    "helpdesk": "##- Please type your reply above this line -##",
    "helpdesk dashes": "--- Please reply above this line ---",
}
# What stands below a mail.
FOOTERS = {
    "dashes": "-- \nJane Miller\nHead of Sales",
    "long dash": "—\nJane",
    "thanks": "Thanks,\nJane",
    "thanks in advance": "Many thanks in advance!\nJane Miller",
    "regards": "Best regards,\n\nJane Miller\nHead of Sales | Northwind Ltd\n12 Main Street, Springfield"
    "\n+1 555 010 4477\nwww.northwind.example",
    "registered": "Regards,\nJane\nHead of Data | Northwind\n\nNorthwind is registered in England, number 5344.",
    "kind regards only": "Kind regards",
    "thanks and regards": "Thank you and kind regards,\nJ. Miller",
    "cheers": "cheers\njane",
    "de": "Mit freundlichen Grüßen\nJan Möller\nLeiter Einkauf\nNordwind GmbH",
    "de swiss": "Freundliche Grüsse\nUrs",
    "de short": "VG\nJan",
    "fr": "Bien cordialement,\nJeanne Meunier\nResponsable des achats",
    "es": "Un cordial saludo,\nJuana Molinero",
    "it": "Cordiali saluti\nGianna Mugnaio",
    "nl": "Met vriendelijke groet,\nJanna Mulder",
    "pt": "Atenciosamente,\nJoana Moleiro",
    "iphone": "Sent from my iPhone",
    "android": "Get Outlook for Android<https://aka.example/x>",
    "iphone de": "Von meinem iPhone gesendet",
    "iphone fr": "Envoyé de mon iPhone",
    "iphone es": "Enviado desde mi iPhone",
    "iphone it": "Inviato da iPhone",
    "iphone nl": "Verstuurd vanaf mijn iPhone",
    "app": "Gesendet mit der GMX Mail App",
    "yahoo": "Sent from Yahoo Mail on Android",
    "disclaimer": "This e-mail and any attachments are confidential and intended solely for the addressee. If you"
    " are not the"
    " intended recipient, delete it.",
    "disclaimer wrapped": "This message and what is attached to it may contain"
    "\nwords that are confidential or privileged. Whoever got it\nby mistake should delete it.",
    "notice": "CONFIDENTIALITY NOTICE: what is written here is for the addressee alone.",
    "disclaimer de": "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind,"
    " löschen Sie sie bitte.",
    "disclaimer fr": "Ce message et ses pièces jointes sont confidentiels et destinés à la personne nommée.",
    "disclaimer es": "Este mensaje y sus anexos son confidenciales y van dirigidos a su destinatario.",
    "disclaimer it": "Questo messaggio contiene informazioni riservate.",
    "disclaimer nl": "Dit bericht is vertrouwelijk en alleen bestemd voor de geadresseerde.",
    "environment": "Please consider the environment before printing this mail.",
    "virus": "Virus-free. www.avast.com",
    "virus checked": "This email has been checked for viruses by AVG.",
    "unsubscribe": "You are receiving this email because you asked for our news."
    "\nUnsubscribe here: https://news.example/u",
    "unsubscribe de": "Sie erhalten diese E-Mail, weil Sie Kunde sind.\nNewsletter abbestellen",
    "mailing list": "_______________________________________________\nUsers mailing list\nhttps://lists.example/users",
    "signature and disclaimer": "Regards,\nJane\n\nThis e-mail is confidential and intended only for its addressee.",
    "signature and app": "Thanks\nJane\n\nSent from my iPhone",
}
# Whole mails of which something else is to be seen.
WHOLE = {
    "bottom posting": Mail(
        f"Hello,\n\n{INTRODUCTIONS['de']}\n{quoted(THEIRS)}\n\nYes, the same.\n{OURS}",
        f"Hello,\n\nYes, the same.\n{OURS}",
    ),
    "between": Mail(
        f"{INTRODUCTIONS['en gmail']}\n> Which browser?\nFirefox.\n> Since when?\nMonday.", "Firefox.\nMonday."
    ),
    "forwarded": Mail(
        "---------- Forwarded message ---------\nFrom: Jane <jane@x.example>\nDate: Mon, Mar 4, 2024\nSubject:"
        " Export\nTo: <me@x.example>\n\nThe export stops.",
        "The export stops.",
    ),
    "forwarded with a word": Mail(
        "See below.\n\nBegin forwarded message:\n\nFrom: Jane\nSubject: Export\nDate: 4 March 2024\n\nThe export"
        " stops.",
        "See below.\n\nThe export stops.",
    ),
    "nothing but a quote marked by headers": Mail(
        "From: Jane\nSent: Monday\nTo: me\n\nThe export stops.", "The export stops."
    ),
    "helpdesk line first": Mail(f"##- Please type your reply above this line -##\n\n{OURS}", OURS),
    "postscript": Mail(
        "It fails.\nThanks,\nJim\nPS: it also happens on Mondays",
        "It fails.\nThanks,\nJim\nPS: it also happens on Mondays",
    ),
    "more below thanks": Mail(
        "Thanks!\nThe export still fails after the update.", "Thanks!\nThe export still fails after the update."
    ),
    "thanks, then a sentence": Mail(
        "I tried it.\nThank you.\nIt still does not load the second page.",
        "I tried it.\nThank you.\nIt still does not load the second page.",
    ),
    "one line": Mail("It fails since Monday. Thanks in advance, Carol Miller", "It fails since Monday."),
    "one line, two closings": Mail("Can you help? Thank you. Best, Stefan Moritz", "Can you help? Thank you."),
    "one line, no name": Mail(
        "It fails since Monday. Thanks for any help", "It fails since Monday. Thanks for any help"
    ),
    "a question below": Mail(
        "It fails.\nRegards,\nJim\nDo you need the file?", "It fails.\nRegards,\nJim\nDo you need the file?"
    ),
    "about a disclaimer": Mail(
        "The disclaimer of my signature is shown twice. This message is confidential, it says.",
        "The disclaimer of my signature is shown twice. This message is confidential, it says.",
    ),
    "about unsubscribing": Mail(
        "Unsubscribe does not work: I click it and nothing happens.",
        "Unsubscribe does not work: I click it and nothing happens.",
    ),
    "about wrote": Mail(
        "On the second page somebody wrote: do not use it.\nIs that so?",
        "On the second page somebody wrote: do not use it.\nIs that so?",
    ),
    "about from": Mail(
        "From: the list is empty.\nTo me that is a bug.", "From: the list is empty.\nTo me that is a bug."
    ),
    "a rule of one's own": Mail(
        "First problem: no sound.\n____________\nSecond problem: no picture.",
        "First problem: no sound.\n____________\nSecond problem: no picture.",
    ),
    "a list": Mail(
        "Steps:\n- open the report\n- press export\n1. wait\n2. it stops",
        "Steps:\n- open the report\n- press export\n1. wait\n2. it stops",
    ),
    "fence": Mail(
        "It broke.\n```js\nTypeError: x is null\n```\nPlease help.",
        "It broke.\n\nPlease help.",
        code="TypeError: x is null",
    ),
    "tildes": Mail("It broke.\n~~~\nselect 1\n~~~\nPlease help.", "It broke.\n\nPlease help.", code="select 1"),
    "java": Mail(
        "After a click:\njava.lang.NullPointerException: oops\n\tat com.x.Foo.bar(Foo.java:12)\n\tat"
        " com.x.Main.main(Main.java:3)\n... 12 more\nWhy?",
        "After a click:\nWhy?",
        code="java.lang.NullPointerException: oops\nat com.x.Foo.bar(Foo.java:12)"
        "\nat com.x.Main.main(Main.java:3)\n... 12 more",
    ),
    "python": Mail(
        "I ran it.\nTraceback (most recent call last):\n  File \"x.py\", line 3, in <module>\nKeyError: 'a'\nHelp!",
        "I ran it.\nHelp!",
        code="Traceback (most recent call last):\nFile \"x.py\", line 3, in <module>\nKeyError: 'a'",
    ),
    "quoted trace": Mail(
        'I see: "java.io.IOException: gone\nat com.x.Worker.run(Worker.java:54)"\n\nWhy?',
        'I see: "java.io.IOException: gone\n\nWhy?',
        code='at com.x.Worker.run(Worker.java:54)"',
    ),
    "browser": Mail(
        "Console:\nat render (https://app.example/main.js:10:22)\nIt is blank.",
        "Console:\nIt is blank.",
        code="at render (https://app.example/main.js:10:22)",
    ),
    "dotnet": Mail(
        "Log:\n   at Larkspan.Export.Run(String path) in C:\\src\\Export.cs:line 41\nDone.",
        "Log:\nDone.",
        code="at Larkspan.Export.Run(String path) in C:\\src\\Export.cs:line 41",
    ),
    "log": Mail(
        "See:\n2024-03-04 09:12:01,123 ERROR export failed\n2024-03-04T09:12:02Z retry\nWhat now?",
        "See:\nWhat now?",
        code="2024-03-04 09:12:01,123 ERROR export failed\n2024-03-04T09:12:02Z retry",
    ),
    "syslog": Mail(
        "See:\nMar  4 09:12:01 web1 larkspan[33]: export failed\nWhat now?",
        "See:\nWhat now?",
        code="Mar 4 09:12:01 web1 larkspan[33]: export failed".replace("Mar 4", "Mar  4"),
    ),
    "levels": Mail(
        "See:\n[error] no such file\nWARN: retry\nWhat now?",
        "See:\nWhat now?",
        code="[error] no such file\nWARN: retry",
    ),
    "request": Mail(
        "See:\nPOST /v1/exports HTTP/1.1\nHTTP/1.1 503 Service Unavailable\nWhat now?",
        "See:\nWhat now?",
        code="POST /v1/exports HTTP/1.1\nHTTP/1.1 503 Service Unavailable",
    ),
    "json": Mail('It says\n{"error": "quota"}\nwhy?', "It says\nwhy?", code='{"error": "quota"}'),
    "indented": Mail(
        "My call:\n\n    client = Larkspan(key)\n    client.export(report=7)\n\nIt returns nothing.",
        "My call:\n\nIt returns nothing.",
        code="client = Larkspan(key)\nclient.export(report=7)",
    ),
    "indented words": Mail(
        "My address is\n\n    the old mill\n    by the river\n\nas ever.",
        "My address is\n\nthe old mill\nby the river\n\nas ever.",
    ),
    "an error in a sentence": Mail(
        "TypeError appears when I press export.\nGET /v1/exports returns nothing to me.",
        "TypeError appears when I press export.\nGET /v1/exports returns nothing to me.",
    ),
    "entities": Mail("It&nbsp;fails &lt;here&gt; &amp; there, it&#39;s odd", "It fails <here> &amp; there, it's odd"),
    "html": Mail(
        "<html><head><title>x</title><style>p{}</style></head><body><p>Export <b>fails</b><br>today.</p><!-- c"
        " --></body></html>",
        "Export fails\ntoday.",
        "html",
    ),
    "html preheader": Mail('<div style="display:none">News for you</div><p>Export fails</p>', "Export fails", "html"),
    "html gmail": Mail(
        '<div>Export fails</div><div class="gmail_signature">Jane</div>'
        '<div class="gmail_quote">On Monday wrote: <blockquote>old</blockquote></div>',
        "Export fails",
        "html",
    ),
    "html gmail forward": Mail(
        '<div>FYI</div><div class="gmail_quote"><div>---------- Forwarded message ---------<br>From: Jane'
        "<br>Date: Monday<br>Subject: x<br><br></div><p>Export fails</p></div>",
        "FYI\n\nExport fails",
        "html",
    ),
    "html outlook": Mail(
        '<div>Export fails</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From: Support</div>'
        "<div>Try again</div>",
        "Export fails",
        "html",
    ),
    "html outlook desktop": Mail(
        '<p class="MsoNormal">Export fails</p><div style="border-top:solid"><p><b>From:</b> Support<br>'
        "<b>Sent:</b> Monday<br><b>To:</b> Jane</p></div><p>Try again</p>",
        "Export fails",
        "html",
    ),
    "html apple": Mail(
        '<div>Export fails</div><blockquote type="cite">On Monday you wrote: try</blockquote>', "Export fails", "html"
    ),
    "html quote alone": Mail("<blockquote>Export fails</blockquote>", "Export fails", "html"),
    "html list": Mail("<ul><li>open</li><li>export</li></ul>", "open\n\nexport", "html"),
    "html pre": Mail("<p>See</p><pre>at foo (bar.js:1)\nat main</pre>", "See", "html", "at foo (bar.js:1)\nat main"),
    "html code": Mail(
        "<p>Set <code>debug</code> on:</p><code>a = 1\nb = 2</code>", "Set debug on:", "html", "a = 1\nb = 2"
    ),
    "invisible": Mail("Ex\u200bport\u00ad fails\u202e", "Export fails"),
    "line ends": Mail("One\r\ntwo\rthree\u2028four", "One\ntwo\nthree\nfour"),
    "nothing": Mail(" \n\t\n", ""),
    "german prose": Mail(
        "Am Montag schrieb mir niemand.\nVon: leer ist das Feld.",
        "Am Montag schrieb mir niemand.\nVon: leer ist das Feld.",
    ),
    "french prose": Mail(
        "Le bouton ne marche plus.\nMerci de votre aide pour ce problème de page blanche.",
        "Le bouton ne marche plus.\nMerci de votre aide pour ce problème de page blanche.",
    ),
}

MAILS = {
    **{f"introduced {name}": Mail(f"{OURS}\n\n{line}\n{THEIRS}", OURS) for name, line in INTRODUCTIONS.items()},
    **{
        f"introduced and marked {name}": Mail(f"{OURS}\n\n{line}\n{quoted(THEIRS)}", OURS)
        for name, line in INTRODUCTIONS.items()
    },
    **{f"footer {name}": Mail(f"{OURS}\n\n{footer}", OURS) for name, footer in FOOTERS.items()},
    **{
        f"footer and quote {name}": Mail(f"{OURS}\n\n{footer}\n\n{INTRODUCTIONS['en gmail']}\n{quoted(THEIRS)}", OURS)
        for name, footer in FOOTERS.items()
    },
    **WHOLE,
}

AUTOMATIC = (
    ("I am out of the office until Monday and read nothing.", None),
    ("Thank you for your message. I am currently out of office.", None),
    ("Thanks for your email!\nI will be on annual leave until 4 March.", None),
    ("Automatic reply: away", None),
    ("Auto-Reply", None),
    ("Ich bin bis zum 4. März nicht im Büro.", None),
    ("Guten Tag,\nich bin derzeit im Urlaub.", None),
    ("Je suis absent jusqu'au 4 mars.", None),
    ("Bonjour, je suis actuellement en congés.", None),
    ("Estoy fuera de la oficina hasta el lunes.", None),
    ("Sono assente fino a lunedì.", None),
    ("Ik ben afwezig tot maandag.", None),
    ("Estou de férias até segunda.", None),
    ("Back on Monday.", "Automatic reply: Export"),
    ("Bin am Montag zurück.", "Abwesenheitsnotiz: Export"),
    ("De retour lundi.", "Réponse automatique : Export"),
    ("Terug op maandag.", "Automatisch antwoord: Export"),
    ("550 5.1.1 no such user", "Undeliverable: Export"),
    ("550 5.1.1 no such user", "Mail delivery failed: returning message to sender"),
    (
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be"
        " delivered.",
        None,
    ),
    ("This is the mail system at host mx.example.\n\nI'm sorry", None),
    ("Delivery to the following recipient failed permanently:\nx", None),
    ("Ihre Nachricht konnte nicht zugestellt werden.", None),
    ("Auto-Submitted: auto-replied\nSubject: Re: Export\n\nBack on Monday.", None),
    ("From: MAILER-DAEMON@mx.example\nSubject: failure\nTo: me\n\nIt came back.", None),
    ("Your order has left our house.\n\nThis is an automated message, please do not reply.", None),
    ("Your invoice is ready.\nPlease do not reply to this email.", None),
    ("Ihre Rechnung liegt bereit.\nBitte antworten Sie nicht auf diese E-Mail.", None),
    ("Votre facture est prête.\nMerci de ne pas répondre à ce message.", None),
    ("Su factura está lista.\nPor favor, no responda a este correo.", None),
)
WRITTEN = (
    ("The automatic reply feature is broken", None),
    ("How do I set an out of office message?", "Out-of-office rule does not run"),
    ("Customers get 'do not reply to this email' in our mails, how do I change that?", None),
    ("I get this when I send:\n\nThis message was created automatically by mail delivery software.", None),
    ("We are on holiday from Friday, can you ship before?", None),
    ("My mails come back as undeliverable since Monday.", "Mails come back"),
    ("Hello, the automated message at the end of each export is in the wrong language.", None),
)
