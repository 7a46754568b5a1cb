"""What customers say they tried: done or not, helped or not, and the article they followed."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl
import pytest

from flows.enrich.help_links import article_key, is_help_link
from flows.enrich.steps import MAX_STEPS, find_steps, rules_of

RULES = rules_of(pl.read_csv(Path(__file__).parents[2] / "dbt_project" / "seeds" / "steps.csv", infer_schema=False))
NO, YES = "did_not_help", "helped"

# Text -> (step, is_tried, outcome). What is not listed must not be found.
TEXTS: list[tuple[str, list[tuple[str, bool, str | None]]]] = [
    ("I restarted the app twice.", [("restart", True, None)]),
    ("I have already rebooted my laptop but it still freezes.", [("restart", True, NO)]),
    ("Restarted, reinstalled, cleared the cache: nothing helped.",
     [("restart", True, NO), ("reinstall", True, NO), ("clear_cache", True, NO)]),
    ("We tried restarting the server. No luck.", [("restart", True, NO)]),
    ("It happens even after I reinstalled it.", [("reinstall", True, None)]),
    ("Tried a different browser and an incognito window, same result.",
     [("other_browser", True, NO), ("private_window", True, NO)]),
    ("I reset my password and that fixed it.", [("reset_password", True, YES)]),
    ("We upgraded to the new release yesterday. It did not help.", [("update", True, NO)]),
    ("I've cleared my cookies. Now it works again!", [("clear_cache", True, None)]),
    ("Reinstalling did not help.", [("reinstall", True, NO)]),
    ("I tried safe mode twice and it made no difference.", [("safe_mode", True, NO)]),
    ("I started it in troubleshoot mode and the problem persists.", [("safe_mode", True, NO)]),
    ("I disabled all extensions, but the page is still empty.", [("disable_addons", True, NO)]),
    ("We turned off the firewall and the antivirus, to no avail.", [("disable_security", True, NO)]),
    ("I tried it on another computer and from a different network.",
     [("other_device", True, None), ("other_network", True, None)]),
    ("I logged out and back in, that helped.", [("sign_in_again", True, YES)]),
    ("I created a new profile. Same problem.", [("new_profile", True, NO)]),
    ("I removed the account and added it again without success.", [("add_account_again", True, NO)]),
    ("I rolled back to the previous version and the issue is gone.", [("downgrade", True, YES)]),
    ("I checked all my settings twice.", [("check_settings", True, None)]),
    ("I changed the port to 587, still no mail.", [("change_settings", True, NO)]),
    ("We followed the instructions in your help article but it didn't work.", [("follow_article", True, NO)]),
    ("I have followed every step of the guide.", [("follow_article", True, None)]),
    ("I searched the forum for answers.", [("search_help", True, None)]),
    ("I called my provider and they see nothing wrong.", [("contact_provider", True, None)]),
    ("I waited for three hours.", [("wait", True, None)]),
    ("I have not tried restarting yet.", [("restart", False, None)]),
    ("I haven't reinstalled it because of my data.", [("reinstall", False, None)]),
    ("We never cleared the cache.", [("clear_cache", False, None)]),
    ("I have not restarted, but I cleared the cache.", [("restart", False, None), ("clear_cache", True, None)]),
    ("I could not log in even after I reset my password.", [("reset_password", True, None)]),
    ("Since I updated to 4.2 nothing is sent.", []),
    ("After changing my password at Postbox I cannot sign in.", []),
    ("I updated to 4.2 yesterday. Now the folders are gone.", []),
    ("I upgraded from 3.9 to 4.2 and lost my folders.", []),
    ("I changed my password at Postbox, now it cannot connect.", []),
    ("I just updated and I can't find the menu.", []),
    ("After updating it still stops at the logo.", [("update", True, NO)]),
    ("It still stops after updating.", [("update", True, None)]),
    ("I still have the trouble that began when I upgraded to 4.2.", []),
    ("I have unchecked the 'Show only new' box but it did not help.", [("change_settings", True, NO)]),
    ("I tried various solutions.", [("follow_article", True, None)]),
    ("I removed and re-added my account twice.", [("add_account_again", True, None)]),
    ("I re-entered my password.", [("reset_password", True, None)]),
    ("I have re-typed the server settings.", [("change_settings", True, None)]),
    ("I unchecked that option, to no avail.", [("change_settings", True, NO)]),
    ("I tried renaming inbox.msf to something else.", [("rebuild", True, None)]),
    ("I switched it off and on again.", [("restart", True, None)]),
    ("I have tried all the \"fixes\" I found.", [("follow_article", True, None)]),
    ("I checked the help pages first.", [("search_help", True, None)]),
    ("Which option should be unchecked? The help pages show a tip.", []),
    ("Restarting fixed it for a while.", []),
    ("Should I reinstall it?", []),
    ("How do I clear the cache?", []),
    ("Do I need to restart the computer after that?", []),
    ("Please reset my password.", []),
    ("You asked me to clear the cache.", []),
    ("If I restart it, I lose my drafts.", []),
    ("I would rather not reinstall.", []),
    ("Thunderbolt updated itself and Windows restarted.", []),
    ("The server was restarted by your team.", []),
    ("I want to update my address.", []),
    ("The update broke everything.", []),
    ("Your article says nothing about it.", []),
    ("The password was changed by someone else.", []),
    ("I haven't changed my password or reinstalled it.",
     [("reset_password", False, None), ("reinstall", False, None)]),
    ("I did not uninstall it.", [("reinstall", False, None)]),
    ("It does not mail me and I use no other devices.", []),
    ("There does not seem to be a repair button.", []),
    ("I am considering trying to roll back.", []),
    ("It began when I changed my password.", []),
    ("I updated the post with a screenshot.", []),
    ("Since I updated to 4.1 nothing prints.", []),
    ("After upgrading, my inbox was empty.", []),
    ("It hangs even after updating it.", [("update", True, None)]),
    ("I moved my data to another computer.", []),
    ("I have used it for years on several computers.", []),
    ("I switched to another browser, no change.", [("other_browser", True, NO)]),
    ("I have not yet tried the steps in your mail.", [("follow_article", False, None)]),
    ("I was not able to open it, hence why I reinstalled it.", [("reinstall", True, None)]),
    ("Uninstalling the VPN did not help.", [("disable_security", True, NO)]),
    ("Somebody made the following suggestion.", []),
    ("Reset password does nothing.", []),
    ("Is there a safe mode?", []),
    ("I am reluctant to try uninstalling it.", []),
    ("I updated the client last night and now nothing loads.", []),
    ("Try disabling the firewall.", []),
    ("I uninstalled Norton.", [("disable_security", True, None)]),
    ("I have re-set my A&B mail password twice.", [("reset_password", True, None)]),
    ("I reinstalled it, but the situation remains.", [("reinstall", True, NO)]),
    ("We tried new profiles, to no avail.", [("new_profile", True, NO)]),
    ("We use Chrome and Firefox in the office.", []),
    ("", []),
    ("🙂", []),
    ("الرجاء المساعدة", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_what_was_tried(text: str, expected: list[tuple[str, bool, str | None]]) -> None:
    found = [(step.step, step.is_tried, step.outcome) for step in find_steps(text, RULES)]
    assert found == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Ich habe das Programm neu gestartet und den Cache geleert, ohne Erfolg.",
         [("restart", True, NO), ("clear_cache", True, NO)]),
        ("de", "Muss ich es neu installieren oder wird es neu gestartet?", []),
        ("de", "Ich habe noch nicht neu gestartet.", []),
        ("fr", "J'ai redémarré l'ordinateur et réinstallé le logiciel, sans succès.",
         [("restart", True, NO), ("reinstall", True, NO)]),
        ("es", "He reiniciado el equipo y sigue igual.", [("restart", True, NO)]),
        ("it", "Ho riavviato il computer ma non funziona.", [("restart", True, NO)]),
        ("it", "Ho provato a disinstallare e reinstallare il programma, niente.", [("reinstall", True, None)]),
        ("it", "Ho provato a cambiare la porta nelle impostazioni.", [("change_settings", True, None)]),
        ("it", "Proverò un altro browser.", []),
        ("de", "Ich habe versucht, das Programm neu zu installieren.", [("reinstall", True, None)]),
        ("de", "Den Port habe ich schon geändert.", [("change_settings", True, None)]),
        ("fr", "J'ai essayé de réinstaller le logiciel et modifié les paramètres.",
         [("reinstall", True, None), ("change_settings", True, None)]),
        ("es", "He intentado reinstalar el programa y he cambiado la configuración.",
         [("reinstall", True, None), ("change_settings", True, None)]),
    ],
)  # fmt: skip
def test_other_languages(language: str, text: str, expected: list[tuple[str, bool, str | None]]) -> None:
    found = [(step.step, step.is_tried, step.outcome) for step in find_steps(text, RULES, language)]
    assert found == expected


def test_the_article_that_was_followed_is_known_by_its_link_or_title() -> None:
    def article(text: str) -> tuple[str | None, str | None]:
        step = next(step for step in find_steps(text, RULES) if step.step == "follow_article")
        return step.article, step.outcome

    key = "help.larkspan.example/articles/3600012"
    link = "https://help.larkspan.example/hc/en-us/articles/3600012-Export-your-data#top"
    assert article(f"I followed the steps in {link} but the button is still grey") == (key, NO)
    assert article(f"I tried what {link} says. It did not help.") == (key, NO)
    assert article('I followed your guide "Exporting large reports" and nothing changed') == (
        "title:exporting large reports", NO
    )  # fmt: skip
    assert [s for s in find_steps(f"Can you explain {link} to me?", RULES) if s.step == "follow_article"] == []


def test_links_to_articles_are_told_from_others() -> None:
    assert is_help_link("https://support.site.example/en-US/kb/clean-up")
    assert is_help_link("https://docs.site.example/start")
    assert not is_help_link("https://support.site.example/en-US/questions/120034")
    assert not is_help_link("https://www.site.example/pricing")
    assert article_key("https://support.site.example/de/kb/clean-up?x=1") == article_key(
        "http://www.support.site.example/en-US/kb/Clean-up#a"
    )


def test_a_step_is_kept_once_and_the_one_with_an_outcome_wins() -> None:
    text = "I restarted it. Then I restarted it again, no luck."
    assert [(s.step, s.outcome, s.span) for s in find_steps(text, RULES)] == [
        ("restart", NO, "Then I restarted it again, no luck.")
    ]


def test_much_and_hostile_text_is_bounded_and_quick() -> None:
    start = time.process_time()
    for text in (
        "restarted " * 300_000,
        "I tried " * 300_000,
        ", and i " * 300_000,
        "cache\n" * 400_000,
        "é\u202e" * 99,
    ):
        assert len(find_steps(text, RULES)) <= MAX_STEPS
    assert time.process_time() - start < 30  # of the processor: a square of the length would take minutes
