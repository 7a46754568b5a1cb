from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from flows.enrich.language import _NOISE, LANGUAGES, MIN_PROBABILITY, _without_noise, detect, detect_all, detect_second


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


@given(st.lists(st.sampled_from(["word", "Ünï", "7", "a@b.c", "http://x.y", "[ip-12ab34cd]", "<br>", "_", ".", " "])))
def test_what_is_no_language_is_left_out_in_one_way(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert _without_noise(text) == _NOISE.sub(" ", text)


def test_texts_together_have_the_languages_that_py3langid_gives_each() -> None:
    alone = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    alone.set_languages(LANGUAGES)
    texts = [
        "the export of our report fails since monday morning",
        "der export unserer berichte schlägt seit montag fehl",
        "l'exportation de notre rapport échoue depuis lundi matin",
        "レポートのエクスポートが月曜日から失敗します どうすればよいですか",
        "la exportación del informe falla desde el lunes por la mañana",
    ]
    expected = [
        code if code == "en" or chance >= MIN_PROBABILITY else None for code, chance in map(alone.classify, texts)
    ]
    assert detect_all([*texts, "ok"]) == [*expected, None]


def test_a_text_that_ends_in_another_language_has_two() -> None:
    english = "The export of our report fails since Monday and nobody could tell us why. " * 10
    german = "Der Export unserer Berichte schlägt seit Montag fehl, und niemand weiß warum. " * 10
    texts = [english + german, german + english, english, german, english + "ok", "ok", english + "1 2 3 " * 200]
    first = detect_all(texts)
    assert first[:4] == ["en", "de", "en", "de"]
    assert detect_second(texts, first) == ["de", "en", None, None, None, None, None]
