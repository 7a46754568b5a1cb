"""The extra pages of Great Expectations."""

from __future__ import annotations

from pathlib import Path

from validate_fixture import Landing, ticket

from flows.validate.docs import build_data_docs


def test_data_docs_show_each_stream_and_no_values(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.land("tickets", [ticket(1), ticket(2, status="parked-by-jane")])
    landing.land("users", [{"id": 5, "role": "agent", "name": "Jane Doe"}])
    index = build_data_docs(landing.run())
    assert index == landing.settings.home / "data_docs" / "index.html"
    assert "helpdesk.tickets" in index.read_text()
    pages = [p.read_text() for p in index.parent.rglob("*.html")]
    assert any("helpdesk.users" in page for page in pages)
    assert not any("parked-by-jane" in page for page in pages)
