"""Redaction: what must go, what must stay, and that doing it twice changes nothing."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.core.redaction import redact
from flows.core.redaction_checks import passes_luhn

PERSONAL = [
    ("email", "mail me at Jane.Doe+x@example.co.uk please", "Jane.Doe"),
    ("phone", "call +44 20 7946 0958 today", "7946"),
    ("phone", "my number: (555) 010-4477.", "4477"),
    ("phone", "555-010-4477 is best", "4477"),
    ("phone", "Tel. 030 1234567", "1234567"),
    ("phone", "+49 (0)30 901820 in the morning", "901820"),
    ("phone", "0049 170 1234567", "1234567"),
    ("phone", "phone number 5550104477", "5550104477"),
    ("card", "card 4111 1111 1111 1111 was charged", "4111"),
    ("card", "5555-5555-5555-4444", "5555"),
    ("iban", "pay to DE89 3704 0044 0532 0130 00", "3704"),
    ("iban", "GB82WEST12345698765432", "WEST"),
    ("ip", "we come from 203.0.113.77", "203.0"),
    ("ip", "server http://10.20.30.40:8080/x", "10.20"),
    ("ip", "ping 10.1.1.9 fails", "10.1"),
    ("ip", "2001:db8:85a3::8a2e:370:7334 is ours", "85a3"),
    ("mac", "device 00:1A:2B:3C:4D:5E", "1A:2B"),
    ("id", "SSN 078-05-1120", "078-05"),
    ("token", "Authorization: Bearer abcdEFGH1234567890abcd", "abcdEFGH"),
    ("token", "key sk_live_4eC39HqLyjWDarjtT1zdp7dc", "4eC39"),
    ("token", "AKIAIOSFODNN7EXAMPLE", "AKIA"),
    ("token", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "ghp_"),
    ("token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-def_ghi", "eyJ"),
    ("token", "it is Zx9Kq2Lm7Pw4Rt8Vb1Nc6Yd3Hf5Jg0Sa", "Zx9Kq2"),
    ("secret", "my password is Tr0ub4dor&3", "Tr0ub"),
    ("secret", "api_key=9f8e7d6c5b4a39281706", "9f8e"),
    ("credentials", "https://admin:hunter2@db.example.com/x", "hunter2"),
]

HARMLESS = [
    "Thunderbird 115.10.1 and Chrome/115.0.0.0 on version 1.2.3.4",
    "updated to 4.18.0.2 yesterday",
    "error ERR-4012, HTTP 503, 0x80070005, NS_ERROR_NET_TIMEOUT",
    "invalid token: ERR-4012",
    "on 2024-01-15 at 10:30:55, again 15.01.2024",
    "2024-01-15T10:30:55.123Z",
    "ticket 123456789, order INV-2024-001234, #100200300",
    "request id 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "password is incorrect; token expired; Password: required",
    "at com.example.Foo::bar(Foo.java:120) std::vector",
    "listening on 127.0.0.1:3000 and 0.0.0.0",
    "1,234,567.89 EUR and 12 000 000 rows",
    "Unexpected token < in JSON at position 0",
    "resolution 1920x1080, port 993, 16 GB",
    "https://app.example.com/reports/12345678/export?page=2",
]


@pytest.mark.parametrize(("kind", "text", "value"), PERSONAL)
def test_personal_data_and_secrets_are_replaced(kind: str, text: str, value: str) -> None:
    got = redact(text)
    assert value not in got
    assert re.search(rf"\[{kind}-[0-9a-f]{{8}}\]", got), got


@pytest.mark.parametrize("text", HARMLESS)
def test_versions_error_codes_dates_and_ids_survive(text: str) -> None:
    assert redact(text) == text


def test_two_mentions_of_one_value_stay_equal() -> None:
    first, second = re.findall(r"\[card-\w+\]", redact("4111 1111 1111 1111 or 4111-1111-1111-1111"))
    assert first == second
    assert redact("A@b.com") == redact("a@B.com") != redact("c@b.com")


def test_a_number_that_fails_its_checksum_is_no_card() -> None:
    assert not passes_luhn("4111111111111112")
    assert "[card-" not in redact("4111 1111 1111 1112")


_PIECES = st.lists(
    st.one_of(st.sampled_from([text for _, text, _ in PERSONAL] + HARMLESS), st.text(max_size=20)), max_size=6
)


@given(_PIECES)
def test_redacting_twice_changes_nothing(pieces: list[str]) -> None:
    once = redact(" ".join(pieces))
    assert redact(once) == once


@pytest.mark.parametrize("unit", ["a.", "1 ", "4-", "ab:", "x@", "password: ", "0 1-", "A1b"])
def test_a_megabyte_of_anything_is_quick(unit: str) -> None:
    start = time.perf_counter()
    redact(unit * (1_000_000 // len(unit)))
    assert time.perf_counter() - start < 5
