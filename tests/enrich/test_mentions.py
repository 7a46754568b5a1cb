"""Everything a message names, and what only looks like it."""

from __future__ import annotations

import time

import pytest

from flows.core.redaction import redact
from flows.enrich.mentions import MAX_MENTIONS, MAX_SPAN, mentions
from flows.enrich.versions import known_products

PRODUCT = known_products([("Larkspan", "3.12.0")])

# Text -> kind: values. What is not listed must not be found.
TEXTS: list[tuple[str, dict[str, list[str]]]] = [
    ("Saving stops with ERR-4012 since this morning", {"error_code": ["ERR-4012"]}),
    ("First it was WHK-2001: signature mismatch, later WHK-2009 timed out", {"error_code": ["WHK-2001", "WHK-2009"]}),
    ("the box says error code 30088-4, then it closes", {"error_code": ["30088"]}),
    ("SSL_ERROR_BAD_CERT_DOMAIN when I open it", {"error_code": ["SSL_ERROR_BAD_CERT_DOMAIN"]}),
    ("setup ends with 0x80070643", {"error_code": ["0x80070643"]}),
    ("The server responded: 550 5.1.1 user unknown", {"error_code": ["SMTP 550 5.1.1"]}),
    ("smtp error 535, wrong credentials", {"error_code": ["SMTP 535"]}),
    ("connect ETIMEDOUT and then ECONNRESET", {"error_code": ["ETIMEDOUT", "ECONNRESET"]}),
    ("We use UTF-8, ISO-8859 and SHA-256 everywhere", {}),
    ("Our order PO-88121 and ticket REF-2210 are not about this error", {}),
    ("error: [card-40121234] is what I typed", {}),
    ("failed: [iban-12345678] and [phone-90411234]", {}),
    ("TypeError: rows is undefined", {"exception": ["TypeError"]}),
    ("I read [https://help.acme.example/kb/export|Export] in vain", {"article": ["help.acme.example/export"]}),
    ("java.lang.NullPointerException after the click", {"exception": ["NullPointerException"]}),
    ("An Error occurred. An Exception was made for us.", {}),
    ("HTTP 503 on every page, sometimes a 504 gateway timeout", {"http_status": ["503", "504"]}),
    ("we get a 404 not found", {"http_status": ["404"]}),
    ("HTTP/1.1 429 for all of our calls", {"http_status": ["429"]}),
    ("500 rows and 404 tickets, about 503 in all", {}),
    ("Room 404, call me at 5 pm", {}),
    ("GET /api/v2/users/8812 is slow", {"api_path": ["GET /api/v2/users/:id"]}),
    ("the endpoint /api/reports/77/export answers nothing", {"api_path": ["/api/reports/:id/export"]}),
    (
        "POST https://api.larkspan.example/v1/webhooks/a1b2c3 fails",
        {"api_path": ["POST /v1/webhooks/:id"]},
    ),
    ("we call https://api.larkspan.example/v1/orders?limit=5 hourly", {"api_path": ["/v1/orders"]}),
    ("https://login.somewhere.example/v3/signin/identifier?app=1 comes back", {}),
    ("KDE Plasma Version: 5.26.5 and Qt Version: 5.15.8", {}),
    ("MIME-Version: 1.0 is in it", {}),
    ("the api/ui team, v1 or v2", {}),
    ("It is https://app.larkspan.example/reports/4711/edit?tab=2", {"page": ["/reports/:id/edit"]}),
    ("on /billing/invoices/88 and at /settings/users", {"page": ["/billing/invoices/:id", "/settings/users"]}),
    ("I read https://www.somewhere.example/blog/2024/tips", {}),
    ("saved in /home/ann/export.csv and /var/log/app", {}),
    ("Larkspan 3.12.0 was fine, since Larkspan v3.13 it is not", {"version": ["3.12.0", "3.13"]}),
    ("version 128.4.3 here", {"version": ["128.4.3"]}),
    ("we run Windows 11 and Python version 3.11", {"os": ["Windows 11"]}),
    ("paragraph 3.12 of the contract, 64-bit", {}),
    ("in Firefox 121 and in Chrome 120, also in Safari", {"browser": ["Firefox 121", "Chrome 120", "Safari"]}),
    ("the edge of the opera house, a brave attempt", {}),
    ("on macOS 14.2 and on Ubuntu", {"os": ["macOS 14.2", "Linux"]}),
    ("help.larkspan.example/products/firefox and www.larkspan.example/firefox", {}),
    ("Windows, that is Windows 11", {"os": ["Windows 11"]}),
    ("on my iPhone and on Android 14", {"os": ["iOS", "Android 14"]}),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
        " Edg/120.0",
        {"browser": ["Edge 120"], "os": ["Windows 10"]},
    ),
    ("invoice INV-2024-0012 is wrong", {"invoice": ["INV-2024-0012"]}),
    ("Invoice #40771 and invoice no. 40772", {"invoice": ["40771", "40772"]}),
    ("Rechnung Nr. R-10442 fehlt", {"invoice": ["R-10442"]}),
    ("la facture n° 20331 est fausse", {"invoice": ["20331"]}),
    ("in_1Nq3vXKpT9abcD2e was charged", {"invoice": ["in_1Nq3vXKpT9abcD2e"]}),
    ("the invoice 2024 budget, invoices from 12/2023, an invoice of 3 pages", {}),
    ("the invoice 12/03/2024 never came", {}),
    ("You charged €1.200,50 instead of €1,000", {"amount": ["1200.50 EUR", "1000.00 EUR"]}),
    ("$49 a month, then 1,299.00 USD a year", {"amount": ["49.00 USD", "1299.00 USD"]}),
    ("12,5 EUR or 12.50 € or EUR 12.50", {"amount": ["12.50 EUR"]}),
    ("CHF 1'250.00 and £9.99 and 300 dollars", {"amount": ["1250.00 CHF", "9.99 GBP", "300.00 USD"]}),
    ("CA$20 is not US$20", {"amount": ["20.00 CAD", "20.00 USD"]}),
    ("set $HOME first, it takes 5 sek, 100% of 20 seats", {}),
    ("no money, no error, no page", {}),
    ("", {}),
    ("🙂🙂", {}),
    ("الفاتورة لم تصل بعد", {}),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_what_a_message_names(text: str, expected: dict[str, list[str]]) -> None:
    found: dict[str, list[str]] = {}
    for kind, value, _ in mentions(redact(text), "", PRODUCT):
        found.setdefault(kind, []).append(value)
    assert found == expected


def test_frames_of_a_trace_lose_their_lines() -> None:
    code = (
        "TypeError: rows is undefined\nat Table.render (https://app.example/static/table.js:120:7)\n"
        "at com.acme.Export.write(Export.java:42)\n"
        'File "/srv/app/jobs/export.py", line 88, in run_export'
    )
    found = [(kind, value) for kind, value, _ in mentions("", code)]
    assert found == [
        ("exception", "TypeError"),
        ("stack_frame", "Table.render (table.js)"),
        ("stack_frame", "com.acme.Export.write (Export.java)"),
        ("stack_frame", "run_export (export.py)"),
    ]


def test_a_thing_is_named_once_with_the_words_that_name_it() -> None:
    found = mentions("HTTP 503 again.\nhttp status 503, and Invoice  #40771, INVOICE no. 40771")
    assert found == [("http_status", "503", "HTTP 503"), ("invoice", "40771", "Invoice #40771")]


def test_much_and_hostile_text_is_bounded_and_quick() -> None:
    codes = " ".join(f"ERR-{n}" for n in range(1000, 3000))
    assert len(mentions(codes)) == MAX_MENTIONS
    start = time.process_time()
    for text in (
        "/a" * 500_000,
        "1.1," * 200_000,
        "$" * 900_000,
        "at x(" * 300_000,
        "Mozilla/5.0 (" * 90_000,
        "é\u202e" * 9,
    ):
        assert all(len(span) <= MAX_SPAN for _, _, span in mentions(text, text))
    assert time.process_time() - start < 30  # of the processor: a square of the length would take minutes
