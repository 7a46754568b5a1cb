# ruff: noqa: E501  (one case a line)
"""Mistakes in groundswell.toml and in GROUNDSWELL_ variables: all refused, with where, what and what to write."""

from __future__ import annotations

from pathlib import Path

from cases import Case

ZENDESK = '[sources.desk]\ntype = "zendesk"\nbase_url = "https://acme.zendesk.com"\n'
HUBSPOT = '[sources.crm]\ntype = "hubspot"\n'
FILES = '[sources.export]\ntype = "files"\n[sources.export.streams.tickets]\n'
TICKETS = f'{FILES}path = "tickets.csv"\n'
SLACK = '[destinations.slack]\nalerts_channel = "C0ALERTS"\n'


def _refused(name: str, toml: str | bytes, says: str, **env: str) -> Case:
    variables = {f"GROUNDSWELL_{key}": value for key, value in env.items()}
    return Case(name, {"toml": toml, "env": variables}, says, "refused")


KEYS = [
    _refused("a misspelt key at the top", "lock_wait_second = 5", "lock_wait_second: there is no such key. Did you mean 'lock_wait_seconds'?"),
    _refused("a key that is nothing of ours", "colour = 1", "colour: there is no such key. There are: home, clock, landing_url,"),
    _refused("a misspelt table", f"[source.desk]\n{ZENDESK[15:]}", "source: there is no such key. Did you mean 'sources'?"),
    _refused("a misspelt destination", '[destinations.slak]\nalerts_channel = "C0ALERTS"', "destinations.slak: there is no such key. Did you mean 'slack'?"),
    _refused("a destination that is unknown", '[destinations.jira]\nurl = "x"', "destinations.jira: there is no such key. There are: linear, slack."),
    _refused("a misspelt key of Zendesk", f'{ZENDESK}categry_field = "x"', "sources.desk.categry_field: there is no such key. Did you mean 'category_field'?"),
    _refused("a misspelt key of HubSpot", f'{HUBSPOT}tier_feild = "x"', "sources.crm.tier_feild: there is no such key. Did you mean 'tier_field'?"),
    _refused("a misspelt key of Stripe", '[sources.pay]\ntype = "stripe"\nacount_field = "x"', "sources.pay.acount_field: there is no such key. Did you mean 'account_field'?"),
    _refused("a misspelt key of a files source", '[sources.export]\ntype = "files"\nfull_snapshots = true\n[sources.export.streams]', "sources.export.full_snapshots: there is no such key. Did you mean 'full_snapshot'?"),
    _refused("a misspelt key of a stream", f'{TICKETS}colums = {{ id = "x" }}', "sources.export.streams.tickets.colums: there is no such key. Did you mean 'columns'?"),
    _refused("a misspelt key of Linear", '[destinations.linear]\nteam = "ENG"\napi_ulr = "https://x.test"', "destinations.linear.api_ulr: there is no such key. Did you mean 'api_url'?"),
    _refused("a misspelt key of Slack", f'{SLACK}ops_chanel = "C0OPS"', "destinations.slack.ops_chanel: there is no such key. Did you mean 'ops_channel'?"),
    _refused("a stream that is unknown", '[sources.export]\ntype = "files"\n[sources.export.streams.tikets]\npath = "x.csv"', "sources.export.streams.tikets: 'tikets' cannot stand here. Did you mean 'tickets'?"),
    _refused("a key of another type of source", f'{HUBSPOT}since = "2025-01-01"', "sources.crm.since: there is no such key. There are: type, base_url,"),
    _refused("a misspelt source type", '[sources.desk]\ntype = "zendesc"\nbase_url = "https://x.test"', "sources.desk.type: there is no type 'zendesc'. Did you mean 'zendesk'?"),
    _refused("a source type in capitals", '[sources.pay]\ntype = "Stripe"', "sources.pay.type: there is no type 'Stripe'. Did you mean 'stripe'?"),
    _refused("a source type nobody has heard of", '[sources.desk]\ntype = "quux"', "sources.desk.type: there is no type 'quux'. There are: zendesk, hubspot, stripe, files."),
    _refused("a source type that is a number", "[sources.desk]\ntype = 3", "sources.desk.type: there is no type '3'. There are: zendesk, hubspot, stripe, files."),
    _refused("a source without a type", '[sources.desk]\nbase_url = "https://x.test"', "sources.desk.type: is missing. There are: zendesk, hubspot, stripe, files."),
    _refused("Zendesk without its address", '[sources.desk]\ntype = "zendesk"', 'sources.desk.base_url: is missing. Write it like base_url = "https://yourcompany.zendesk.com"'),
    _refused("a files source without streams", '[sources.export]\ntype = "files"', "sources.export.streams: is missing. Write it like [sources.<name>.streams.tickets]"),
    _refused("a stream without its path", FILES, 'sources.export.streams.tickets.path: is missing. Write it like path = "exports/tickets.csv"'),
    _refused("Linear without its team", "[destinations.linear]", 'destinations.linear.team: is missing. Write it like team = "ENG"'),
    _refused("Slack without its channel", "[destinations.slack]", 'destinations.slack.alerts_channel: is missing. Write it like alerts_channel = "C0123456789"'),
    _refused("a secret in the file", f'{ZENDESK}api_token = "canary-4711"', "sources.desk.api_token: secrets are read from the environment alone. Take it out, and say: export GROUNDSWELL_DESK_API_TOKEN=..."),
    _refused("a secret in the file, misspelt", f'{SLACK}bottoken = "canary-4711"', "destinations.slack.bottoken: secrets are read from the environment alone. Take it out, and say: export GROUNDSWELL_SLACK_BOT_TOKEN=..."),
    _refused("two mistakes at once", f'homr = "x"\n{HUBSPOT}tier_feild = "x"', "sources.crm.tier_feild: there is no such key. Did you mean 'tier_field'? homr: there is no such key. Did you mean 'home'?"),
]  # fmt: skip

TYPES = [
    _refused("text for a number", 'lock_wait_seconds = "soon"', "groundswell.toml is not usable: lock_wait_seconds: must be a number, not 'soon'"),
    _refused("text for a whole number", f'{ZENDESK}requests_per_minute = "many"', "sources.desk.requests_per_minute: must be a whole number, not 'many'"),
    _refused("a fraction for a whole number", "keep_serving_copies = 2.5", "keep_serving_copies: must be a whole number, not 2.5"),
    _refused("truth for a number", f"{ZENDESK}requests_per_minute = true", "sources.desk.requests_per_minute: must be a number, not true"),
    _refused("a number for text", '[destinations.linear]\nteam = 7', "destinations.linear.team: must be text in quotes, not 7"),
    _refused("a number for a path", f"{FILES}path = 7", "sources.export.streams.tickets.path: must be text in quotes, not 7"),
    _refused("text for truth", 'dry_run = "perhaps"', "dry_run: must be true or false, not 'perhaps'"),
    _refused("a number for truth", "dry_run = 7", "dry_run: must be true or false, not 7"),
    _refused("a list for text", f'{ZENDESK}category_field = ["a", "b"]', "sources.desk.category_field: must be text in quotes, not a list"),
    _refused("a table for text", f'{HUBSPOT}tier_field = {{ a = 1 }}', "sources.crm.tier_field: must be text in quotes, not a table"),
    _refused("text for a table", 'sources = "zendesk"', "sources: must be a table, not 'zendesk'"),
    _refused("a number for a source", "[sources]\ndesk = 3", "sources.desk: must be a table, not 3"),
    _refused("text for a destination", '[destinations]\nlinear = "ENG"', "destinations.linear: must be a table, not 'ENG'"),
    _refused("a list of sources", '[[sources]]\ntype = "stripe"', "sources: must be a table, not a list"),
    _refused("a list for a mapping", f'{TICKETS}columns = ["id"]', "sources.export.streams.tickets.columns: must be a table, not a list"),
    _refused("a number in a mapping", f"{TICKETS}columns = {{ id = 3 }}", "sources.export.streams.tickets.columns.id: must be text in quotes, not 3"),
    _refused("truth as a constant", f"{TICKETS}constants = {{ is_spam = true }}", "sources.export.streams.tickets.constants.is_spam: must be text in quotes, not true"),
    _refused("a number to filter by", f"{TICKETS}filter = {{ Year = 2025 }}", "sources.export.streams.tickets.filter.Year: must be text in quotes, not 2025"),
    _refused("values that are no table", f'{TICKETS}values = {{ status = "solved" }}', "sources.export.streams.tickets.values.status: must be a table, not 'solved'"),
    _refused("a format that is not read", f'{TICKETS}format = "xls"', "sources.export.streams.tickets.format: 'xls' cannot stand here. There are: csv, jsonl, parquet."),
    _refused("a secret where a number belongs", f'{ZENDESK}requests_per_minute = "sk_live_canary4711canary4711"', "sources.desk.requests_per_minute: must be a whole number, not '[token-"),
]  # fmt: skip

VALUES = [
    _refused("no request a minute", f"{ZENDESK}requests_per_minute = 0", "sources.desk.requests_per_minute: must be at least 1, not 0"),
    _refused("less than no search a second", f"{HUBSPOT}search_requests_per_second = -4", "sources.crm.search_requests_per_second: must be at least 1, not -4"),
    _refused("no copy to keep", "keep_serving_copies = 0", "keep_serving_copies: must be at least 1, not 0"),
    _refused("raw data for no day", "keep_raw_days = 0", "keep_raw_days: must be at least 1, not 0"),
    _refused("a wait below nothing", "lock_wait_seconds = -1", "lock_wait_seconds: must be at least 0, not -1"),
    _refused("a wait without an end", "lock_wait_seconds = inf", "lock_wait_seconds: must be a number that has an end, not inf"),
    _refused("late after no time", f"{ZENDESK}late_after_hours = 0", "sources.desk.late_after_hours: must be more than 0, not 0"),
    _refused("late after nan", f"{ZENDESK}late_after_hours = nan", "sources.desk.late_after_hours: must be more than 0, not nan"),
    _refused("a share above one", f"{ZENDESK}max_bad_share = 20", "sources.desk.max_bad_share: must be at most 1, not 20"),
    _refused("a share below nothing", f"{ZENDESK}max_bad_share = -0.1", "sources.desk.max_bad_share: must be at least 0, not -0.1"),
    _refused("an empty team", '[destinations.linear]\nteam = ""', "destinations.linear.team: must not be empty"),
    _refused("an empty property", f'{HUBSPOT}segment_field = ""', "sources.crm.segment_field: must not be empty"),
    _refused("an empty home", 'home = ""', "home: must name a file or folder"),
    _refused("a home of nobody", 'home = "~nobody-of-this-name/data"', "home: '~nobody-of-this-name/data' begins with the home of a user that does not exist"),
    _refused("a path with a null", f'{FILES}path = "a\\u0000b"', "sources.export.streams.tickets.path: must name a file or folder"),
    _refused("an address without https", '[sources.desk]\ntype = "zendesk"\nbase_url = "acme.zendesk.com"', "sources.desk.base_url: must be a web address that begins with https://, not 'acme.zendesk.com'"),
    _refused("an address of another kind", '[sources.desk]\ntype = "zendesk"\nbase_url = "ftp://acme.test"', "sources.desk.base_url: must be a web address that begins with https://, not 'ftp://acme.test'"),
    _refused("an address with a space", '[sources.desk]\ntype = "zendesk"\nbase_url = "https://acme .test"', "sources.desk.base_url: must be a web address that begins with https://, not 'https://acme .test'"),
    _refused("an address with a port of letters", '[sources.desk]\ntype = "zendesk"\nbase_url = "https://acme.test:port"', "sources.desk.base_url: is no web address (Port could not be cast to integer value as 'port')"),
    _refused("an address with a password", '[sources.desk]\ntype = "zendesk"\nbase_url = "https://me:canary-4711@acme.test"', "sources.desk.base_url: must hold no user and no password: secrets stand in the environment alone"),
    _refused("an address with a question", '[sources.desk]\ntype = "zendesk"\nbase_url = "https://acme.test/?key=canary-4711"', "sources.desk.base_url: must end before its ? or #: Groundswell adds the rest itself"),
    _refused("a channel by its name", '[destinations.slack]\nalerts_channel = "#alerts"', "destinations.slack.alerts_channel: must be a channel's id such as C0123456789 (channel details, at the bottom), not '#alerts'"),
    _refused("a date in words", f'{ZENDESK}since = "last week"', "sources.desk.since: 'last week' is no date: write it like 2025-01-31 or 2025-01-31T09:30:00Z"),
    _refused("a day that does not exist", f'{ZENDESK}since = "2025-02-30"', "sources.desk.since: '2025-02-30' is no date: write it like 2025-01-31"),
    _refused("a zone that does not exist", f'{ZENDESK}since = "2025-01-31T09:30:00 Europe/Nowhere"', "sources.desk.since: '2025-01-31T09:30:00 Europe/Nowhere' is no date: write it like"),
    _refused("an offset beyond a day", f'{ZENDESK}since = "2025-01-31T09:30:00+99:00"', "sources.desk.since: '2025-01-31T09:30:00+99:00' is no date: write it like"),
    _refused("a time without a day", f"{ZENDESK}since = 09:30:00", "sources.desk.since: must be text in quotes, not the date or time 09:30:00"),
    _refused("a landing zone of no known kind", 'landing_url = "gcss://bucket/landing"', "landing_url: gcss:// is no kind of place we know. Did you mean 'gcs'?"),
    _refused("a home with a quote", 'home = "it\'s data"', "it's data holds ', which SQL takes for a pattern or a quote: name another place"),
    _refused("a home like a pattern", 'home = "data[1]"', "data[1] holds [ ], which SQL takes for a pattern or a quote: name another place"),
    _refused("a landing zone like a pattern", 'landing_url = "memory://landing/*"', "landing_url: memory://landing/* holds *, which SQL takes for a pattern or a quote: name another place"),
    _refused("both stores in one place", 'landing_url = "data/all"\njournal_url = "data/all/"', "journal_url: must not be the place of landing_url: the two are different stores"),
    _refused("a source with a name of ours", '[sources.journal]\ntype = "stripe"', "sources: a source cannot be called 'journal': Groundswell uses that name itself"),
    _refused("a source named like a way out", '[sources."../evil"]\ntype = "stripe"', "sources: a source cannot be called '../evil': use letters, digits, - and _, at most 64"),
    _refused("a source named like a folder", '[sources."a/b"]\ntype = "stripe"', "sources: a source cannot be called 'a/b': use letters, digits, - and _, at most 64"),
    _refused("a source named like an option", '[sources.--source]\ntype = "stripe"', "sources: a source cannot be called '--source': use letters, digits, - and _, at most 64"),
    _refused("a source without a name", '[sources.""]\ntype = "stripe"', "sources: a source cannot be called '': use letters, digits, - and _, at most 64"),
    _refused("a source with a name too long for a folder", f'[sources.{"a" * 65}]\ntype = "stripe"', "use letters, digits, - and _, at most 64"),
    _refused("two sources that differ by case alone", f'{HUBSPOT}[sources.CRM]\ntype = "stripe"', "sources: 'crm' and 'CRM' would share their secrets: rename one of these sources"),
    _refused("two sources that differ by a dash alone", '[sources.a-b]\ntype = "stripe"\n[sources.a_b]\ntype = "stripe"', "sources: 'a-b' and 'a_b' would share their secrets: rename one of these sources"),
]  # fmt: skip

FILE = [
    _refused("two sources of one name", f"{HUBSPOT}{HUBSPOT}", "groundswell.toml cannot be read: Cannot declare ('sources', 'crm') twice (at line 3, column 13). It is no TOML there: text stands in quotes, a table begins with [name], and each key stands once."),
    _refused("a key twice", 'home = "a"\nhome = "b"', "groundswell.toml cannot be read: Cannot overwrite a value (at end of document). It is no TOML there:"),
    _refused("text without quotes", "home = data", "groundswell.toml cannot be read: Invalid value (at line 1, column 8). It is no TOML there: text stands in quotes,"),
    _refused("a key without a value", "\n\nhome =\n", "groundswell.toml cannot be read: Invalid value (at line 3, column 7)"),
    _refused("a table that is not closed", "[sources.desk\n", "groundswell.toml cannot be read: Expected ']' at the end of a table declaration (at line 1, column 14)"),
    _refused("text that is not closed", '\nhome = "data\n', "groundswell.toml cannot be read: Illegal character '\\n' (at line 2, column 13)"),
    _refused("YAML", "sources:\n  desk:\n", "groundswell.toml cannot be read: Expected '=' after a key in a key/value pair (at line 1, column 8)"),
    _refused("JSON", '{"sources": {}}', "groundswell.toml cannot be read: Invalid statement (at line 1, column 1)"),
    _refused("Latin-1", '# Geschäftsstelle\nhome = "Büro"'.encode("latin-1"), "groundswell.toml line 1: byte 0xe4 is not UTF-8. Save it as UTF-8."),
    _refused("UTF-16", 'home = "x"'.encode("utf-16"), "groundswell.toml line 1: byte 0xff is not UTF-8. Save it as UTF-8."),
    _refused("a picture", b"\x89PNG\r\n\x1a\n\x00", "groundswell.toml line 1: byte 0x89 is not UTF-8. Save it as UTF-8."),
]  # fmt: skip

ENVIRONMENT = [
    _refused("a variable with text for a number", "", "the environment is not usable: GROUNDSWELL_LOCK_WAIT_SECONDS: must be a number, not 'soon'", LOCK_WAIT_SECONDS="soon"),
    _refused("a variable with text for truth", "", "the environment is not usable: GROUNDSWELL_DRY_RUN: must be true or false, not 'perhaps'", DRY_RUN="perhaps"),
    _refused("a variable with a fraction", "", "GROUNDSWELL_KEEP_SERVING_COPIES: must be a whole number, not '2.5'", KEEP_SERVING_COPIES="2.5"),
    _refused("a variable out of range", "", "GROUNDSWELL_KEEP_RAW_DAYS: must be at least 1, not", KEEP_RAW_DAYS="0"),
    _refused("a variable that is no address", "", "GROUNDSWELL_DASHBOARD_URL: must be a web address that begins with https://, not 'dashboard'", DASHBOARD_URL="dashboard"),
    _refused("a variable of a table with a wrong value", ZENDESK, "GROUNDSWELL_SOURCES__DESK__SINCE: 'yesterday' is no date: write it like 2025-01-31", SOURCES__DESK__SINCE="yesterday"),
    _refused("a variable of a table with a misspelt key", '[destinations.linear]\nteam = "ENG"', "GROUNDSWELL_DESTINATIONS__LINEAR__TEEM: there is no such key. Did you mean 'team'?", DESTINATIONS__LINEAR__TEEM="OPS"),
    _refused("a variable of a destination that is unknown", "", "destinations.slak (GROUNDSWELL_DESTINATIONS__SLAK__OPS_CHANNEL is set): there is no such key. Did you mean 'slack'?", DESTINATIONS__SLAK__OPS_CHANNEL="C0OPS"),
    _refused("a variable that is half a source", "", "sources.desk.type (GROUNDSWELL_SOURCES__DESK__BASE_URL is set): is missing. There are: zendesk, hubspot, stripe, files.", SOURCES__DESK__BASE_URL="https://x.test"),
    _refused("a variable that stands for all sources and is no JSON", "", "GROUNDSWELL_SOURCES is no JSON object. Better write its tables into groundswell.toml.", SOURCES="desk"),
    _refused("a file and a variable wrong at once", "homr = 1", "groundswell.toml is not usable: GROUNDSWELL_DRY_RUN: must be true or false, not 'perhaps' homr: there is no such key. Did you mean 'home'?", DRY_RUN="perhaps"),
    _refused("a configuration that is not there", "", "GROUNDSWELL_CONFIG names nowhere.toml, which is not a file", CONFIG="nowhere.toml"),
    _refused("a configuration that is a folder", "", "GROUNDSWELL_CONFIG names /, which is not a file", CONFIG="/"),
]  # fmt: skip


def _taken(name: str, toml: str | bytes, key: str, value: object, **env: str) -> Case:
    variables = {f"GROUNDSWELL_{key}": value for key, value in env.items()}
    return Case(name, {"toml": toml, "env": variables, "key": key, "value": value}, "", "taken")


TAKEN = [
    _taken("an empty file", "", "home", Path(".groundswell")),
    _taken("a file of comments alone", "# nothing yet\n", "lock_wait_seconds", 600.0),
    _taken("a byte-order mark", b"\xef\xbb\xbflock_wait_seconds = 5\n", "lock_wait_seconds", 5.0),
    _taken("line ends of Windows", b"lock_wait_seconds = 5\r\ndry_run = true\r\n", "lock_wait_seconds", 5.0),
    _taken("a number in quotes", 'lock_wait_seconds = "5"', "lock_wait_seconds", 5.0),
    _taken("truth in quotes", 'dry_run = "true"', "dry_run", True),
    _taken("a key at the top in capitals", "Lock_Wait_Seconds = 5", "lock_wait_seconds", 5.0),
    _taken("a date without quotes", f"{ZENDESK}since = 2025-01-31", "sources.desk.since", "2025-01-31"),
    _taken("a time without quotes", f"{ZENDESK}since = 2025-01-31T09:30:00+02:00", "sources.desk.since", "2025-01-31T07:30:00Z"),
    _taken("a clock without quotes", "clock = 2025-01-31T09:30:00Z", "clock", "2025-01-31T09:30:00Z"),
    _taken("a home that begins with ~", 'home = "~/data"', "home", Path.home() / "data"),
    _taken("a store that begins with ~", 'landing_url = "~/landing"', "landing_url", str(Path.home() / "landing")),
    _taken("a variable that is empty", "lock_wait_seconds = 5", "lock_wait_seconds", 5.0, LOCK_WAIT_SECONDS=""),
    _taken("a home that begins with ~ in a variable", "", "home", Path.home() / "data", HOME="~/data"),
]  # fmt: skip

CASES = [*KEYS, *TYPES, *VALUES, *FILE, *ENVIRONMENT, *TAKEN]
