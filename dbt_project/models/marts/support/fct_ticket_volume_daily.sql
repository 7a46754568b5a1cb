-- Grain: one row a dimension, value and day; a quiet day is a row with 0 tickets.
{{ ticket_volume('day') }}
