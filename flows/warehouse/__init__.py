"""The only place that opens DuckDB: one writer under an OS lock, read-only readers, the serving copy."""
