"""A small serving copy for the dashboards' tests: the marts' columns, filled with a made-up quarter.

Deterministic. Some texts are hostile, as ticket text may be. `python serving_copy.py HOME` writes one to look at.
"""

from __future__ import annotations

import json
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import serving_accounts

from flows.settings import Settings

NOW = datetime(2026, 7, 1, 12)
DAYS = 90
EVIL = "<script>alert(1)</script> [click](http://e.vil) ![x](http://e.vil/x.png) :red[red] $x$ **bold** `code` # h"
INTENTS = {
    "bug_report": "Bug report", "how_to": "How-to", "billing_question": "Billing question",
    "invoice_discrepancy": "Invoice discrepancy", "feature_request": "Feature request",
    "login_problem": "Login problem", "outage": "Outage", "cancellation": "Cancellation", "praise": "Praise",
}  # fmt: skip
TOPICS = [
    "Sync stops with SYNC-409", "Export to CSV", "Invoices show VAT twice", "Cannot log in with SSO",
    "Mobile app is slow", "Calendar invites missing", "Search finds nothing", "Webhooks retry for ever",
    "Dark mode wishes", EVIL,
]  # fmt: skip

SCHEMA = """
create schema marts; create schema intermediate; create schema control; create schema seeds; create schema enrich;
create table control.as_of (as_of timestamp);
create table seeds.intents (intent varchar, name varchar, product_area varchar);
create table marts.fct_tickets (
    ticket_id varchar, source varchar, url varchar, title varchar, quote varchar, status varchar, priority varchar,
    channel varchar, category varchar, language varchar, reporter_key varchar, account_key varchar,
    organization_name varchar, intent varchar, intent_confidence double, intent_status varchar, product_area varchar,
    is_bug_like boolean, error_signature varchar, error_code varchar, symptom varchar, release varchar,
    release_source varchar, app_version varchar, page_route varchar, browser varchar, os varchar, topic_id varchar,
    topic_label varchar, sentiment_first double, sentiment_last double, created_at timestamp, known_at timestamp,
    first_reply_at timestamp, first_reply_hours double, agent_replies bigint, resolved_at timestamp,
    resolution_hours double, reopens integer, satisfaction varchar, rated_at timestamp);
create table intermediate.int_ticket_turns (ticket_id varchar, occurred_at timestamp, event_id varchar, turn varchar);
create table marts.fct_ticket_volume_daily (
    dimension varchar, value varchar, day date, tickets bigint, reporters bigint);
create table marts.fct_ticket_kpis_daily (
    day date, tickets_created bigint, first_replies bigint, first_reply_hours_median double, tickets_resolved bigint,
    resolution_hours_median double, reopens bigint, backlog bigint, ratings bigint, good_ratings bigint, csat double);
create table marts.dim_topics (
    topic_id varchar, label varchar, words varchar[], status varchar, born_at timestamp, tickets bigint,
    reporters bigint, tickets_28_days bigint, first_ticket_at timestamp, last_ticket_at timestamp);
create table marts.dim_releases (
    release_id varchar, product varchar, version varchar, released_at timestamp, superseded_at timestamp,
    tickets bigint, reporters bigint, bug_like_tickets bigint);
create table marts.fct_source_freshness (
    source varchar, type varchar, last_pulled_at timestamp, last_ok_at timestamp, hours_since_ok double,
    is_late boolean, is_bad boolean, reason varchar, tickets bigint, newest_ticket_at timestamp);
create table marts.fct_quarantine (
    quarantine_id varchar, source varchar, stream varchar, record_id varchar, suite varchar, rule varchar,
    column_name varchar, value varchar, severity varchar, quarantined_at timestamp);
create table marts.fct_edge_cases (
    ticket_id varchar, source varchar, url varchar, created_at timestamp, title varchar, quote varchar, guess varchar,
    confidence double, second_guess varchar, threshold double, why varchar, category varchar, has_category boolean);
create table marts.fct_context_coverage (
    week date, context varchar, tickets bigint, known bigint, share double, is_complete boolean);
create table marts.fct_findings (
    as_of timestamp, finding_key varchar, candidate_key varchar, kind varchar, title varchar, summary varchar,
    state varchar, severity varchar, score double, confidence double, first_seen_at timestamp, last_seen_at timestamp,
    accounts bigint, reporters bigint, tickets bigint, arr decimal(18, 2), currency varchar,
    accounts_without_arr integer, tiers varchar, segment varchar, release varchar,
    suspected_release varchar, tracker_url varchar, tracker_issue_id varchar, owner varchar, episode integer,
    is_muted boolean, is_history boolean, window_start_at timestamp, window_end_at timestamp, observed bigint,
    baseline double, p_value double, reasons json, details json);
create table marts.fct_finding_accounts (
    as_of timestamp, finding_key varchar, account_key varchar, name varchar, tickets integer, tier varchar,
    segment varchar, plan varchar, arr decimal(18, 2), currency varchar, arr_reporting decimal(18, 2),
    owner_name varchar);
create table marts.fct_finding_evidence (
    as_of timestamp, finding_key varchar, ticket_id varchar, reason varchar, strength double, quote varchar,
    url varchar, created_at timestamp, reporter_key varchar);
"""


def settings_for(home: Path) -> Settings:
    return Settings(home=home)


def write(home: Path) -> Path:
    """Write `<home>/serving/current.duckdb` and return it."""
    folder = settings_for(home).serving_dir
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "groundswell-test.duckdb"
    path.unlink(missing_ok=True)
    link = folder / "current.duckdb"
    link.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as con:
        con.execute(SCHEMA + serving_accounts.SCHEMA)
        con.execute("insert into control.as_of values (?)", [NOW])
        con.executemany("insert into seeds.intents values (?, ?, 'product')", list(INTENTS.items()))
        _tickets(con)
        con.execute(_VOLUME)
        con.execute(_KPIS)
        con.execute(_TOPICS)
        _sources(con)
        _findings(con)
        serving_accounts.fill(con, NOW, EVIL)
    link.symlink_to(path.name)
    return link


def _tickets(con: duckdb.DuckDBPyConnection) -> None:
    rng = random.Random(7)
    rows, turns = [], []
    number = 1000
    for day in range(DAYS):
        start = NOW - timedelta(days=DAYS - day)
        weekend = start.weekday() >= 5
        for _ in range(max(3, round(rng.gauss(6 if weekend else 16, 3)))):
            rows.append(_ticket(rng, number, start + timedelta(hours=rng.uniform(0, 24)), None))
            number += 1
        if day >= DAYS - 3:
            for _ in range(9):
                rows.append(_ticket(rng, number, start + timedelta(hours=rng.uniform(0, 24)), 0))
                number += 1
    for row in rows:
        resolved, created = row["resolved_at"], row["created_at"]
        if row["reopens"]:
            middle = created + timedelta(hours=1)
            turns += [(row["ticket_id"], middle, f"{row['ticket_id']}-1", "solved")]
            turns += [(row["ticket_id"], middle + timedelta(hours=2), f"{row['ticket_id']}-2", "reopened")]
        if resolved:
            turns.append((row["ticket_id"], resolved, f"{row['ticket_id']}-3", "solved"))
    names = list(rows[0])
    con.executemany(
        f"insert into marts.fct_tickets ({', '.join(names)}) values ({', '.join('?' * len(names))})",
        [list(row.values()) for row in rows if row["created_at"] <= NOW],
    )
    con.executemany("insert into intermediate.int_ticket_turns values (?, ?, ?, ?)", turns)


def _ticket(rng: random.Random, number: int, created: datetime, topic: int | None) -> dict[str, object]:
    topic = (
        topic if topic is not None else rng.choices([*range(1, len(TOPICS)), None], [9, 7, 6, 5, 4, 3, 3, 2, 2, 8])[0]
    )
    intents = list(INTENTS)
    intent = "bug_report" if topic == 0 else rng.choices([*intents, None], [6, 9, 7, 4, 5, 4, 1, 1, 1, 3])[0]
    replied = created + timedelta(hours=rng.lognormvariate(1, 0.8))
    resolved = replied + timedelta(hours=rng.lognormvariate(2.5, 1.1))
    replied_at = replied if replied <= NOW else None
    resolved_at = resolved if resolved <= NOW and rng.random() < 0.93 else None
    rated = resolved_at if resolved_at and rng.random() < 0.4 else None
    account = rng.randrange(80)
    return {
        "ticket_id": f"zendesk:{number}", "source": "zendesk", "url": f"https://desk.example/agent/tickets/{number}",
        "title": TOPICS[topic] if topic is not None else "A question about my account",
        "quote": {0: "It says SYNC-409 since this morning", len(TOPICS) - 1: EVIL}.get(topic, "Please help"),
        "status": "solved" if resolved_at else "open", "priority": rng.choice(["low", "normal", "high"]),
        "channel": rng.choice(["email", "web", "chat"]), "language": rng.choice(["en", "en", "en", "de", "fr"]),
        "reporter_key": f"org:{account}", "account_key": f"org:{account}", "organization_name": f"Customer {account}",
        "intent": intent, "intent_confidence": round(rng.uniform(0.55, 0.99), 2) if intent else None,
        "intent_status": "predicted" if intent else "abstained", "product_area": "sync" if topic == 0 else "billing",
        "is_bug_like": intent == "bug_report", "error_code": "SYNC-409" if topic == 0 else None,
        "release": "4.12.0" if created > NOW - timedelta(days=3) else "4.11.2", "release_source": "by_date",
        "topic_id": f"t{topic:02d}" if topic is not None else None,
        "topic_label": TOPICS[topic] if topic is not None else None,
        "sentiment_first": round(rng.uniform(-0.8, 0.6), 2), "created_at": created, "known_at": created,
        "first_reply_at": replied_at,
        "first_reply_hours": round((replied - created).total_seconds() / 3600, 2) if replied_at else None,
        "agent_replies": 1 if replied_at else 0, "resolved_at": resolved_at,
        "resolution_hours": round((resolved - created).total_seconds() / 3600, 2) if resolved_at else None,
        "reopens": 1 if resolved_at and rng.random() < 0.07 else 0,
        "satisfaction": rng.choices(["good", "bad"], [9, 2])[0] if rated else None, "rated_at": rated,
    }  # fmt: skip


_VOLUME = """
insert into marts.fct_ticket_volume_daily
with members as (
    select created_at::date as day, ticket_id, reporter_key, unnest([
        {'dimension': 'all', 'value': 'all'},
        {'dimension': 'intent', 'value': coalesce(intent, 'unknown')},
        {'dimension': 'topic', 'value': coalesce(topic_id, 'unknown')},
        {'dimension': 'release', 'value': coalesce(release, 'unknown')}], recursive := true)
    from marts.fct_tickets),
days as (select unnest(generate_series(min(day), max(day), interval 1 day))::date as day from members),
spine as (select * from (select distinct dimension, value from members) cross join days)
select dimension, value, day, count(ticket_id), count(distinct reporter_key)
from spine left join members using (dimension, value, day) group by all
"""

_KPIS = """
insert into marts.fct_ticket_kpis_daily
with days as (select unnest(generate_series(date '2026-04-02', date '2026-07-01', interval 1 day))::date as day)
select day,
    (select count(*) from marts.fct_tickets where created_at::date = day),
    (select count(*) from marts.fct_tickets where first_reply_at::date = day), 2.0,
    (select count(*) from marts.fct_tickets where resolved_at::date = day), 20.0,
    (select count(*) from intermediate.int_ticket_turns where turn = 'reopened' and occurred_at::date = day),
    (select count(*) from marts.fct_tickets where created_at::date <= day and coalesce(resolved_at::date > day, true)),
    (select count(*) from marts.fct_tickets where rated_at::date = day), 0, 0.9
from days
"""

_TOPICS = """
insert into marts.dim_topics
select topic_id, any_value(topic_label), ['word', 'another'], 'live', min(created_at), count(*),
    count(distinct reporter_key), count(*) filter (created_at > timestamp '2026-06-03 12:00:00'), min(created_at),
    max(created_at)
from marts.fct_tickets where topic_id is not null group by topic_id;
insert into marts.fct_edge_cases
select ticket_id, source, url, created_at, title, quote, 'bug_report', 0.31, 'how_to', 0.55, 'abstained', category,
    hash(ticket_id) % 3 = 0
from marts.fct_tickets where intent is null;
insert into marts.dim_releases values
    ('r1', 'desktop', '4.11.2', '2026-06-02', '2026-06-28 14:00:00', 100, 80, 20),
    ('r2', 'desktop', '4.12.0', '2026-06-28 14:00:00', null, 60, 50, 30);
"""


def _sources(con: duckdb.DuckDBPyConnection) -> None:
    fresh, old = NOW - timedelta(minutes=12), NOW - timedelta(hours=9)
    con.executemany(
        "insert into marts.fct_source_freshness values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            ("zendesk", "zendesk", fresh, fresh, 0.2, False, False, None, 1400, fresh),
            ("releases", "files", NOW, old, 9.0, True, False, "the file could not be read", 0, None),
        ],
    )
    con.executemany(
        "insert into marts.fct_quarantine values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                f"zendesk/tickets/{n}/1",
                "zendesk",
                "tickets",
                str(n),
                "raw/zendesk/tickets",
                rule,
                column,
                value,
                "critical",
                fresh,
            )
            for n, rule, column, value in (
                (9001, "expect_column_values_to_not_be_null", "created_at", None),
                (9002, "expect_column_values_to_be_in_set", "status", EVIL),
                (9003, "expect_column_values_to_be_in_set", "status", "frozen"),
            )
        ],
    )
    con.execute(
        "insert into marts.fct_context_coverage"
        " select date '2026-06-29' - 7 * w::integer, c, 100, k - w, (k - w) / 100.0, w > 0 from range(14) weeks(w),"
        " (values ('account', 93), ('plan', 80), ('page', 20), ('release', 100), ('intent', 94)) contexts(c, k)"
    )


_ACCOUNTS = f"""
insert into marts.fct_finding_accounts
with members as (
    select t.account_key, any_value(t.organization_name) as name, count(*) as tickets,
        cast(split_part(t.account_key, ':', 2) as integer) as n
    from marts.fct_finding_evidence as e inner join marts.fct_tickets as t using (ticket_id)
    where e.finding_key = $key and e.as_of = $at group by t.account_key),
paying as (select *, case when n % 4 <> 0 then n * 1000 + 0.5 end as pays from members)
select $at, $key, account_key, case when n % 7 = 0 then '{EVIL}' else name end, tickets,
    ['enterprise', 'business', null][n % 3 + 1], 'retail', 'Pro', pays, case when pays is not null then 'usd' end, pays,
    'Mira Okafor'
from paying
"""

_STAKE = """
select sum(arr_reporting) as arr, any_value(currency) as currency,
    count(*) - count(arr_reporting) as accounts_without_arr, 'retail' as segment,
    (select cast(json_group_object(tier, n) as varchar) from (
        select coalesce(tier, 'unknown') as tier, count(*) as n from marts.fct_finding_accounts
        where finding_key = $finding_key and as_of = $at group by all)) as tiers
from marts.fct_finding_accounts where finding_key = $finding_key and as_of = $at
"""


def _findings(con: duckdb.DuckDBPyConnection) -> None:
    at = NOW
    tracker = "https://linear.example"
    rows = [
        ("bug-1", "Sync stops with SYNC-409 after 4.12.0", "open", "high", 0.86, 2.5, "4.12.0", f"{tracker}/ENG-12",
         "topic_id = 't00'"),
        ("volume-1", "Billing questions at twice their usual volume", "escalating", "medium", 0.74, 5, None,
         f"{tracker}/ENG-9", "intent = 'billing_question' and created_at > timestamp '2026-06-26'"),
        ("topic-1", EVIL, "emerging", "low", 0.55, 8, None, None,
         "topic_id = 't09' and created_at > timestamp '2026-06-20'"),
        ("bug-2", "Export to CSV leaves out the last column", "resolved", "low", 0.8, 40, "4.11.0", f"{tracker}/ENG-4",
         "topic_id = 't01' and created_at < timestamp '2026-05-10'"),
        ("bug-3", "Muted finding", "open", "low", 0.5, 40, None, None,
         "topic_id = 't08' and created_at > timestamp '2026-06-28'"),
    ]  # fmt: skip
    for key, title, state, severity, confidence, days, release, url, where in rows:
        finding = {
            "finding_key": key, "candidate_key": f"candidate:{key}", "kind": key.split("-")[0], "title": title,
            "summary": f"What happens, in a sentence or two: {title}", "state": state, "severity": severity,
            "score": confidence, "confidence": confidence, "first_seen_at": at - timedelta(days=days),
            "release": release, "suspected_release": release, "tracker_url": url, "owner": "core-team", "episode": 1,
            "is_muted": key == "bug-3", "is_history": False, "window_start_at": at - timedelta(days=1),
            "window_end_at": at, "baseline": 3.2, "p_value": 0.0001,
            "reasons": json.dumps(["9 accounts share one error code", "began within a day of 4.12.0"]),
        }  # fmt: skip
        for as_of in (at - timedelta(hours=1), at):
            con.execute(
                "insert into marts.fct_finding_evidence select ?, ?, ticket_id, 'shares error code SYNC-409', 0.9,"
                f" quote, url, created_at, reporter_key from marts.fct_tickets where {where}",
                [as_of, key],
            )
            con.execute(_ACCOUNTS, {"key": key, "at": as_of})
            con.execute(
                f"""insert into marts.fct_findings by name
                select {", ".join(f"${name} as {name}" for name in finding)}, as_of, max(created_at) as last_seen_at,
                    count(distinct reporter_key) as accounts, count(distinct reporter_key) as reporters,
                    count(*) as tickets, count(*) as observed, stake.*
                from marts.fct_finding_evidence, ({_STAKE}) as stake
                where finding_key = $finding_key and as_of = $at group by all""",
                finding | {"at": as_of},
            )


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
