"""The sandbox's Linear schema is a part of Linear's own, where that is at hand (GROUNDSWELL_SPECS)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLType,
    build_schema,
    is_specified_scalar_type,
)

from flows.sandbox.linear_resolvers import SCHEMA_PATH

SPECS = os.environ.get("GROUNDSWELL_SPECS", "")
pytestmark = pytest.mark.skipif(not SPECS, reason="GROUNDSWELL_SPECS names no folder of API descriptions")


@pytest.fixture(scope="module")
def real() -> GraphQLSchema:
    return build_schema((Path(SPECS) / "linear-schema.graphql").read_text(), assume_valid=True)


@pytest.fixture(scope="module")
def ours() -> GraphQLSchema:
    return build_schema(SCHEMA_PATH.read_text())


def names(schema: GraphQLSchema) -> list[str]:
    return [n for n, t in schema.type_map.items() if not n.startswith("__") and not is_specified_scalar_type(t)]


def test_every_type_field_and_argument_exists_with_the_same_type(real: GraphQLSchema, ours: GraphQLSchema) -> None:
    wrong = []
    for name in names(ours):
        mine, theirs = ours.type_map[name], real.type_map.get(name)
        if type(mine) is not type(theirs):
            wrong.append(f"{name} is {theirs!r} there")
        elif isinstance(mine, GraphQLEnumType):
            wrong += [f"{name}.{value}" for value in mine.values if value not in theirs.values]
        elif isinstance(mine, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            wrong += differing_fields(name, mine, theirs)
        else:
            assert isinstance(mine, GraphQLScalarType)
    assert wrong == []


def differing_fields(name: str, mine: GraphQLType, theirs: GraphQLType) -> list[str]:
    wrong = []
    for field, definition in mine.fields.items():
        other = theirs.fields.get(field)
        if other is None or str(other.type) != str(definition.type):
            wrong.append(f"{name}.{field}: {definition.type} here, {other and other.type} there")
            continue
        for argument, kind in getattr(definition, "args", {}).items():
            there = other.args.get(argument)
            if there is None or str(there.type) != str(kind.type):
                wrong.append(f"{name}.{field}({argument}): {kind.type} here, {there and there.type} there")
    return wrong


def test_what_linear_requires_is_required_here_too(real: GraphQLSchema, ours: GraphQLSchema) -> None:
    missing = []
    for name in names(ours):
        mine, theirs = ours.type_map[name], real.type_map[name]
        if isinstance(mine, GraphQLInputObjectType):
            required = {f for f, d in theirs.fields.items() if isinstance(d.type, GraphQLNonNull)}
            missing += [f"{name}.{field}" for field in sorted(required - set(mine.fields))]
        elif isinstance(mine, GraphQLObjectType):
            for field, definition in mine.fields.items():
                required = {a for a, d in theirs.fields[field].args.items() if isinstance(d.type, GraphQLNonNull)}
                missing += [f"{name}.{field}({a})" for a in sorted(required - set(definition.args))]
    assert missing == []
