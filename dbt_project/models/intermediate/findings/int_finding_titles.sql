-- Grain: as_of x finding_key (bugs). The subject line that speaks for the finding's tickets: the one whose words come
-- back in most of the other subjects. Two to fourteen words, so that neither "Help" nor a whole mail becomes a title.
with subjects as (
    select distinct members.as_of, members.finding_key, members.ticket_id, facts.title,
        list_distinct(regexp_extract_all(lower(facts.title), '\p{L}{3,}')) as words
    from {{ ref('int_finding_tickets') }} as members
    inner join {{ ref('int_finding_states') }} as findings
        on findings.as_of = members.as_of and findings.finding_key = members.finding_key and findings.kind = 'bug'
    inner join {{ ref('int_ticket_facts') }} as facts on facts.ticket_id = members.ticket_id
    where facts.title is not null
),

words as (
    select as_of, finding_key, ticket_id, unnest(words) as word
    from subjects
    where len(words) between 2 and 14
),

shared as (
    select as_of, finding_key, word, count(*) - 1 as others from words group by all
),

rated as (
    select words.as_of, words.finding_key, words.ticket_id, avg(shared.others) as agreement
    from words
    inner join shared
        on shared.as_of = words.as_of and shared.finding_key = words.finding_key and shared.word = words.word
    group by all
),

final as (
    select rated.as_of, rated.finding_key, subjects.title
    from rated
    inner join subjects
        on subjects.as_of = rated.as_of
        and subjects.finding_key = rated.finding_key
        and subjects.ticket_id = rated.ticket_id
    qualify row_number() over (
        partition by rated.as_of, rated.finding_key
        order by round(rated.agreement, 4) desc, length(subjects.title), subjects.title, rated.ticket_id
    ) = 1
)

select * from final
