-- Grain: one row. Of when the page speaks, and what it cannot vouch for.
select
    (select max(as_of) from control.as_of) as as_of,
    (select count(*) from marts.fct_source_freshness where is_late) as late_sources,
    (select count(*) from marts.fct_source_freshness where is_bad) as stopped_sources,
    (select count(*) from marts.fct_quarantine) as quarantined,
    (select count(*) from marts.fct_tickets) as tickets
