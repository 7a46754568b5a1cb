from __future__ import annotations

import pytest

from flows.enrich.language import detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The export has not worked since this morning", "en"),
        ("Der Export funktioniert seit heute Morgen nicht mehr", "de"),
        ("L'exportation ne fonctionne plus depuis ce matin", "fr"),
        ("La exportación no funciona desde esta mañana, ayuda por favor", "es"),
        ("ok", None),
        ("", None),
        ("ERR-4012 12345 https://example.com/eine/lange/adresse", None),
    ],
)
def test_languages_are_told_apart_and_short_texts_say_nothing(text: str, language: str | None) -> None:
    assert detect(text) == language
