-- Grain: as_of x intent x approach: how often what agents did has solved a ticket for good. Definitions: DECISIONLOG.md.
with

paths as (select * from {{ ref('fct_resolution_paths') }} where approach is not null),

-- What is not known yet is left out: a ticket counts once it has stayed solved long enough, or was reopened.
tried as (
    select
        moments.as_of,
        coalesce(paths.intent, 'unknown') as intent,
        paths.approach,
        case
            when paths.reopened_at < paths.solved_at + interval {{ var('resolution_stays_days') }} day then 0 else 1
        end as is_durable
    from {{ source('control', 'as_of') }} as moments
    inner join paths
        on paths.known_at <= moments.as_of
        and (
            paths.solved_at + interval {{ var('resolution_stays_days') }} day <= moments.as_of
            or (paths.reopened_at <= moments.as_of
                and paths.reopened_at < paths.solved_at + interval {{ var('resolution_stays_days') }} day)
        )
),

counted as (
    select as_of, intent, approach, count(*) as tickets, sum(is_durable) as durable
    from tried
    group by as_of, intent, approach
),

final as (
    select
        as_of,
        intent,
        approach,
        cast(tickets as integer) as tickets,
        cast(durable as integer) as durable,
        round(durable * 1.0 / tickets, 4) as durable_share,
        {{ wilson('durable', 'tickets', '-') }} as durable_low,
        {{ wilson('durable', 'tickets', '+') }} as durable_high
    from counted
)

select * from final
