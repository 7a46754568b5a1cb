-- Grain: one row a finding of the newest moment. $which: live (what people should look at) or all.
select
    finding_key, kind, title, summary, state, severity, score, confidence, first_seen_at, last_seen_at,
    accounts, arr, currency, accounts_without_arr, tiers, segment, reporters, tickets, suspected_release, tracker_url, tracker_issue_id, owner, is_muted,
    state in ('emerging', 'open', 'escalating', 'regressed') and not is_muted and not is_history as is_live
from marts.fct_findings
where as_of = (select max(as_of) from marts.fct_findings)
    and ($which = 'all' or is_live)
order by
    list_position(['critical', 'high', 'medium', 'low'], severity), score desc, finding_key
