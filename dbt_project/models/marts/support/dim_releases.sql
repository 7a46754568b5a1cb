-- Grain: one row a release of a product.
with

releases as (select * from {{ ref('int_releases') }}),

facts as (select * from {{ ref('int_ticket_facts') }}),

counted as (
    select
        release,
        count(*) as tickets,
        count(distinct reporter_key) as reporters,
        sum(case when is_bug_like then 1 else 0 end) as bug_like_tickets
    from facts
    where release is not null
    group by release
),

final as (
    select
        releases.release_id,
        releases.product,
        releases.version,
        releases.released_at,
        lead(releases.released_at) over (order by releases.released_at, releases.version) as superseded_at,
        coalesce(counted.tickets, 0) as tickets,
        coalesce(counted.reporters, 0) as reporters,
        cast(coalesce(counted.bug_like_tickets, 0) as bigint) as bug_like_tickets
    from releases
    left join counted on releases.version = counted.release
)

select * from final
