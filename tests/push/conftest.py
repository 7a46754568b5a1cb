"""Fixtures of the push tests."""

from push_workplace import workplace

__all__ = ["workplace"]
