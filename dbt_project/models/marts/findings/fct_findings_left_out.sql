-- Grain: as_of x finding_key. What was found and not said, and which finding says it instead.
with findings as (
    select * from {{ ref('int_finding_words') }}
),

final as (
    select
        findings.as_of,
        findings.finding_key,
        findings.candidate_key,
        findings.kind,
        findings.title,
        findings.state,
        cast(findings.tickets as integer) as tickets,
        cast(findings.reporters as integer) as reporters,
        overlap.explained_by,
        cast(overlap.share as double) as share,
        case overlap.how
            when 'explained' then 'another finding explains these tickets'
            else 'a part of a wave through everything'
        end as reason
    from findings
    inner join {{ ref('int_finding_overlaps') }} as overlap
        on overlap.as_of = findings.as_of and overlap.finding_key = findings.finding_key
)

select * from final
