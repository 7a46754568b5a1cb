-- Grain: one row an organization of the helpdesk, with the record that stands for its account.
{{ account_matches(2, ref('int_account_roots_crm')) }}
