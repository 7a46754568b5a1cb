-- Grain: one row a company of the CRM, with the one that stands for its account.
{{ account_matches(1) }}
