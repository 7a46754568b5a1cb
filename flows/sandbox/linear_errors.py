"""How Linear says no: GraphQL errors whose `extensions` carry a code, a type and a text for people."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError


def _extensions(code: str, type: str, status: int, text: str) -> dict[str, Any]:
    return {
        "code": code,
        "type": type,
        "statusCode": status,
        "userError": True,
        "userPresentableMessage": text,
    }


def invalid_input(text: str) -> GraphQLError:
    """An argument that Linear refuses."""
    return GraphQLError(
        "Argument Validation Error", extensions=_extensions("INVALID_INPUT", "invalid input", 400, text)
    )


def not_found(entity: str, id: str) -> GraphQLError:
    return GraphQLError(
        f"Entity not found: {entity}",
        extensions=_extensions("INPUT_ERROR", "invalid input", 400, f"Could not find {entity} with id {id}."),
    )


def conflict(entity: str, id: str) -> GraphQLError:
    """A client-chosen id that is taken. That a repeat is refused is documented nowhere; a client must cope
    with any refusal here by looking the object up."""
    return GraphQLError(
        f"Entity already exists: {entity}",
        extensions=_extensions("INPUT_ERROR", "invalid input", 400, f"{entity} {id} already exists."),
    )


def no_feature(name: str) -> GraphQLError:
    """What the workspace's plan does not have."""
    return GraphQLError(
        "Feature not accessible",
        extensions=_extensions("FEATURE_NOT_ACCESSIBLE", "feature not accessible", 403, f"{name} is not in your plan."),
    )


def unauthenticated() -> dict[str, Any]:
    text = "You need to authenticate to access this operation."
    extensions = _extensions("AUTHENTICATION_ERROR", "authentication error", 401, text)
    return {"errors": [{"message": "Authentication required, not authenticated", "extensions": extensions}]}


def no_scope(scope: str) -> dict[str, Any]:
    text = f"Invalid scope: `{scope}` required"
    return {"errors": [{"message": text, "extensions": _extensions("FORBIDDEN", "forbidden", 403, text)}]}


def rate_limited() -> dict[str, Any]:
    text = "You have exceeded the rate limit. Please try again later."
    extensions = _extensions("RATELIMITED", "ratelimited", 400, text)
    return {"errors": [{"message": "Rate limit exceeded", "extensions": extensions}]}


def too_complex(points: int, allowed: int) -> dict[str, Any]:
    text = f"Query complexity {points} exceeds the maximum of {allowed}."
    extensions = _extensions("INPUT_ERROR", "invalid input", 400, text)
    return {"errors": [{"message": "Query too complex", "extensions": extensions}]}


def bad_request(text: str) -> dict[str, Any]:
    extensions = _extensions("BAD_REQUEST", "graphql error", 400, text)
    return {"errors": [{"message": text, "extensions": extensions}]}
