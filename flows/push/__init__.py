"""Applies publish rows to Linear and Slack, once each. Decides nothing."""
