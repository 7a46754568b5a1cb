"""What every stage may use: clock, errors, keys, the HTTP client, redaction, neutralisation."""
