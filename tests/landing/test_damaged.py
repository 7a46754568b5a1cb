"""Damaged files of a store are named and set aside, what they held is asked for again, and the rest goes on."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from warehouse_fixture import NOW, House, zendesk_ticket

from flows.landing.compact import compact
from flows.landing.damaged import find, has_gaps, kept_aside, set_aside, set_aside_all
from flows.landing.store import Record, Store

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
STREAM = ("desk", "tickets")


def record(id: int) -> Record:
    return Record(id=str(id), version="v", payload=json.dumps({"id": id, "text": "word " * 200}))


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Four commits: 1, 2, 3 with a record each, and 4 with a cursor alone."""
    made = Store(str(tmp_path / "landing") if request.param == "disk" else f"memory://damaged-{uuid.uuid4().hex}")
    for n in (1, 2, 3):
        made.append(*STREAM, [record(n)], run_id=f"run{n}", pulled_at=AT, cursor={"page": n})
    made.append(*STREAM, [], run_id="run4", pulled_at=AT, cursor={"page": 4})
    yield made


def path(store: Store, name: str) -> str:
    return f"{store.folder(*STREAM)}/{name}"


def data(number: int) -> str:
    return f"data/{number:012d}-run{number}.parquet"


def manifest(number: int) -> str:
    return f"commits/{number:012d}.json"


def heal(store: Store) -> list[str]:
    return set_aside(store, *STREAM, run_id="heal", at=AT)


def ids(store: Store) -> list[str]:
    return sorted(store.read(*STREAM)["id"].to_list())


def aside(store: Store) -> list[str]:
    return [one.rsplit("/", 1)[-1] for one in kept_aside(store)]


def middle_overwritten(content: bytes) -> bytes:
    half = len(content) // 2
    return content[: half - 20] + b"\xff" * 40 + content[half + 20 :]


DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "zero length": lambda _: b"",
    "overwritten in the middle": middle_overwritten,
    "overwritten at the end": lambda content: content[:-8] + b"\x00" * 8,
    "missing": lambda _: None,
    "grown": lambda content: content + b"more",
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_damaged_data_file_is_set_aside_and_asked_for_again(store: Store, number: int, damage: str) -> None:
    content = DAMAGES[damage](store.fs.cat_file(path(store, data(number))))
    if content is None:
        store.fs.rm_file(path(store, data(number)))
    else:
        store.fs.pipe_file(path(store, data(number)), content)
    assert [one.name for one in find(store, *STREAM, thorough=True)] == [data(number)]
    (said,) = heal(store)
    assert f"desk/tickets/{data(number)}" in said and "set aside in" in said
    assert "Its 1 records are asked for again" in said
    assert ids(store) == sorted({"1", "2", "3"} - {str(number)})
    assert store.cursor(*STREAM) == ({"page": number - 1} if number > 1 else None)
    assert content is None or store.fs.cat_file(path(store, f"damaged/{data(number)[5:]}")) == content
    assert find(store, *STREAM, thorough=True) == []
    # What is pulled again comes under a number that nobody has read up to.
    again = store.append(*STREAM, [record(number)], run_id="again", pulled_at=AT, cursor={"page": 4})
    assert again.number == 6
    assert ids(store) == ["1", "2", "3"]


def test_what_was_changed_after_its_commit_is_seen_without_reading_everything(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    for n in (1, 2):
        store.append(*STREAM, [record(n)], run_id=f"run{n}", pulled_at=AT, cursor={"page": n})
    file = Path(path(store, data(2)))
    file.write_bytes(middle_overwritten(file.read_bytes()))
    assert [one.name for one in find(store, *STREAM, thorough=False)] == [data(2)]
    read: list[str] = []
    whole = store.fs.cat_file
    store.fs.cat_file = lambda path, *more, **given: read.append(path) or whole(path, *more, **given)
    find(store, *STREAM, thorough=False)
    assert [one.rsplit("/", 1)[-1] for one in read if one.endswith(".parquet")] == [file.name]


def test_a_merged_file_that_is_damaged_sends_the_pull_back_to_the_beginning(store: Store) -> None:
    compact(store, *STREAM, run_id="night", at=AT)
    (file,) = store.files(*STREAM)
    store.fs.pipe_file(file, b"")
    (said,) = heal(store)
    assert "Its 3 records are asked for again" in said
    assert ids(store) == [] and store.cursor(*STREAM) is None


def test_the_cursor_of_a_merged_commit_is_not_taken_for_its_place(store: Store) -> None:
    """A merged commit has the newest cursor: to go on from there would lose what was damaged after it."""
    compact(store, *STREAM, run_id="night", at=AT)
    store.append(*STREAM, [record(9)], run_id="run9", pulled_at=AT, cursor={"page": 9})
    store.fs.pipe_file(store.files(*STREAM)[-1], b"")
    heal(store)
    assert ids(store) == ["1", "2", "3"] and store.cursor(*STREAM) is None


def test_damage_that_came_before_other_damage_decides_where_the_pull_goes_back_to(store: Store) -> None:
    for number in (2, 3):
        store.fs.pipe_file(path(store, data(number)), b"")
    assert len(heal(store)) == 2
    assert ids(store) == ["1"] and store.cursor(*STREAM) == {"page": 1}


def test_records_that_came_along_with_another_stream_are_asked_for_with_that(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    for n in (1, 2, 3):
        at = AT.replace(hour=n)
        store.append("desk", "ticket_metrics", [record(n)], run_id=f"run{n}", pulled_at=at)
        store.append("desk", "tickets", [record(n)], run_id=f"run{n}", pulled_at=at, cursor={"page": n})
    Path(store.files("desk", "ticket_metrics")[1]).unlink()
    set_aside(store, "desk", "ticket_metrics", run_id="heal", at=AT)
    assert store.cursor("desk", "tickets") == {"page": 1}
    assert store.read("desk", "tickets").height == 3


@pytest.mark.parametrize("text", [b"", b'{"number": 2', b"[]", b"\xff\xfe\x00", b'{"number": 7, "files": []}', b"null"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_broken_manifest_is_set_aside_and_written_again_from_its_data(store: Store, number: int, text: bytes) -> None:
    store.fs.pipe_file(path(store, manifest(number)), text)
    (said,) = heal(store)
    assert f"desk/tickets/{manifest(number)} cannot be read: set aside in" in said and "Nothing is lost" in said
    assert ids(store) == ["1", "2", "3"]
    assert store.cursor(*STREAM) == {"page": 4}
    assert aside(store) == [f"{number:012d}.json"]
    assert find(store, *STREAM, thorough=True) == []


def test_a_broken_newest_manifest_sends_the_pull_back_to_the_cursor_before(store: Store) -> None:
    store.fs.pipe_file(path(store, manifest(4)), b"{")
    heal(store)
    assert ids(store) == ["1", "2", "3"] and store.cursor(*STREAM) == {"page": 3}


def test_a_broken_manifest_whose_data_is_gone_too_is_asked_for_again(store: Store) -> None:
    store.fs.pipe_file(path(store, manifest(2)), b"{")
    store.fs.pipe_file(path(store, data(2)), b"PAR1")
    heal(store)
    assert ids(store) == ["1", "3"] and store.cursor(*STREAM) == {"page": 1}
    assert aside(store) == [data(2)[5:], f"{2:012d}.json"]
    assert find(store, *STREAM, thorough=True) == []


def test_a_broken_manifest_of_a_merged_commit_does_not_bring_back_what_it_replaced(store: Store) -> None:
    """Killed between the merged commit and the removal of what it replaces, then damaged."""
    old = store.commits(*STREAM)
    store.replace(*STREAM, store.read(*STREAM), old, "night", AT)
    store.fs.pipe_file(path(store, manifest(5)), b"{")
    heal(store)
    assert ids(store) == ["1", "2", "3"]


def test_of_two_files_for_a_broken_manifest_the_one_of_the_crash_before_is_set_aside(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    folder = Path(store.folder(*STREAM))
    store.append(*STREAM, [record(1)], run_id="crashed", pulled_at=AT, cursor={"page": 1})
    (folder / manifest(1)).unlink()
    store.append(*STREAM, [record(1), record(2)], run_id="run1", pulled_at=AT, cursor={"page": 2})
    (folder / manifest(1)).write_text("{")
    heal(store)
    assert ids(store) == ["1", "2"]
    assert aside(store) == [f"{1:012d}-crashed.parquet", f"{1:012d}.json"]


def test_of_two_manifests_for_one_number_the_second_is_set_aside(store: Store) -> None:
    copy = f"{3:012d} (conflicted copy).json"
    store.fs.pipe_file(path(store, f"commits/{copy}"), store.fs.cat_file(path(store, manifest(3))))
    (said,) = heal(store)
    assert f"commits/{copy} is a second manifest for commit 3" in said
    assert ids(store) == ["1", "2", "3"] and store.cursor(*STREAM) == {"page": 4} and aside(store) == [copy]


def test_what_only_a_second_manifest_names_is_committed_under_a_number_of_its_own(store: Store) -> None:
    found = json.loads(store.fs.cat_file(path(store, manifest(3))))
    other = f"data/{3:012d}-elsewhere.parquet"
    rows = pl.read_parquet(store.fs.cat_file(path(store, data(3)))).with_columns(id=pl.lit("33"))
    store.fs.pipe_file(path(store, other), _parquet(rows))
    found |= {"files": [other[5:]], "seals": {}}
    store.fs.pipe_file(path(store, f"commits/{3:012d}-elsewhere.json"), json.dumps(found).encode())
    heal(store)
    frame = store.read(*STREAM)
    assert sorted(frame["id"]) == ["1", "2", "3", "33"] and frame["seq"].is_unique().all()
    assert store.cursor(*STREAM) == {"page": 4}


def _parquet(frame: pl.DataFrame) -> bytes:
    import io

    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def test_a_manifest_that_was_only_renamed_gets_its_name_again(store: Store) -> None:
    store.fs.mv(path(store, manifest(2)), path(store, "commits/old.json"))
    heal(store)
    assert ids(store) == ["1", "2", "3"] and store.cursor(*STREAM) == {"page": 4}


@pytest.mark.parametrize("stop_at", range(1, 8))
def test_setting_aside_can_be_stopped_anywhere_and_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at: int
) -> None:
    store = Store(str(tmp_path))
    for n in (1, 2, 3):
        store.append(*STREAM, [record(n)], run_id=f"run{n}", pulled_at=AT, cursor={"page": n})
    Path(path(store, data(2))).write_bytes(b"")
    Path(path(store, manifest(3))).write_bytes(b"{")
    steps = 0

    def stopping(whole: Callable[..., None]) -> Callable[..., None]:
        def step(*given: object, **more: object) -> None:
            nonlocal steps
            steps += 1
            if steps == stop_at:
                raise KeyboardInterrupt
            whole(*given, **more)

        return step

    with monkeypatch.context() as patched:
        patched.setattr(store.fs, "mv", stopping(store.fs.mv))
        patched.setattr(store.fs, "cp_file", stopping(store.fs.cp_file))
        try:
            heal(store)
        except KeyboardInterrupt:
            assert steps == stop_at
    heal(store)
    assert ids(store) == ["1", "3"] and store.cursor(*STREAM) == {"page": 1}
    assert store.last_number(*STREAM) >= 4
    assert {data(2)[5:], f"{3:012d}.json"} <= {*aside(store)}


def test_a_sound_store_is_left_alone(store: Store) -> None:
    compact(store, *STREAM, run_id="night", at=AT)
    assert heal(store) == [] and not has_gaps(store, *STREAM) and kept_aside(store) == []


def test_a_run_names_damage_in_both_stores_and_goes_on(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.land("zendesk", "tickets", [zendesk_ticket(1)])
    house.land("gone", "tickets", [zendesk_ticket(2)])
    run = house.run()
    run.journal.write("mute", [("bug-1", {"muted": True})], run_id="r", at=NOW)
    for file in (*run.landing.files("zendesk", "tickets"), *run.landing.files("gone", "tickets")):
        Path(file).write_bytes(b"")
    Path(*run.journal.store.files("journal", "mute")).write_bytes(b"")
    assert set_aside_all(run, thorough=False) == 3
    gone, zendesk, mute = sorted(run.report.problems, key=lambda text: ("gone/" not in text, "journal/" in text))
    assert "No source is called gone now" in gone
    assert "zendesk/tickets/data/" in zendesk and "Its 1 records are asked for again" in zendesk
    assert "journal/mute/data/" in mute and "Its 1 entries are lost: what was muted may have to be muted again" in mute
    assert run.report.counts["damaged_files"] == 3
    assert run.journal.latest("mute") == {} and has_gaps(run.journal.store, "journal", "mute")
    assert house.rows("select count(*) from landing.zendesk__tickets") == [(0,)]
    compact(run.journal.store, "journal", "mute", run_id="night", at=NOW, drop_repeats=False)
    assert has_gaps(run.journal.store, "journal", "mute")
