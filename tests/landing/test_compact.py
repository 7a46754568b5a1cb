"""Compaction keeps what was said, in order, and survives a crash at every step."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.core.run import Run
from flows.landing import compact as module
from flows.landing.compact import clean, compact, compact_all
from flows.landing.store import Record, Store
from flows.settings import Settings

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    yield Store(str(tmp_path / "landing") if request.param == "disk" else f"memory://compact-{uuid.uuid4().hex}")


def say(store: Store, id: str, payload: str, *, version: str = "", days: int = 0, **more: object) -> int:
    """One commit with one record, so many days after the first; returns its seq."""
    store.append(
        "desk", "tickets", [Record(id=id, version=version, payload=payload)],
        run_id="r", pulled_at=AT + timedelta(days=days), cursor={"day": days}, **more,
    )  # fmt: skip
    return int(store.read("desk", "tickets")["seq"].max())


def rows(store: Store) -> list[tuple[str, str]]:
    return list(store.read("desk", "tickets").sort("seq").select("id", "payload").iter_rows())


def files(store: Store) -> list[str]:
    return [p for p in store.fs.find(f"{store._base}/desk") if p.endswith(".parquet")]


def run(store: Store, **more: object) -> module.Compaction:
    return compact(store, "desk", "tickets", run_id="nightly", at=AT, **more)


def test_many_files_become_one_with_the_same_rows_seq_and_cursor(store: Store) -> None:
    for n in range(5):
        say(store, str(n), f"p{n}", days=n)
    before = store.read("desk", "tickets")
    assert run(store) == module.Compaction(5, 1, 0)
    assert store.read("desk", "tickets").equals(before)
    assert store.cursor("desk", "tickets") == {"day": 4}
    assert len(files(store)) == 1


def test_only_consecutive_identical_payloads_of_an_id_are_dropped(store: Store) -> None:
    for payload in ("A", "A", "B", "B", "A"):
        say(store, "1", payload)
        say(store, "2", "same")
    assert run(store).rows_dropped == 6
    assert rows(store) == [("1", "A"), ("2", "same"), ("1", "B"), ("1", "A")]


def test_compacting_again_changes_nothing(store: Store) -> None:
    for payload in ("A", "A", "B"):
        say(store, "1", payload)
    run(store)
    before = store.read("desk", "tickets"), store.commits("desk", "tickets")
    assert run(store) == module.Compaction(1, 1, 0)
    assert (store.read("desk", "tickets").equals(before[0]), store.commits("desk", "tickets")) == (True, before[1])


def test_pulling_goes_on_after_compaction(store: Store) -> None:
    say(store, "1", "A")
    newest = say(store, "2", "B")
    run(store)
    assert say(store, "3", "C") > newest
    run(store)
    assert rows(store) == [("1", "A"), ("2", "B"), ("3", "C")]


def test_a_change_back_across_a_large_file_is_not_taken_for_a_repeat(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGE", 3)
    say(store, "1", "A")
    store.append(
        "desk", "tickets", [Record(id="1", version="", payload=p) for p in ("B", "C", "B")], run_id="r", pulled_at=AT
    )
    for _ in range(3):
        say(store, "1", "A")
        run(store)
    assert [payload for _, payload in rows(store)] == ["A", "B", "C", "B", "A"]


def test_a_long_history_is_merged_into_files_of_a_size_that_fits_into_memory_and_are_left_alone_afterwards(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGE", 4)
    for n in range(10):
        say(store, str(n), f"p{n}")
    before = rows(store)
    run(store)
    assert [commit.rows for commit in store.commits("desk", "tickets")] == [4, 4, 2]
    assert rows(store) == before
    kept = files(store)
    say(store, "10", "p10")
    run(store)
    assert len(set(files(store)) & set(kept)) == 2
    assert [commit.rows for commit in store.commits("desk", "tickets")] == [4, 4, 3]


def test_the_newest_snapshot_keeps_what_it_said_about_itself(store: Store) -> None:
    extra = {"snapshot": True, "rows": 1}
    for n in range(3):
        say(store, "1", f"p{n}", extra=extra | {"rows": n})
    say(store, "1", "p9")
    run(store)
    assert [c.extra for c in store.commits("desk", "tickets") if c.extra] == [extra | {"rows": 2}]
    assert [payload for _, payload in rows(store)] == ["p0", "p1", "p2", "p9"]


def test_superseded_versions_go_after_their_days_and_the_first_and_newest_stay_for_ever(store: Store) -> None:
    say(store, "1", "first", version="1", days=-400)
    say(store, "1", "old", version="2", days=-395)
    say(store, "1", "newer", version="3", days=-390)
    say(store, "1", "newest", version="4", days=-1)
    say(store, "2", "quiet for ever", version="1", days=-400)
    say(store, "3", "late but older", version="1", days=-2)
    say(store, "3", "first come, newest", version="2", days=-3)
    run(store, keep_raw_days=30)
    assert {p for _, p in rows(store)} == {
        "first", "newest", "quiet for ever", "late but older", "first come, newest",
    }  # fmt: skip


def test_without_a_retention_setting_every_version_stays(store: Store) -> None:
    say(store, "1", "old", version="1", days=-4000)
    say(store, "1", "new", version="2")
    run(store)
    assert len(rows(store)) == 2


@pytest.mark.parametrize("step", ["replace", "manifests", "data"])
def test_a_crash_at_any_step_loses_nothing_and_is_cleaned_up(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    for n in range(4):
        say(store, "1", f"p{n}", days=n)
    before = store.read("desk", "tickets")

    class Crash(Exception):
        pass

    def crash(*_: object) -> None:
        raise Crash

    removed: list[str] = []
    rm = store._rm

    def rm_some(path: str) -> None:
        if len(removed) == {"manifests": 2, "data": 6}[step]:
            raise Crash
        removed.append(path)
        rm(path)

    if step == "replace":
        monkeypatch.setattr(store, "_write_manifest", crash)
    else:
        monkeypatch.setattr(store, "_rm", rm_some)
    with pytest.raises(Crash):
        run(store)
    monkeypatch.undo()
    assert store.read("desk", "tickets").equals(before)
    assert store.cursor("desk", "tickets") == {"day": 3}
    run(store)
    assert store.read("desk", "tickets").equals(before)
    assert len(files(store)) == 1
    assert len(store.commits("desk", "tickets")) == 1


def test_leftovers_are_removed_and_nothing_else(store: Store) -> None:
    say(store, "1", "A")
    folder = f"{store._base}/desk/tickets"
    store.fs.pipe_file(f"{folder}/data/000000000002-crashed.parquet", b"half")
    store.fs.pipe_file(f"{folder}/commits/000000000002.json.tmp", b"{")
    assert len(clean(store, "desk", "tickets")) == 2
    assert clean(store, "desk", "tickets") == []
    assert rows(store) == [("1", "A")]


def test_all_streams_are_compacted_and_the_journal_is_merged_but_not_thinned(tmp_path: Path) -> None:
    run = Run.start("nightly", Settings(home=tmp_path), now=AT)
    for _ in range(3):
        run.landing.append("desk", "users", [Record(id="1", version="", payload="{}")], run_id="r", pulled_at=AT)
        run.journal.write("mute", [("f1", {"muted": True})], run_id="r", at=AT)
    done = compact_all(run)
    assert done == {"desk/users": module.Compaction(3, 1, 2), "journal/mute": module.Compaction(3, 1, 0)}
    assert run.journal.read("mute").height == 3
    assert run.report.counts == {"compacted.files": 4, "compacted.rows_dropped": 2}
