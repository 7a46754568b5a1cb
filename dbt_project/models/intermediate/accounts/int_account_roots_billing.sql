-- Grain: one row a customer of the billing system, with the record that stands for its account.
{{ account_matches(3, '(select record_id, root from ' ~ ref('int_account_roots_crm') ~ ' union all select record_id, root from ' ~ ref('int_account_roots_helpdesk') ~ ')') }}
