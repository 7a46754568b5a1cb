-- Grain: one row a dimension, value and hour of the last days (see below); a quiet hour is a row with 0 tickets.
-- Hours older than hourly_volume_days before the first judged moment are left to the daily table.
{{ ticket_volume('hour', since="judged.first_as_of - interval '" ~ var('hourly_volume_days') ~ "' day") }}
