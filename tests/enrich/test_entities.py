"""Version, page, browser and system as stated."""

from __future__ import annotations

import pytest

from flows.enrich.entities import find_environment, find_route, route
from flows.enrich.versions import find_version, known_products

PRODUCT = known_products([("Larkspan", "3.12.0"), ("Larkspan", "4.0.1")])
LARGE = known_products([("Larkspan", "131.0")])


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("since Larkspan 3.12.0", "3.12.0"),
        ("we run version 3.12", "3.12"),
        ("Larkspan v4.0.1esr (64-bit)", "4.0.1"),
        ("Larkspan 64-bit on Windows 10", None),
        ("Chrome version 120.0.1 and Windows version 10.0", None),
        ("X-Mouse v2.19.2", None),
        ("It began after 3.12.4, on every page", "3.12.4"),
        ("We are now on 4.1.0 (64-bit)", "4.1.0"),
        ("the app (3.12.1) closes", "3.12.1"),
        ("Rows 3.12.1 and 4.0.2 of the sheet", None),
        ("since 3.12.24 nothing syncs", None),  # the third of December
        ("Larkspan 3.12.24 is slow", "3.12.24"),
        ("since 3.12 nothing syncs", None),
        ("we upgraded Firefox to 4.0.1", None),
        ("from 3.1.2.4 on", None),
        ("see https://help.example/kb/larkspan-4", None),
        ("Larkspan is 4.1.1ESR here", "4.1.1"),
        ("Larkspan's version is 4.1", "4.1"),
        ("Larkspan beta 4.2.0b3", "4.2.0"),
        ("Windows 10, Larkspan 4.1.2 (64 bit)", "4.1.2"),
        ("LK 4.0.2 (64-bit) hangs", "4.0.2"),
        ("a disk of 2 LK 4.0.2", None),
        ("Larkspan is 4.5 MB large", None),
        ("version is 4.1", "4.1"),
        ("v4.1.1esr", "4.1.1"),
        ("The version that I run is 4.1.3", "4.1.3"),
        ("The version of Firefox is 4.1.3", None),
        ("the version of Larkspan: 4.1", "4.1"),
        ("Version 4.1 unter Windows", "4.1"),
        ("la versione 4.1 e la versión 4.2", "4.1"),
        ("A versão 4.1 trava", "4.1"),
        ("updated from version 3.11 to version 4.1", "4.1"),
        ("it worked until version 3.11", "3.11"),
    ],
)
def test_the_products_version_is_told_from_others(text: str, version: str | None) -> None:
    assert find_version(text, PRODUCT) == version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("LS 131.0 hides the sidebar", "131.0"),
        ("broken since 131.2.1esr", "131.2.1"),
        ("the file has 131.5 MB, and 131.4% of it is used", None),
        ("131 rows", None),
        ("it came with the update to 131, and stayed", "131"),
        ("LS 131 hides the sidebar", "131"),
        ("seit dem Aktualisieren auf 131", "131"),
        ("since the 131 release", "131"),
        ("since v131 came", "131"),
        ("LS 131 hides it, that is 131.2.1", "131.2.1"),
        ("Chrome 131.0 and Larkspan", None),
    ],
)
def test_a_large_major_number_says_enough(text: str, version: str | None) -> None:
    assert find_version(text, LARGE) == version


def test_without_releases_any_version_counts_and_the_field_wins() -> None:
    assert find_version("version 9.1.2") == "9.1.2"
    assert find_environment("version 9.1.2", None, "v3.12.0 (web)").app_version == "3.12.0"


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("https://app.larkspan.example/reports/4711/export?x=1#top fails", "/reports/:id/export"),
        ("look at https://en.wikipedia.org/wiki/Export", None),
        ("It happens on /billing/invoices/88.", "/billing/invoices/:id"),
        ("stored in /home/jane/data", None),
        ("and/or either/or", None),
    ],
)
def test_pages_become_routes(text: str, page: str | None) -> None:
    assert find_route(text) == page


def test_routes_keep_names_and_drop_ids() -> None:
    assert route("/en-US/data/sources/a8f3c2/import") == "/data/sources/:id/import"
    assert route("/api/v2/users") == "/api/v2/users"


@pytest.mark.parametrize(
    ("text", "browser", "system"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/120.0 Safari/537.36 Edg/120.0", "Edge 120", "Windows 10"),
        ("Firefox 121 on macOS 14.2", "Firefox 121", "macOS 14.2"),
        ("in Safari on my iPhone", "Safari", "iOS"),
        ("on Mac since June, it has macOS 14.5", None, "macOS 14.5"),
        ("a MacBook with Ventura 13.6", None, "macOS 13.6"),
        ("macOS version: 13.4, also Big Sur (11.7)", None, "macOS 13.4"),
        ("on xubuntu 22.04", None, "Linux"),
        ("Windows, that is WIN-10", None, "Windows 10"),
        ("see help.larkspan.example/products/firefox", None, None),
        ("write to Chrome@larkspan.example", None, None),
        ("a brave attempt on the edge of operating", None, None),
    ],
)
def test_browser_and_system_are_found(text: str, browser: str | None, system: str | None) -> None:
    found = find_environment(text)
    assert (found.browser, found.os) == (browser, system)
