"""Every document we send validates against Linear's own schema."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from flows.push.linear_documents import ALL

SPECS = os.environ.get("GROUNDSWELL_SPECS")
pytestmark = pytest.mark.skipif(not SPECS, reason="GROUNDSWELL_SPECS does not name the vendors' descriptions")


@cache
def schema() -> GraphQLSchema:
    return build_schema(Path(SPECS or "", "linear-schema.graphql").read_text())


def test_there_are_documents() -> None:
    assert len(ALL) >= 10


@pytest.mark.parametrize("name", ALL)
def test_a_document_of_ours_is_valid(name: str) -> None:
    assert validate(schema(), parse(ALL[name])) == []
