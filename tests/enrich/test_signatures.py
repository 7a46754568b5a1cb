"""Error codes and signatures: equal for one error, different for two."""

from __future__ import annotations

import pytest

from flows.enrich.signatures import find_signature, normalise


@pytest.mark.parametrize(
    ("text", "signature", "code"),
    [
        ("It says ERR-4012 when saving", "code:err-4012", "ERR-4012"),
        ("failed with error code: E1234.", "code:e1234", "E1234"),
        ("NS_ERROR_NET_TIMEOUT in the console", "code:ns_error_net_timeout", "NS_ERROR_NET_TIMEOUT"),
        ("0x80070005", "code:0x80070005", "0x80070005"),
        ("connect ECONNREFUSED 10.0.0.1", "code:econnrefused", "ECONNREFUSED"),
        ("550 5.7.26 unauthenticated", "code:smtp 550 5.7.26", "SMTP 550 5.7.26"),
        ("HTTP 503 on every page", "http:503", "HTTP 503"),
        ("we get a 502 bad gateway", "http:502", "HTTP 502"),
        ("Nothing is wrong with UTF-8, ISO-8859 or INV-2024-001", None, None),
        ("Order 40404 arrived, 500 rows", None, None),
        ("password problem", None, None),
    ],
)
def test_codes_are_found(text: str, signature: str | None, code: str | None) -> None:
    found = find_signature(text)
    assert (found.signature, found.code) == (signature, code)


def test_an_exception_is_signed_by_its_class_and_message_without_values() -> None:
    one = find_signature("", "TypeError: Cannot read properties of undefined (reading 'rows') at x.js:12")
    two = find_signature("", "TypeError: Cannot read properties of undefined (reading 'cells') at y.js:99")
    assert one == two
    assert one.signature is not None
    assert one.signature.startswith("exception:typeerror: cannot read properties of undefined (reading <str>)")


def test_the_last_exception_of_a_trace_is_the_cause() -> None:
    trace = "java.lang.RuntimeException: wrapped it\nCaused by: com.acme.QuotaExceededException: quota 12 of 10 used"
    assert find_signature("", trace).signature == "exception:quotaexceededexception: quota <n> of <n> used"


def test_a_status_is_signed_with_its_page() -> None:
    assert find_signature("HTTP 503 on /reports/12/export").signature == "http:503"


def test_quoted_messages_are_signed_by_their_words() -> None:
    one = find_signature('I get the message "Login to server imap.example.com with username <email> failed"')
    two = find_signature('error "Login to server mail.example.org with username <email> failed" again')
    assert one.signature == two.signature == "text:login to server <host> with username <id> failed"


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("A window reads 'The ledger can't be opened twice' and closes.", "text:the ledger can t be opened twice"),
        ("It shows the error 'Ledger is shut by its owner'", "text:ledger is shut by its owner"),
        ("Fehlermeldung „Das Konto wurde gesperrt worden“", "text:das konto wurde gesperrt worden"),
        ("error message as follows: The ledger is sealed. Can you open it?", "text:the ledger is sealed"),
        ("Error: posting needs an open period. I tried twice.", "text:posting needs an open period"),
        ('The menu says "Show all of my ledgers" since Monday', None),
        ('Your message "Welcome to our spring sale" came twice', None),
        ("The users' list and the owners' list are long", None),
    ],
)
def test_what_is_quoted_is_an_error_where_it_is_called_one_or_speaks_of_failing(
    text: str, signature: str | None
) -> None:
    assert find_signature(text).signature == signature


def test_a_head_that_tells_nothing_is_signed_with_what_follows() -> None:
    heads = ("Something went wrong. ", "Sending of the message failed. ")
    for head in heads:
        full = find_signature(f"{head}The quota of outgoing letters is used up.").signature
        late = find_signature(f"{head}The relay took more than 30 seconds.").signature
        assert full != late and full is not None and "quota of outgoing letters" in full
        assert find_signature(head).signature == f"text:{head.lower().strip(' .')}"


def test_normalising_removes_what_differs() -> None:
    message = "Could not load 3f2504e0-4f89-11d3-9a0c-0305e82c3301 from /var/data/x.bin after 1,200 ms (0xDEADBEEF)"
    assert normalise(message) == "could not load <id> from <path> after <n> ms (<hex>)"


def test_a_code_before_a_timeout_is_the_signature() -> None:
    found = find_signature("EXP-5021: export 40398 timed out after 60467 ms (worker exp-28, request 1aac778d)")
    assert (found.signature, found.code) == ("code:exp-5021", "EXP-5021")
