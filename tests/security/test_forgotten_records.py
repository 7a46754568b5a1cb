"""What stays of a record when somebody was forgotten, rule by rule, and who is meant by an id or an address."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.console import Console
from search_everything import search_everything

from flows.core.errors import Busy, ConfigError, GroundswellError
from flows.core.locks import hold
from flows.core.run import Run
from flows.forget.command import run_forget
from flows.forget.person import find_person
from flows.forget.run import Told, forget, preview
from flows.forget.stores import rewrite_journal, rewrite_landing
from flows.landing.forgotten import Forgotten, marks_of_id, marks_of_person
from flows.landing.gate import Gate
from flows.landing.store import Record
from flows.landing.tombstones import Marks, key_path, new_marks, read_marks, write_marks
from flows.settings import Settings

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
Json = dict[str, Any]

ANNA = {
    "id": 918273645,
    "name": "Anna Maria Gröndahl",
    "email": "anna.grondahl@hers.example",
    "phone": "+46 8 5050 1234",
}


def of_anna(marks: Marks) -> set[str]:
    found = marks_of_person(marks, emails={ANNA["email"]}, phones={ANNA["phone"]}, names={ANNA["name"]})
    return (
        found | marks_of_id(marks, "user", "zendesk", str(ANNA["id"])) | marks_of_id(marks, "ticket", "zendesk", "77")
    )


@pytest.fixture
def forgotten() -> Forgotten:
    marks = Marks(b"k" * 32)
    marks.add(of_anna(marks))
    return Forgotten(marks, learns=True)


def left(forgotten: Forgotten, kind: str, stream: str, payload: Json) -> Any:
    text = forgotten.remains(kind, "zendesk" if kind == "zendesk" else kind, stream, orjson.dumps(payload).decode())
    return None if text is None else json.loads(text)


@pytest.mark.parametrize(
    ("stream", "payload"),
    [
        ("users", {"id": 918273645, "name": "somebody"}),
        ("users", {"id": 5, "email": "Anna.Grondahl+work@hers.example"}),
        ("tickets", {"id": 77, "requester_id": 5}),
        ("tickets", {"id": 78, "requester_id": 918273645}),
        ("ticket_events", {"id": 1, "ticket_id": 77, "child_events": [{"event_type": "Comment", "author_id": 20001}]}),
        ("ticket_events", {"id": 1, "ticket_id": 5, "updater_id": 918273645,
                           "child_events": [{"event_type": "Comment", "author_id": 918273645}]}),
        ("ticket_metrics", {"id": 1, "ticket_id": 77}),
        ("satisfaction_ratings", {"id": 1, "ticket_id": 5, "requester_id": 918273645}),
    ],
)  # fmt: skip
def test_a_record_of_theirs_goes(forgotten: Forgotten, stream: str, payload: Json) -> None:
    assert left(forgotten, "zendesk", stream, payload) is None


@pytest.mark.parametrize(
    ("was", "stays"),
    [
        ({"collaborator_ids": [918273645, 5]}, {"collaborator_ids": [5]}),
        ({"submitter_id": 918273645}, {"submitter_id": None}),
        ({"via": {"source": {"from": {"name": "Anna Maria Gröndahl", "address": "anna.grondahl@hers.example"}}}},
         {"via": {"source": {"from": {"name": "[forgotten]", "address": None}}}}),
        ({"custom_fields": [{"id": 9, "value": "+46850501234"}]},
         {"custom_fields": [{"id": 9, "value": "[forgotten]"}]}),
        ({"description": "Ask ANNA GRÖNDAHL,\nor Gröndahl, Anna"}, {"description": "Ask [forgotten],\nor [forgotten]"}),
        ({"description": "mailto:anna.grondahl@hers.example, (0046) 8-5050-1234."},
         {"description": "mailto:[forgotten], [forgotten]."}),
        ({"url": "https://x.example/users/918273645.json"}, {"url": "https://x.example/users/[forgotten].json"}),
        ({"users": [{"id": 918273645, "name": "A. G."}, {"id": 5, "name": "Bo"}]},
         {"users": [{"id": 5, "name": "Bo"}]}),
        # what only looks like it
        ({"description": "Anna wrote, and Maria too; call 5050"}, None),
        ({"problem_id": 918273645, "count": 918273}, None),
        ({"description": "annagrondahl@hers.example"}, None),
    ],
)  # fmt: skip
def test_what_names_them_goes_out_of_records_of_others(forgotten: Forgotten, was: Json, stays: Json | None) -> None:
    record = {"id": 918273645, "requester_id": 5, **was}  # a ticket may bear the number of a person
    assert left(forgotten, "zendesk", "tickets", record) == {**record, **(was if stays is None else stays)}


def test_a_comment_of_theirs_goes_out_of_a_ticket_of_others(forgotten: Forgotten) -> None:
    hers = {"id": 2, "event_type": "Comment", "author_id": 918273645, "body": "me too"}
    other = {"id": 3, "event_type": "Change", "status": "open"}
    event = {"id": 1, "ticket_id": 5, "updater_id": 918273645, "child_events": [hers, other]}
    assert left(forgotten, "zendesk", "ticket_events", event) == {**event, "updater_id": None, "child_events": [other]}


def test_what_does_not_concern_them_stays_to_the_letter(forgotten: Forgotten) -> None:
    text = '{"id": 5,   "requester_id": 6, "description": "Grondahl and Anna Lee"}'
    assert forgotten.remains("zendesk", "zendesk", "tickets", text) == text


def test_our_own_issues_and_messages_keep_no_prose(forgotten: Forgotten) -> None:
    issue = {"id": "x", "title": "Export stalls", "description": "> a quote", "state": {"name": "Todo"}}
    assert left(forgotten, "linear", "issues", issue) == {key: issue[key] for key in ("id", "title", "state")}
    message = {"ts": "1.2", "text": "a quote", "blocks": [], "metadata": {"event_type": "groundswell"}}
    assert left(forgotten, "slack", "messages", message) == {"ts": "1.2", "metadata": message["metadata"]}


def test_a_billing_customer_stays_without_its_person(forgotten: Forgotten) -> None:
    customer = {
        "id": "cus_1",
        "email": ANNA["email"],
        "name": "Anna Gröndahl",
        "address": {"line1": "Hers 1"},
        "balance": 3,
    }
    assert left(forgotten, "stripe", "customers", customer | {"data": dict(customer)})["data"] == {
        "id": "cus_1", "email": None, "name": "[forgotten]", "address": None, "balance": 3,
    }  # fmt: skip


def test_marks_say_nothing_without_their_key() -> None:
    one, two = Marks(b"a" * 32), Marks(b"b" * 32)
    assert of_anna(one).isdisjoint(of_anna(two))
    assert not any("918273645" in mark for mark in of_anna(one))


# -- in the stores


@pytest.fixture
def run(tmp_path: Path) -> Run:
    sources = {
        "zendesk": {"type": "zendesk", "base_url": "https://x.zendesk.com"},
        "crm": {"type": "hubspot"},
        "export": {"type": "files", "streams": {"tickets": {"path": "t.csv"}}},
    }
    return Run.start("forget", Settings(home=tmp_path / "home", sources=sources), now=NOW)  # type: ignore[arg-type]


def land(run: Run, source: str, stream: str, *payloads: Json, cursor: Json | None = None, **more: Any) -> None:
    records = [Record(id=str(p["id"]), version="", payload=orjson.dumps(p).decode()) for p in payloads]
    run.landing.append(source, stream, records, run_id="r", pulled_at=NOW, cursor=cursor, **more)


def landed(run: Run, source: str, stream: str) -> list[Json]:
    return [json.loads(text) for text in run.landing.read(source, stream).sort("seq")["payload"]]


def people(run: Run) -> None:
    land(
        run,
        "zendesk",
        "users",
        {**ANNA, "role": "end-user", "phone": None},
        {"id": 20001, "name": "Bo", "role": "agent"},
    )
    land(run, "zendesk", "users", {**ANNA, "role": "end-user"})  # a later version, with her number
    known = {"email": "ANNA.grondahl@hers.example", "firstname": "Anna", "lastname": "Lund"}
    land(run, "crm", "contacts", {"id": "4711", "properties": known})
    land(run, "zendesk", "tickets", {"id": 77, "requester_id": 918273645}, {"id": 78, "requester_id": 5},
         {"id": 79, "requester_id": 918273645})  # fmt: skip
    land(run, "zendesk", "tickets", {"id": 79, "requester_id": 5})  # was given to somebody else
    land(run, "export", "tickets", {"id": "E1", "requester_id": "A7", "extra": {"mail": ANNA["email"]}})


def test_an_id_leads_to_all_their_records_in_all_sources(run: Run) -> None:
    people(run)
    person = find_person(run, ["zendesk:918273645"])
    assert person.users == {"zendesk:918273645", "crm:4711"}
    assert person.emails == {"anna.grondahl@hers.example"} and person.phones == {ANNA["phone"]}
    assert person.names == {"Anna Maria Gröndahl", "Anna Lund"}
    assert person.tickets == {"zendesk:77"}
    by_address = find_person(run, ["anna.grondahl@hers.example", "export:A7"])
    assert by_address.users == person.users | {"export:A7"} and by_address.tickets == {"zendesk:77", "export:E1"}


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ("zendesk:1", GroundswellError, "nothing is held here of zendesk:1"),
        ("zendesk:20001", GroundswellError, "one of your own agents"),
        ("918273645", ConfigError, "names nobody.*SOURCE:ID.*crm, export, zendesk"),
        ("zendesk:", ConfigError, "names nobody"),
        ("elsewhere:5", ConfigError, "names nobody"),
    ],
)
def test_who_is_nobody_or_an_agent_is_refused(run: Run, given: str, error: type[Exception], says: str) -> None:
    people(run)
    with pytest.raises(error, match=f"(?s){says}"):
        preview(run, [given])


def erase(run: Run) -> Forgotten:
    marks = new_marks(run.settings)
    marks.add(of_anna(marks))
    write_marks(run, marks, "anna", of_anna(marks), "begun")
    return Forgotten(marks, learns=False)


def test_the_landing_zone_keeps_cursors_snapshots_and_the_order_of_arrival(run: Run) -> None:
    people(run)
    cursor = {"boundary": {"918273645": ["v", "d"], "5": ["v", "d"]}, "position": 9}
    land(run, "zendesk", "users", {"id": 5, "name": "Cem"}, cursor=cursor, extra={"snapshot": True, "rows": 3})
    before = run.landing.read("zendesk", "users").sort("seq")
    counts = rewrite_landing(run, erase(run), lambda _: None)
    after = run.landing.read("zendesk", "users").sort("seq")
    assert counts["zendesk.users.removed"] == 2
    assert after.equals(before.filter(~before["id"].is_in([str(ANNA["id"])])))
    assert run.landing.cursor("zendesk", "users") == {"boundary": {"5": ["v", "d"]}, "position": 9}
    assert [c.extra for c in run.landing.commits("zendesk", "users") if c.extra] == [{"snapshot": True, "rows": 3}]
    assert [ticket["id"] for ticket in landed(run, "zendesk", "tickets")] == [78, 79]
    assert landed(run, "export", "tickets")[0]["extra"] == {"mail": "[forgotten]"}
    files = sorted(str(path) for path in Path(run.settings.landing).rglob("*"))
    again = rewrite_landing(run, erase(run), lambda _: None)
    assert not +again, "a second pass finds nothing to do"
    assert files == sorted(str(path) for path in Path(run.settings.landing).rglob("*"))


def test_quarantine_loses_the_entries_of_what_went_and_no_others(run: Run) -> None:
    people(run)
    seqs = dict(run.landing.read("zendesk", "tickets").select("id", "seq").iter_rows())
    entry = {"source": "zendesk", "stream": "tickets", "status": "quarantined", "value": f"by {ANNA['email']}"}
    land(run, "quarantine", "records", *({**entry, "id": id, "seq": seqs[id]} for id in ("77", "78")))
    rewrite_landing(run, erase(run), lambda _: None)
    assert landed(run, "quarantine", "records") == [{**entry, "id": "78", "seq": seqs["78"], "value": "by [forgotten]"}]


def test_the_journal_keeps_every_entry_without_them(run: Run) -> None:
    def write(kind: str, key: str, body: Json) -> None:
        run.journal.write(kind, [(key, body)], run_id="r", at=NOW)

    write("finding_state", "f", {"tickets": ["zendesk:77", "zendesk:78"], "state": "open"})
    write(
        "topic", "t", {"words": ["export", "gröndahl", "anna export"], "label": "export, gröndahl", "centroid": [0.1]}
    )
    write("model_answer", "q", {"task": "title", "answer": {"title": "Gröndahl photos"}})
    write("run", "x", {"report": {"problems": ["zendesk: Anna Gröndahl (anna.grondahl@hers.example) has no id"]}})
    rewrite_journal(run, erase(run), lambda _: None)
    assert run.journal.latest("finding_state") == {"f": {"tickets": ["zendesk:78"], "state": "open"}}
    assert run.journal.latest("topic") == {"t": {"words": ["export"], "label": "export", "centroid": [0.1]}}
    assert run.journal.latest("model_answer") == {"q": {"task": "title", "answer": {"title": ""}}}
    assert run.journal.latest("run")["x"]["report"]["problems"] == ["zendesk: [forgotten] ([forgotten]) has no id"]
    assert read_marks(run), "the tombstones stay"


def test_a_topic_that_is_called_like_a_ticket_of_theirs_loses_its_label(run: Run) -> None:
    land(run, "zendesk", "users", {"id": ANNA["id"], "name": ANNA["name"], "role": "end-user"})
    ticket = {"id": 77, "requester_id": ANNA["id"], "subject": "Re: the wedding photos, from Oslo!"}
    land(run, "zendesk", "tickets", ticket, {"id": 78, "requester_id": 5, "subject": "Photos will not upload"})
    land(run, "zendesk", "tickets", {**ticket, "subject": "Solved"})
    for key, label in (("t1", "The wedding photos, from Oslo"), ("t2", "Photos will not upload"), ("t3", "Solved")):
        run.journal.write("topic", [(key, {"label": label, "centroid": [0.123]})], run_id="r", at=NOW)
    rename = {"action": "rename", "topics": ["t2"], "tickets": [], "label": "The Wedding Photos from Oslo"}
    run.journal.write("topic_edit", [("e", rename)], run_id="r", at=NOW)
    forget(run, [f"zendesk:{ANNA['id']}"], lambda _: None)
    topics = run.journal.latest("topic")
    assert {key: topic["label"] for key, topic in topics.items()} == {
        "t1": "", "t2": "Photos will not upload", "t3": "Solved",
    }, "one word is nobody's own"  # fmt: skip
    assert topics["t1"]["centroid"] == [0.123]
    assert run.journal.latest("topic_edit") == {"e": {**rename, "label": ""}}


def test_labels_of_their_tickets_go_with_them(run: Run) -> None:
    for kind in ("intent_label", "intent_correction"):
        for ticket in ("zendesk:77", "zendesk:78"):
            body = {"tickets": [ticket], "taxonomy": "intents", "intent": "how_to", "at": "2026-07-01T12:00:00Z"}
            run.journal.write(kind, [(ticket, body)], run_id="r", at=NOW)
    rewrite_journal(run, erase(run), lambda _: None)
    for kind in ("intent_label", "intent_correction"):
        assert list(run.journal.latest(kind)) == ["zendesk:78"]


# -- at the gate


def records(*payloads: Json) -> list[Record]:
    return [Record(id=str(p["id"]), version="", payload=orjson.dumps(p).decode()) for p in payloads]


def test_nothing_of_theirs_is_landed_again_and_what_they_write_next_is_known(run: Run) -> None:
    erase(run)
    gate = Gate(run, "zendesk")
    assert (
        gate.passes("tickets", records({"id": 90, "requester_id": 918273645}, {"id": 91, "requester_id": 5}))[0]["id"]
        == "91"
    )
    assert gate.passes("ticket_metrics", records({"id": 1, "ticket_id": 90})) == []
    # another pull, of another day: the ticket they wrote after they were forgotten is still theirs
    assert Gate(run, "zendesk").passes("ticket_events", records({"id": 1, "ticket_id": 90, "child_events": []})) == []
    assert run.report.counts == {"forgotten.tickets": 1, "forgotten.ticket_metrics": 1, "forgotten.ticket_events": 1}
    assert run.report.problems == ["An erasure was begun and not completed: run `groundswell forget`."]


def test_a_new_account_with_their_address_is_theirs_too(run: Run) -> None:
    erase(run)
    gate = Gate(run, "zendesk")
    assert gate.passes("users", records({"id": 555666777, "name": "A.", "email": ANNA["email"]})) == []
    assert gate.passes("tickets", records({"id": 92, "requester_id": 555666777})) == []


def test_where_nobody_was_forgotten_everything_passes_as_it_is(run: Run) -> None:
    some = records(ANNA)
    assert Gate(run, "zendesk").passes("users", some) is some
    assert not key_path(run.settings).exists()


def test_without_the_key_nothing_is_pulled(run: Run) -> None:
    erase(run)
    assert key_path(run.settings).stat().st_mode & 0o777 == 0o600
    key_path(run.settings).rename(run.settings.home / "elsewhere")
    with pytest.raises(GroundswellError, match="Put it back from a backup"):
        Gate(run, "zendesk")
    key_path(run.settings).write_text("ab" * 32)
    with pytest.raises(GroundswellError, match="not the key"):
        Gate(run, "zendesk")


def test_damaged_tombstones_let_nobody_in(run: Run) -> None:
    erase(run)
    (Path(run.settings.journal) / "journal" / "tombstone" / "damaged").mkdir()
    with pytest.raises(GroundswellError, match="would not be recognised"):
        Gate(run, "zendesk")


# -- the whole erasure, but for what is made again


def test_findings_with_their_tickets_are_named_with_the_places_they_were_told(run: Run) -> None:
    people(run)
    for key, tickets in (("bug-1", ["zendesk:77", "zendesk:78"]), ("bug-2", ["zendesk:78"])):
        run.journal.write("finding", [(key, {"title": f"About {key}"})], run_id="r", at=NOW)
        run.journal.write("finding_state", [(key, {"tickets": tickets})], run_id="r", at=NOW)
        sent = {
            "status": "sent",
            "destination": "linear",
            "finding_key": key,
            "external_url": f"https://l.example/{key}",
        }
        run.journal.write("delivery", [(f"linear:{key}:1", sent)], run_id="r", at=NOW)
    erasure = forget(run, ["zendesk:918273645"], lambda _: None)
    assert erasure.told == [Told("bug-1", "About bug-1", ("https://l.example/bug-1",))]
    assert erasure.counts["zendesk.tickets.removed"] == 2, "the ticket, and a version of one that was theirs once"
    body = run.journal.latest("run")[run.run_id]
    assert body["status"] == "erased" and body["findings"] == ["bug-1"]
    assert not any(word in json.dumps(body).lower() for word in ("918273645", "grondahl", "gröndahl"))
    assert [str(hit) for hit in search_everything(run.settings.home, ["918273645", "grondahl", "Gröndahl"]).hits] == []
    again = forget(run, ["zendesk:918273645"], lambda _: None)
    assert not again.counts, "who was forgotten can be forgotten again"


@pytest.mark.parametrize("lock", ["writer", "source-zendesk", "source-quarantine"])
def test_it_waits_for_whoever_pulls_or_writes(run: Run, lock: str) -> None:
    people(run)
    run.settings.lock_wait_seconds = 0.0
    with hold(run.settings.lock_dir, lock, holder="hourly-1"), pytest.raises(Busy, match="hourly-1"):
        forget(run, ["zendesk:918273645"], lambda _: None)
    assert read_marks(run) is None


def test_nobody_is_forgotten_unasked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    people(run)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    shown = io.StringIO()
    with pytest.raises(ConfigError, match="nothing was forgotten"):
        run_forget(run.settings, ["zendesk:918273645"], Console(file=io.StringIO()), Console(file=shown), yes=False)
    assert "1 ticket with every message" in shown.getvalue() and "crm:4711" in shown.getvalue()
    assert read_marks(run) is None


def test_there_is_nothing_to_complete_where_nobody_was_forgotten(run: Run) -> None:
    with pytest.raises(ConfigError, match="nobody was ever forgotten here"):
        forget(run, [], lambda _: None)
