"""Linear's GraphQL API over the sandbox's state: executed by graphql-core against linear_schema.graphql.

    POST /linear/graphql   Authorization: sandbox-linear-key (sandbox-linear-read-key may only read)
    POST /control/linear   {"customers": false}: a workspace whose plan has no customers

Refusals look like Linear's: a rate limit is HTTP 400 with code RATELIMITED, a document that does not
validate is HTTP 400, a refused mutation is HTTP 200 with `errors` and `data: null`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from graphql import (
    DefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
    parse,
    validate,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from flows.sandbox import linear_errors as errors
from flows.sandbox.limits import Allowance, RateLimits, bucket
from flows.sandbox.linear_query import complexity
from flows.sandbox.linear_resolvers import Resolvers
from flows.sandbox.linear_seed import BOT_ID
from flows.sandbox.linear_store import LinearStore, Object

API_KEY = "sandbox-linear-key"
READ_KEY = "sandbox-linear-read-key"
MAX_COMPLEXITY = 10_000
MAX_BODY = 4_000_000  # bytes


class Linear:
    """The GraphQL endpoint. `base_url` gives the address under which issues can be seen."""

    def __init__(self, store: LinearStore, limits: RateLimits, base_url: Callable[[], str]) -> None:
        self._requests = bucket(limits.linear_per_hour, 3600, limits)
        self._points = bucket(limits.linear_complexity_per_hour, 3600, limits)
        self._last = (self._requests.take(amount=0), self._points.take(amount=0))
        resolvers = Resolvers(store, base_url, self._rate_limit_status)
        self.customers = resolvers.customers
        self.schema = resolvers.schema()
        self.routes = [
            Route("/linear/graphql", self.graphql, methods=["POST"]),
            Route("/control/linear", self.control, methods=["POST"]),
        ]

    async def control(self, request: Request) -> Response:
        wish = await request.json()
        if not isinstance(wish, dict) or not isinstance(wish.get("customers"), bool):
            return JSONResponse({"error": "give customers: true or false"}, 400)
        self.customers.enabled = wish["customers"]
        return JSONResponse({"customers": self.customers.enabled})

    async def graphql(self, request: Request) -> Response:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if key not in (API_KEY, READ_KEY):
            return JSONResponse(errors.unauthenticated(), 401)
        body = await request.body()
        if len(body) > MAX_BODY:
            return JSONResponse(errors.bad_request("request entity too large"), 413)
        try:
            call = await request.json()
            query, variables = call["query"], dict(call.get("variables") or {})
            document = parse(query)
        except (ValueError, KeyError, TypeError, AttributeError):
            return JSONResponse(errors.bad_request("the body must be JSON with a query"), 400)
        except GraphQLError as error:
            return JSONResponse({"errors": [error.formatted]}, 400)
        if problems := validate(self.schema, document):
            return JSONResponse({"errors": [_formatted(problem) for problem in problems]}, 400)
        if key == READ_KEY and any(_is_mutation(part) for part in document.definitions):
            return JSONResponse(errors.no_scope("write"), 403)
        points = complexity(document, variables)
        requests, spent = self._requests.take(), self._points.take(amount=points)
        self._last = (requests, spent)
        headers = _headers(requests, spent, points)
        if requests.refused or spent.refused:
            wait = max(requests, spent, key=lambda allowance: allowance.wait)
            return JSONResponse(errors.rate_limited(), 400, headers | {"retry-after": wait.retry_after})
        if points > MAX_COMPLEXITY:
            return JSONResponse(errors.too_complex(points, MAX_COMPLEXITY), 400, headers)
        result = execute_sync(
            self.schema, document, variable_values=variables, operation_name=call.get("operationName")
        )
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [_formatted(error) for error in result.errors]
        # Variables that do not fit their types are refused before anything runs.
        bad_variables = result.data is None and all(not error.path for error in result.errors or [])
        return JSONResponse(answer, 400 if result.errors and bad_variables else 200, headers)

    def _rate_limit_status(self) -> Object:
        """What the query `rateLimitStatus` answers."""
        limits = [
            {
                "type": kind,
                "requestedAmount": 1,
                "allowedAmount": allowance.limit,
                "remainingAmount": allowance.remaining,
                "period": 3_600_000,
                "reset": _reset(allowance),
            }
            for kind, allowance in zip(("apiKey.requests", "apiKey.complexity"), self._last, strict=True)
        ]
        return {"identifier": BOT_ID, "kind": "apiKey", "limits": limits}


def _is_mutation(part: DefinitionNode) -> bool:
    return isinstance(part, OperationDefinitionNode) and part.operation is OperationType.MUTATION


def _formatted(error: GraphQLError) -> dict[str, Any]:
    formatted: dict[str, Any] = dict(error.formatted)
    formatted.setdefault("extensions", {"code": "GRAPHQL_VALIDATION_FAILED", "type": "graphql error"})
    return formatted


def _reset(allowance: Allowance) -> int:
    """Epoch milliseconds."""
    return int((time.time() + allowance.reset) * 1000)


def _headers(requests: Allowance, points: Allowance, cost: int) -> dict[str, str]:
    headers = {"x-complexity": str(cost)}
    for name, allowance in (("requests", requests), ("complexity", points)):
        headers[f"x-ratelimit-{name}-limit"] = str(allowance.limit)
        headers[f"x-ratelimit-{name}-remaining"] = str(allowance.remaining)
        headers[f"x-ratelimit-{name}-reset"] = str(_reset(allowance))
    return headers
