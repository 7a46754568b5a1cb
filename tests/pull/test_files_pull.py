"""Exported files: mapped, landed once, landed again only where they changed, refused with the line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.core.errors import ConfigError, GroundswellError, VendorError
from flows.core.run import Run
from flows.pull import files as files_module
from flows.pull.inspect import inspect
from flows.pull.run import pull
from flows.settings import FilesSource, Settings, load_settings

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


class Desk:
    """A folder with exports, and a source made of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.streams: dict[str, dict[str, Any]] = {}
        self.ticket_url: str | None = None

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def stream(self, stream: str, name: str, **more: Any) -> None:
        self.streams[stream] = {"path": str(self.folder / name), **more}

    def settings(self) -> Settings:
        source = FilesSource(type="files", streams=self.streams, ticket_url=self.ticket_url)  # type: ignore[arg-type]
        return Settings(home=self.folder / "home", sources={"desk": source})

    def pull(self, **more: Any) -> Run:
        run = Run.start("hourly", self.settings(), now=NOW, **more)
        pull(run, "desk")
        return run

    def landed(self, stream: str) -> list[dict[str, Any]]:
        frame = Run.start("hourly", self.settings(), now=NOW).landing.read("desk", stream).sort("seq")
        return [
            {**json.loads(row["payload"]), "_id": row["id"], "_version": row["version"]}
            for row in frame.iter_rows(named=True)
        ]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_columns_are_mapped_times_are_utc_and_the_rest_is_kept(desk: Desk) -> None:
    desk.write(
        "t.csv",
        "\ufeffkey,Betreff,opened,changed,tags,flag,queue\n"
        '0012,"Hello, world",2026-06-30T10:00:00+02:00,2026-06-30 12:00:00,a; b ;,yes,tier2\n',
    )
    columns = {"id": "key", "subject": "Betreff", "created_at": "opened", "updated_at": "changed", "is_spam": "flag"}
    desk.stream("tickets", "t.csv", columns=columns, constants={"channel": "email"})
    desk.ticket_url = "https://desk.example/{id}"
    desk.pull()
    [ticket] = desk.landed("tickets")
    assert ticket == {
        "_id": "0012", "_version": "2026-06-30T12:00:00Z", "id": "0012", "subject": "Hello, world", "description": None,
        "status": None, "priority": None, "category": None, "tags": ["a", "b"], "requester_id": None,
        "organization_id": None, "locale": None, "url": "https://desk.example/0012", "channel": "email",
        "version": None, "created_at": "2026-06-30T08:00:00Z", "updated_at": "2026-06-30T12:00:00Z",
        "solved_at": None, "is_spam": True, "extra": {"queue": "tier2"},
    }  # fmt: skip


def test_csv_json_lines_and_parquet_say_the_same(desk: Desk) -> None:
    rows = [{"id": 7, "product": "app", "version": "1.10", "released_at": "2026-06-01T00:00:00Z"}]
    desk.write("r.csv", "id;product;version;released_at\n7;app;1.10;2026-06-01\n")
    desk.write("r.jsonl", "\n".join(json.dumps(row) for row in rows) + "\n\n")
    pl.DataFrame(rows).with_columns(released_at=pl.lit(datetime(2026, 6, 1))).write_parquet(desk.folder / "r.parquet")
    landed = []
    for name in ("r.csv", "r.jsonl", "r.parquet"):
        other = Desk(desk.folder / name.replace(".", "-"))
        other.folder.mkdir()
        other.streams = {"releases": {"path": str(desk.folder / name)}}
        other.pull()
        landed.append(other.landed("releases"))
    assert landed[0] == landed[1] == landed[2]
    assert landed[0][0]["id"] == "7" and landed[0][0]["released_at"] == "2026-06-01T00:00:00Z"


def test_values_are_translated_and_rows_filtered(desk: Desk) -> None:
    frame = pl.DataFrame({"id": [1, 2, 3], "ticket_id": [1, 1, 1], "asker": [True, False, None], "lang": ["en"] * 3})
    frame.with_columns(lang=pl.Series(["en", "en", "de"])).write_parquet(desk.folder / "m.parquet")
    desk.stream(
        "messages", "m.parquet", columns={"author_role": "asker"}, filter={"lang": "en"},
        values={"author_role": {"true": "customer", "false": "agent"}},
    )  # fmt: skip
    desk.pull()
    assert [(m["id"], m["author_role"]) for m in desk.landed("messages")] == [("1", "customer"), ("2", "agent")]


def test_an_unchanged_file_is_not_landed_again_and_of_a_changed_one_only_what_changed(desk: Desk) -> None:
    desk.write("t.csv", "id,subject\n1,one\n2,two\n")
    desk.stream("tickets", "t.csv")
    assert desk.pull().report.counts == {"pulled.desk.tickets": 2}
    assert desk.pull().report.counts == {"pulled.desk.tickets": 0}
    desk.write("t.csv", "id,subject\n1,one\n2,two!\n3,three\n")
    assert desk.pull().report.counts == {"pulled.desk.tickets": 2}
    desk.write("t.csv", "id,subject\n1,one\n2,two\n3,three\n")
    assert desk.pull().report.counts == {"pulled.desk.tickets": 1}
    assert [(t["id"], t["subject"]) for t in desk.landed("tickets")] == [
        ("1", "one"), ("2", "two"), ("2", "two!"), ("3", "three"), ("2", "two"),
    ]  # fmt: skip


def test_an_id_that_a_file_has_twice_is_not_landed_over_and_over(desk: Desk) -> None:
    desk.write("t.csv", "id,subject\n1,old\n1,new\n")
    desk.stream("tickets", "t.csv")
    desk.pull()
    desk.write("t.csv", "id,subject\n1,old\n1,new\n2,other\n")
    assert desk.pull().report.counts == {"pulled.desk.tickets": 1}
    assert [t["subject"] for t in desk.landed("tickets")] == ["old", "new", "other"]


def test_a_changed_mapping_reads_an_unchanged_file_again(desk: Desk) -> None:
    desk.write("t.csv", "id,subject,kind\n1,one,billing\n")
    desk.stream("tickets", "t.csv")
    desk.pull()
    desk.stream("tickets", "t.csv", columns={"category": "kind"})
    desk.pull()
    assert [t["category"] for t in desk.landed("tickets")] == [None, "billing"]


def test_a_numeric_version_column_sorts_as_text(desk: Desk) -> None:
    desk.write("t.csv", "id,rev\n1,9\n1,10\n2,\n")
    desk.stream("tickets", "t.csv", version_column="rev")
    desk.pull()
    versions = [t["_version"] for t in desk.landed("tickets")]
    assert versions == ["9".zfill(20), "10".zfill(20), ""]
    assert versions[0] < versions[1]


def test_a_glob_lands_all_its_files_and_a_new_file_alone(desk: Desk) -> None:
    desk.write("t-1.csv", "id,subject\n1,one\n")
    desk.stream("tickets", "t-*.csv")
    desk.pull()
    desk.write("t-2.csv", "id,subject\n2,two\n")
    run = desk.pull()
    assert run.report.counts == {"pulled.desk.tickets": 1}
    assert run.landing.commits("desk", "tickets")[-1].extra == {"snapshot": True, "rows": 2, "previous_rows": 1}


def test_a_snapshot_tells_its_rows_also_when_it_shrank_to_nothing(desk: Desk) -> None:
    desk.write("t.csv", "id,subject\n1,one\n2,two\n")
    desk.stream("tickets", "t.csv")
    desk.pull()
    desk.write("t.csv", "id,subject\n")
    run = desk.pull()
    assert run.landing.commits("desk", "tickets")[-1].extra == {"snapshot": True, "rows": 0, "previous_rows": 2}


def test_a_row_without_an_id_is_landed_under_a_digest_and_reported(desk: Desk) -> None:
    desk.write("t.csv", "id,subject\n,nameless\n2,two\n")
    desk.stream("tickets", "t.csv")
    run = desk.pull()
    nameless, two = desk.landed("tickets")
    assert nameless["id"] is None and nameless["_id"].startswith("row-")
    assert two["id"] == "2"
    assert run.report.problems == ["desk tickets: 1 row has no id"]


def test_a_time_that_cannot_be_read_stays_as_it_is_for_validation_to_show(desk: Desk) -> None:
    desk.write("t.csv", "id,created_at,updated_at\n1,yesterday,31/12/2025\n")
    desk.stream("tickets", "t.csv")
    desk.pull()
    [ticket] = desk.landed("tickets")
    assert (ticket["created_at"], ticket["updated_at"], ticket["_version"]) == ("yesterday", "31/12/2025", "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1767225600", "2026-01-01T00:00:00Z"), ("1767225600000", "2026-01-01T00:00:00Z"),
        ("2026-01-01", "2026-01-01T00:00:00Z"), ("2026-01-01 01:00:00 UTC", "2026-01-01T01:00:00Z"),
        ("2026-01-01T00:00:00.123-05:00", "2026-01-01T05:00:00Z"),
    ],
)  # fmt: skip
def test_times_of_many_kinds_become_iso_utc(desk: Desk, value: str, expected: str) -> None:
    desk.write("t.csv", f"id,created_at\n1,{value}\n")
    desk.stream("tickets", "t.csv")
    desk.pull()
    assert desk.landed("tickets")[0]["created_at"] == expected


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"columns": {"subject": "Titel"}}, r"the file has no column 'Titel'\. Did you mean 'title'\?"),
        ({"columns": {"subjekt": "title"}}, r"tickets have no field 'subjekt'\. Did you mean 'subject'\?"),
        ({"filter": {"produkt": "x"}}, r"the file has no column 'produkt'\. Did you mean 'product'\?"),
        ({"version_column": "zzz"}, r"the file has no column 'zzz'\. There are: key, title, product"),
        ({}, r"nothing is mapped to 'id'\. The file's columns are: key, title, product"),
    ],
)
def test_a_mapping_that_does_not_fit_names_the_nearest_right_name(
    desk: Desk, spec: dict[str, Any], message: str
) -> None:
    desk.write("t.csv", "key,title,product\n1,a,b\n")
    desk.stream("tickets", "t.csv", **spec)
    with pytest.raises(ConfigError, match=message):
        desk.pull()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"id,subject\n2,a,b\n", "none of its rows can be read, the first on line 2: 3 values for 2 columns"),
        ("t.csv", b"id,id\n1,2\n", "names the column 'id' twice"),
        ("t.csv", b"", "is empty: it has no header line"),
        ("t.jsonl", b'[{"id": 1}]\n', "the first on line 1: it is not a JSON object"),
        ("t.parquet", b"not parquet at all", "is not a readable Parquet file"),
    ],
)
def test_a_file_of_which_nothing_can_be_taken_is_refused(desk: Desk, name: str, content: bytes, message: str) -> None:
    desk.write(name, content)
    desk.stream("tickets", name)
    with pytest.raises(VendorError, match=message):
        desk.pull()
    assert desk.landed("tickets") == []


def test_a_damaged_export_leaves_what_is_landed_and_the_mended_one_goes_on(desk: Desk) -> None:
    desk.stream("tickets", "t.csv")
    desk.write("t.csv", "id,subject\n1,one\n")
    desk.pull()
    desk.write("t.csv", "")
    with pytest.raises(VendorError):
        desk.pull()
    desk.write("t.csv", "id,subject\n1,one\n2,two\n")
    desk.pull()
    assert [t["id"] for t in desk.landed("tickets")] == ["1", "2"]


def test_one_bad_stream_does_not_keep_the_others_from_landing(desk: Desk) -> None:
    desk.write("t.csv", "id,subject\n1,a,b\n")
    desk.write("r.csv", "product,version,released_at\napp,1,2026-01-01\n")
    desk.stream("tickets", "t.csv")
    desk.stream("releases", "r.csv")
    with pytest.raises(VendorError, match="3 values for 2 columns"):
        desk.pull()
    assert [r["id"] for r in desk.landed("releases")] == ["app:1"]


def test_a_missing_file_and_an_unknown_format_say_what_to_do(desk: Desk) -> None:
    desk.stream("tickets", "none.csv")
    with pytest.raises(ConfigError, match=r"there is no file .*none\.csv"):
        desk.pull()
    desk.write("t.xlsx", b"PK")
    desk.stream("tickets", "t.xlsx")
    with pytest.raises(ConfigError, match=r"names no format we read\. Say which it is"):
        desk.pull()


def test_relative_paths_begin_at_the_configuration_file(desk: Desk) -> None:
    desk.write("t.csv", "id,subject\n1,one\n")
    desk.streams["tickets"] = {"path": "t.csv"}
    settings = desk.settings()
    settings.config_file = desk.folder / "groundswell.toml"
    run = Run.start("hourly", settings, now=NOW)
    assert pull(run, "desk").counts == {"tickets": 1}


def test_a_first_pull_that_is_interrupted_goes_on_and_counts_as_history(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_module, "PAGE_ROWS", 2)
    monkeypatch.setattr("flows.pull.run.COMMIT_ROWS", 2)
    desk.write("t.csv", "id,subject\n" + "".join(f"{n},s{n}\n" for n in range(7)))
    desk.stream("tickets", "t.csv")
    run = Run.start("backfill", desk.settings(), now=NOW)
    append, calls = run.landing.append, []

    def killed(*args: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return append(*args, **more)

    monkeypatch.setattr(run.landing, "append", killed)
    with pytest.raises(KeyboardInterrupt):
        pull(run, "desk")
    assert len(desk.landed("tickets")) == 4
    after = desk.pull()
    assert after.report.counts == {"pulled.desk.tickets": 3}
    assert [t["id"] for t in desk.landed("tickets")] == [str(n) for n in range(7)]
    assert after.landing.read("desk", "tickets")["backfill"].all()


def test_inspection_shows_counts_a_redacted_sample_and_the_time(desk: Desk) -> None:
    desk.write("t.csv", "id,subject\n1,Mail me at jane.doe@example.com\n2,two\n")
    desk.stream("tickets", "t.csv")
    text = "\n".join(inspect(desk.settings(), "desk").lines())
    assert "2 tickets" in text and "about 1 second\n" in text
    assert "jane.doe" not in text and "Mail me at [email-" in text


def test_a_source_that_is_not_configured_is_named(desk: Desk) -> None:
    run = Run.start("hourly", desk.settings(), now=NOW)
    with pytest.raises(GroundswellError, match=r"no source is called 'zendesk'\. Did you mean 'desk'\?"):
        pull(run, "zendesk")


def test_the_example_configuration_pulls_an_export_of_its_shape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = Path(__file__).parent.parent / "data" / "thunderbird.toml"
    (tmp_path / "thunderbird").mkdir()
    (tmp_path / "groundswell.toml").write_bytes(example.read_bytes())
    at = datetime(2024, 5, 1, 8, tzinfo=UTC)
    tables: dict[str, dict[str, list[Any]]] = {
        "questions": {
            "id": [11], "created": [at], "updated": [at], "title": ["No mail"], "body": ["It stopped"],
            "tags": ["pop;inbox;"], "topic": ["troubleshooting"], "locale": ["en-US"], "user": ["u1"],
            "is_spam": ["false"], "solution_id": [float("nan")],
        },
        "answers": {
            "id": [21, 22], "question_id": [11, 11], "created": [at, at], "body": ["Try safe mode", "It worked"],
            "user": ["u2", "u1"], "by_asker": [False, True], "is_spam": [False, False],
        },
        "kb_articles": {"id": ["31"], "title": ["Safe mode"], "url": ["https://kb.example/31"], "locale": ["en-US"],
                        "text": ["Hold shift"], "topics_str": ["fixing"]},
    }  # fmt: skip
    for name, columns in tables.items():
        pl.DataFrame(columns).write_parquet(tmp_path / "thunderbird" / f"{name}.parquet")
    releases = "product,version,released_on\nfirefox,130.0,2024-09-03\nthunderbird,128.0,2024-07-10\n"
    (tmp_path / "releases.csv").write_text(releases)
    monkeypatch.setenv("GROUNDSWELL_CONFIG", str(tmp_path / "groundswell.toml"))
    monkeypatch.setenv("GROUNDSWELL_HOME", str(tmp_path / "home"))
    run = Run.start("backfill", load_settings(), now=NOW)
    assert pull(run, "thunderbird").counts == {"tickets": 1, "messages": 2, "articles": 1, "releases": 1}

    def payloads(stream: str) -> list[dict[str, Any]]:
        return [json.loads(text) for text in run.landing.read("thunderbird", stream)["payload"]]

    [ticket] = payloads("tickets")
    assert (ticket["tags"], ticket["is_spam"], ticket["channel"]) == (["pop", "inbox"], False, "forum")
    assert (
        ticket["url"] == "https://support.mozilla.org/questions/11" and ticket["created_at"] == "2024-05-01T08:00:00Z"
    )
    assert [(m["author_role"], m["is_public"]) for m in payloads("messages")] == [("agent", True), ("customer", True)]
    assert payloads("releases")[0]["released_at"] == "2024-07-10T00:00:00Z"
