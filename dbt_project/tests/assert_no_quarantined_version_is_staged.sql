-- A version in quarantine never reaches the models.
with

staged as (
    select source, source_id, seq, 'tickets' as stream from {{ ref('stg_zendesk__tickets') }}
    union all
    select source, source_id, seq, 'ticket_events' from {{ ref('stg_zendesk__ticket_events') }}
    union all
    select source, source_id, seq, 'tickets' from {{ ref('stg_files__tickets') }}
    union all
    select source, source_id, seq, 'messages' from {{ ref('stg_files__messages') }}
)

{% for stream in ['tickets', 'ticket_events', 'messages'] %}
select staged.source, staged.stream, staged.source_id, staged.seq
from staged
inner join ({{ quarantine_entries(stream) }}) as entries
    on staged.source = entries.source and staged.source_id = entries.id and staged.seq = entries.seq
where staged.stream = '{{ stream }}' and entries.status = 'quarantined'
{{ 'union all' if not loop.last }}
{% endfor %}
