"""Runs dbt in process, a layer at a time."""
