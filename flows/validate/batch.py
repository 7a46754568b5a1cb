"""What was landed since the last look: its rows in chunks, and measures of the batch as a whole.

A batch is everything of a stream that has not been accepted yet. A bad batch is not accepted, so it is
looked at again together with what comes after it: once it is mended upstream it passes, and nothing of it
has slipped by. Measures look at the newest version of each id, which is what staging takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl
import pyarrow.parquet as pq

from flows.landing.store import Commit, Store

CHUNK_ROWS = 20_000  # bounds memory: payloads of one chunk are held, parsed and handed to the expectations

KEYS = pl.Schema(
    {
        "id": pl.String(),
        "version": pl.String(),
        "pulled_at": pl.Datetime("us", "UTC"),
        "run_id": pl.UInt64(),  # its hash: only whether two are the same matters
        "seq": pl.Int64(),
        "payload_hash": pl.UInt64(),
        "is_bad": pl.Boolean(),
        "is_new": pl.Boolean(),  # false: accepted before and looked at again
    }
)


@dataclass(frozen=True)
class Accepted:
    """How far a stream has been accepted, and what is held against the rest."""

    commit: int = 0
    seq: int = -1
    snapshot_rows: int | None = None  # rows of the last accepted full snapshot
    suite: str = ""  # digest of the suite it was judged by
    bad_reason: str | None = None
    bad_since: str | None = None


@dataclass
class Batch:
    """Keys of the rows seen so far, without their payloads."""

    frames: list[pl.DataFrame] = field(default_factory=list)

    def add(self, rows: pl.DataFrame, bad: set[int], since: Accepted) -> None:
        """Note a chunk: its rows (see store.SCHEMA), and the numbers of the bad ones."""
        keys = rows.with_columns(
            pl.col("run_id").hash(),
            pl.col("payload").hash().alias("payload_hash"),
            pl.Series("is_bad", [row in bad for row in range(rows.height)], pl.Boolean),
            (pl.col("seq") > since.seq).alias("is_new"),
        )
        self.frames.append(keys.select(KEYS.names()))

    @property
    def keys(self) -> pl.DataFrame:
        """One row a landed row, see KEYS."""
        return pl.concat(self.frames) if self.frames else KEYS.to_frame()

    def passing(self, ids: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Version and sequence number of the newest row that passes, of those of `ids` that have one."""
        wanted = pl.Series("ids", list(ids), pl.String)
        good = self.keys.filter(~pl.col("is_bad") & pl.col("id").is_in(wanted.implode())).sort("version", "seq")
        return {id: (version, seq) for id, version, seq in good.select("id", "version", "seq").iter_rows()}

    def contradicted(self) -> pl.DataFrame:
        """Good rows that the same pull delivered again later, with the same id and version and other contents.

        The last one counts, as in staging. Identical repeats and older versions are no matter.
        """
        good = self.keys.filter(pl.col("is_new") & ~pl.col("is_bad"))
        good = good.filter(pl.col("id").is_duplicated())
        last = _newest(good).select("id", "version", "run_id", pl.col("payload_hash").alias("last_hash"))
        same = good.join(last, on=["id", "version", "run_id"])
        return same.filter(pl.col("payload_hash") != pl.col("last_hash")).sort("seq")

    def measures(self, min_rows: int, snapshot: int | None, before: int | None) -> pl.DataFrame:
        """One row for the batch suite to judge; null where a measure does not apply.

        A share of fewer than `min_rows` rows says nothing.

        `snapshot` is the number of rows of the newest full snapshot in the batch, `before` that of the
        accepted one before it. The bad among them are the newest versions that break a rule, and the rows
        that another one contradicts.
        """
        keys = self.keys.filter("is_new")
        newest = _newest(keys)
        contradicted = self.contradicted().height
        judged, bad = newest.height + contradicted, int(newest["is_bad"].sum()) + contradicted
        shrunk = round(1 - snapshot / before, 4) if snapshot is not None and before else None
        return pl.DataFrame(
            {
                "rows": [float(keys.height)],
                "bad_share": [round(bad / judged, 4) if judged >= min_rows else None],
                "snapshot_rows": [None if snapshot is None else float(snapshot)],
                "shrink_share": [shrunk],
            },
            schema=MEASURES,
        )


MEASURES = pl.Schema({name: pl.Float64() for name in ("rows", "bad_share", "snapshot_rows", "shrink_share")})


def _newest(keys: pl.DataFrame) -> pl.DataFrame:
    """The newest row of each id. Most ids are there once: only the others are sorted, which takes memory."""
    is_repeated = keys["id"].is_duplicated()
    last = keys.filter(is_repeated).sort("version", "pulled_at", "seq").unique("id", keep="last", maintain_order=True)
    return pl.concat([keys.filter(~is_repeated), last])


def chunks(store: Store, source: str, stream: str, since: Accepted, also: Iterable[int] = ()) -> Iterator[pl.DataFrame]:
    """Rows landed after `since`, and those with the sequence numbers `also`, at most CHUNK_ROWS at a time.

    Compaction renumbers commits and keeps sequence numbers, so rows are told by the latter.
    """
    wanted = pl.Series("also", list(also), pl.Int64)
    held: list[pl.DataFrame] = []
    for path in store.files(source, stream, -1 if wanted.len() else since.commit):
        with store.fs.open(path, "rb") as handle:
            for piece in pq.ParquetFile(handle).iter_batches(batch_size=CHUNK_ROWS):
                frame = pl.DataFrame(pl.from_arrow(piece))
                frame = frame.filter((pl.col("seq") > since.seq) | pl.col("seq").is_in(wanted.implode()))
                if sum(f.height for f in held) + frame.height > CHUNK_ROWS:
                    yield pl.concat(held)
                    held = []
                held += [frame] if frame.height else []
    if held:
        yield pl.concat(held)


def snapshot_sizes(commits: list[Commit], since: Accepted) -> tuple[int | None, int | None]:
    """Rows of the newest full snapshot that is not accepted yet, and of the one before it. None: there is none."""
    new = [c for c in commits if c.number > since.commit and c.extra.get("snapshot")]
    if not new:
        return None, None
    rows = new[-1].extra.get("rows")
    before = since.snapshot_rows if since.snapshot_rows is not None else new[0].extra.get("previous_rows")
    return (new[-1].rows if rows is None else int(rows)), before
