"""Great Expectations on what arrives and what leaves; quarantine."""
