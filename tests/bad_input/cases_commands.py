# ruff: noqa: E501  (one case a line)
"""Commands that cannot be done: wrong usage ends with 2, what is not there or not possible with 1."""

from __future__ import annotations

from cases import Case


def _usage(name: str, command: str, says: str) -> Case:
    return Case(name, {"command": command, "code": 2}, says, "refused")


def _told(name: str, command: str, says: str, *, toml: str | None = None) -> Case:
    """`toml` is the whole configuration; "" is none at all, None is one with the source `desk`."""
    return Case(name, {"command": command, "code": 1, "toml": toml}, says, "refused")


USAGE = [
    _usage("a misspelt command", "docter", "No such command 'docter'. Did you mean 'doctor'?"),
    _usage("a command that is unknown", "frobnicate", "No such command 'frobnicate'."),
    _usage("a misspelt command of the sandbox", "sandbox serv", "No such command 'serv'. Did you mean 'serve'?"),
    _usage("a misspelt option before the command", "--hom x doctor", "No such option: --hom (Possible options: --home)"),
    _usage("a misspelt option", "run --sorce desk", "No such option: --sorce (Possible options: --send, --source)"),
    _usage("a misspelt switch", "doctor --freshnes", "No such option: --freshnes (Possible options: --freshness)"),
    _usage("an option without its value", "run --source", "Option '--source' requires an argument."),
    _usage("one argument too many", "run hourly nightly", "Got unexpected extra argument(s) (nightly)"),
    _usage("explain without a key", "explain", "Missing argument 'key'."),
    _usage("mute without a key", "mute", "Missing argument 'key'."),
    _usage("a format that is unknown", "findings --format csv", "Invalid value for '--format': Value error, 'csv' is not one of 'table', 'json'."),
    _usage("a port of words", "dashboards --port eighty", "Invalid value for '--port': Input should be a valid integer"),
    _usage("a port beyond the last", "dashboards --port 99999", "Invalid value for '--port': Input should be less than or equal to 65535"),
    _usage("no port", "sandbox serve --port 0", "Invalid value for '--port': Input should be greater than or equal to 1"),
    _usage("a demo of no month", "demo --months 0", "Invalid value for '--months': Input should be greater than or equal to 1"),
    _usage("a demo of less than no ticket", "demo --size -5", "Invalid value for '--size': Input should be greater than or equal to 1"),
    _usage("a seed of words", "demo --seed lucky", "Invalid value for '--seed': Input should be a valid integer"),
]  # fmt: skip

TOLD = [
    _told("a flow that is unknown", "run weekly", "no flow is called 'weekly'. There are: hourly, nightly. Backfill is a command of its own."),
    _told("a misspelt flow", "run nighly", "no flow is called 'nighly'. Did you mean 'nightly'?"),
    _told("backfill as a flow", "run backfill", "no flow is called 'backfill'. There are: hourly, nightly. Backfill is a command of its own."),
    _told("a misspelt stage", "run --stage enrch", "no stage is called 'enrch'. Did you mean 'enrich'?"),
    _told("a stage that is unknown", "run --stage dance", "no stage is called 'dance'. There are: pull, validate, stage, learn, enrich, judge, push, show, compact."),
    _told("a stage without a name", "run --stage ''", "no stage is called ''. There are: pull,"),
    _told("a misspelt source", "run --source dsk", "no source is called 'dsk'. Did you mean 'desk'?"),
    _told("a source that is unknown", "run --source crm", "no source is called 'crm'. There are: desk."),
    _told("a misspelt source of a stage", "run --stage pull --source dsk", "no source is called 'dsk'. Did you mean 'desk'?"),
    _told("a misspelt source of a backfill", "backfill --source dsk", "no source is called 'dsk'. Did you mean 'desk'?"),
    _told("a destination as a source", "run --source linear", "no source is called 'linear'. There are: desk."),
    _told("a moment in words", "run --now yesterday", "--now 'yesterday' is no moment. Write it in ISO 8601, like 2025-01-31T09:30:00Z."),
    _told("a moment that is empty", "run --now ''", "--now '' is no moment. Write it in ISO 8601,"),
    _told("a month that does not exist", "run --now 2025-13-01", "--now '2025-13-01' is no moment. Write it in ISO 8601,"),
    _told("a moment of a backfill in words", "backfill --now soon", "--now 'soon' is no moment. Write it in ISO 8601,"),
    _told("a beginning in words", "backfill --since 'last week'", "since 'last week' is no date: write it like 2025-01-31 or 2025-01-31T09:30:00Z"),
    _told("a beginning that is empty", "backfill --since ''", "since '' is no date: write it like 2025-01-31"),
    _told("a day that does not exist", "backfill --since 2025-02-30", "since '2025-02-30' is no date: write it like 2025-01-31"),
    _told("a run without a source", "run", "no source is configured. Add a [sources.<name>] table to groundswell.toml.", toml=""),
    _told("a night without a source", "run nightly", "no source is configured. Add a [sources.<name>] table to groundswell.toml.", toml=""),
    _told("a backfill without a source", "backfill", "no source is configured. Add a [sources.<name>] table to groundswell.toml.", toml=""),
    _told("a doctor without a source", "doctor", "fail sources none configured. Add a [sources.<name>] table to groundswell.toml", toml=""),
    _told("findings before the first run", "findings", "nothing has been published in .groundswell/serving yet. Run `groundswell backfill`, or `make demo` for the simulated company."),
    _told("accounts before the first run", "accounts Acme", "nothing has been published in .groundswell/serving yet. Run `groundswell backfill`,"),
    _told("an explanation before the first run", "explain bug-1", "nothing has been published in .groundswell/serving yet. Run `groundswell backfill`,"),
    _told("a score without the simulated company", "score", "truth.json is not there. Only the simulated company has a known truth: run `make demo` first."),
    _told("freshness before the first run", "doctor --freshness", "last completed run: never (limit 2) desk: never pulled"),
    _told("a file that is there already", "init", "groundswell.toml is already there. Edit it, or overwrite it with --force."),
    _told("a home that is a file", "--home file run --stage pull", "the folder file cannot be made: a file stands there. Name another with --home, or home in groundswell.toml."),
    _told("a home below a file", "--home file/data run --stage pull", "the folder file/data cannot be made: a file stands there. Name another with --home,"),
    _told("a home where nothing can be made", "--home /proc/nothing run --stage pull", "the folder /proc/nothing cannot be made: No such file or directory. Name another with --home,"),
    _told("a home without a name", "--home '' run --stage pull", "--home names no folder. Leave it out for .groundswell."),
    _told("a doctor of a home that is a file", "--home file doctor", "fail home the folder file cannot be made: a file stands there. Name another with --home,"),
    _told("a landing zone that is a file", "run --stage pull", "file cannot be used: ", toml='landing_url = "file"'),
    _told("a journal below a file", "run --stage pull", "file/journal cannot be used: Not a directory. Check home, landing_url and journal_url, and who may write there.", toml='journal_url = "file/journal"'),
    _told("a landing zone that needs what is not installed", "run --stage pull", "s3://bucket/landing cannot be opened here: Install s3fs to access S3.", toml='landing_url = "s3://bucket/landing"'),
    _told("a clock in words", "run --stage pull", "clock 'noon' gives no time (Invalid isoformat string: 'noon'). Set clock to 'system', to an ISO 8601 time, or start the sandbox that serves it.", toml='clock = "noon"'),
    _told("a clock that does not answer", "run --stage pull", "clock 'http://127.0.0.1:9/clock' gives no time (<urlopen error [Errno 111] Connection refused>). Set clock to 'system',", toml='clock = "http://127.0.0.1:9/clock"'),
    _told("a finding to mute that is unknown", "mute churn-0000", "no finding is known as 'churn-0000'. `groundswell findings` lists them."),
    _told("a misspelt finding to mute", "mute bug-4f2a91c", "no finding is known as 'bug-4f2a91c'. Did you mean 'bug-4f2a91c8'? `groundswell findings` lists them."),
    _told("a misspelt finding to explain", "--home published explain bug-4f2a91c", "nothing is known as 'bug-4f2a91c'. Did you mean 'bug-4f2a91c8'?"),
    _told("a ticket to explain that is unknown", "--home published explain desk:404", "nothing is known as 'desk:404'. `groundswell findings` lists finding keys; ticket ids carry their source, such as zendesk:123."),
    _told("a key that would be SQL", "--home published explain \"' or 1=1 --\"", "nothing is known as \"' or 1=1 --\". `groundswell findings` lists finding keys;"),
    _told("a published copy from before findings", "--home published accounts Acme", "the published copy does not hold what is asked for"),
]  # fmt: skip

CASES = [*USAGE, *TOLD]
