-- Grain: account x moment at which a customer's message became known and rule C01 held: tickets through which the
-- customer's sentiment falls. A look knows only what was known at it.
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ drop_accounts_changed() }}") }}

with rule as (
    select * from {{ ref('churn_rules') }} where id = 'C01'
),

scored as (
    select account_key, ticket_id, created_at, seen_at, sentiment
    from ({{ accounts_changed(ref('int_churn_messages')) }}) as messages
    where sentiment is not null
),

-- Time in pieces as long as the window: a look is about tickets of its own piece and the one before, and an account with
-- very many tickets is not joined with itself as a whole.
looks as (
    select distinct
        scored.account_key, scored.seen_at as looked_at,
        cast(floor(epoch(scored.seen_at) / 86400 / rule.window_days) as bigint) as piece
    from scored
    cross join rule
),

pieces as (
    select
        scored.*,
        cast(floor(epoch(scored.created_at) / 86400 / rule.window_days) as bigint) + unnest([0, 1]) as piece
    from scored
    cross join rule
),

-- A ticket's score is the mean of its messages that are known at the look.
tickets as (
    select
        looks.account_key, looks.looked_at, pieces.ticket_id, pieces.created_at,
        cast(round(sum(pieces.sentiment) / count(*), 4) as decimal(6, 4)) as sentiment
    from looks
    cross join rule
    inner join pieces
        on pieces.account_key = looks.account_key
        and pieces.piece = looks.piece
        and pieces.seen_at <= looks.looked_at
        and pieces.created_at <= looks.looked_at
        and pieces.created_at > looks.looked_at - to_days(rule.window_days)
    group by all
),

placed as (
    select *, row_number() over (partition by account_key, looked_at order by created_at, ticket_id) as place from tickets
),

-- The straight line through the scores (least squares), taken at the first ticket and at the last.
lines as (
    select
        account_key, looked_at,
        count(*) as tickets,
        min(created_at) as since,
        list(ticket_id order by place) as ticket_ids,
        sum(sentiment) / count(*) as middle,
        (count(*) * sum(place * sentiment) - sum(place) * sum(sentiment))
        / nullif(count(*) * sum(place * place) - sum(place) * sum(place), 0) * (count(*) - 1) as change
    from placed
    group by account_key, looked_at
),

final as (
    select
        lines.account_key, rule.id as rule_id, '' as thread, lines.looked_at, lines.since,
        lines.looked_at + to_days(rule.stays_days) as stands_until,
        lines.ticket_ids, cast([] as varchar[]) as record_ids,
        lines.tickets || ' tickets since ' || {{ day_words('lines.since') }} || ', sentiment from '
        || {{ sentiment_words('lines.middle - lines.change / 2') }}
        || ' to ' || {{ sentiment_words('lines.middle + lines.change / 2') }} as text
    from lines
    cross join rule
    where lines.tickets >= rule.min_count and round(lines.change, 4) <= -rule.threshold
)

select * from final
