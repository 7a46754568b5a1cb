"""A home with a history of any size, written straight into the landing zone.

python -m tests.benchmarks.world --tickets 100000 --home /tmp/large            # once
python -m tests.benchmarks.world --tickets 100000 --home /tmp/large --hour 1   # 1,000 changed tickets on top
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from flows.core.clock import iso
from flows.core.run import Run
from flows.landing.store import Store
from flows.pull.run import pull
from flows.sandbox.bulk import write, write_hour
from flows.sandbox.copies import Copies
from flows.settings import CONFIG_NAME, Settings

CONFIG = """\
home = "{home}"
clock = "{now}"

# Never pulled: what it is said to have sent is in the landing zone.
[sources.zendesk]
type = "zendesk"
base_url = "http://127.0.0.1:9/zendesk"
category_field = "Category"
version_field = "App version"

[sources.releases]
type = "files"
[sources.releases.streams.releases]
path = "{home}/exports/releases.csv"
"""


def make(home: Path, tickets: int, *, seed: int = 7, processes: int = 2) -> dict[str, int]:
    """Write the history and a groundswell.toml that belongs to it. Returns rows by stream."""
    home = home.resolve()
    home.mkdir(parents=True)
    copies = Copies.of(tickets, seed=seed)
    now = copies.company.history_end
    copies.company.write_exports(home / "exports", now)
    (home / CONFIG_NAME).write_text(CONFIG.format(home=home, now=iso(now)))
    rows = write(Store(str(home / "landing")), "zendesk", copies, processes=processes)
    pull(Run.start("backfill", settings_of(home), backfill=True), "releases")
    return rows


def change(home: Path, tickets: int, hour: int, *, changed: int = 1_000, seed: int = 7) -> str:
    """Land what an hour changed on top; the clock of groundswell.toml is moved to its end, which is returned."""
    copies = Copies.of(tickets, seed=seed)
    store = Store(str(home / "landing"))
    moment = iso(write_hour(store, "zendesk", copies, hour, changed=changed))
    path = home.resolve() / CONFIG_NAME
    path.write_text(CONFIG.format(home=home.resolve(), now=moment))
    return moment


def settings_of(home: Path) -> Settings:
    """The settings of a home made here; the environment and other files are not asked."""
    import os

    os.environ["GROUNDSWELL_CONFIG"] = str(home / CONFIG_NAME)
    return Settings()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--hour", type=int, help="land the changes of this hour instead")
    parser.add_argument("--changed", type=int, default=1_000, help="tickets that the hour changes")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    started = time.perf_counter()
    if arguments.hour:
        print("now", change(arguments.home, arguments.tickets, arguments.hour, changed=arguments.changed))
    else:
        for stream, rows in make(arguments.home, arguments.tickets, processes=arguments.processes).items():
            print(f"{stream}: {rows}")
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
