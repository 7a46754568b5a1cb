"""Who answers which field of linear_schema.graphql, from the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
)
from graphql.utilities import value_from_ast_untyped

from flows.core.keys import uuid4_from
from flows.sandbox import linear_errors as errors
from flows.sandbox.linear_customers import Customers
from flows.sandbox.linear_query import connection, matches, moment
from flows.sandbox.linear_seed import BOT_ID, TEAM_ID
from flows.sandbox.linear_store import LinearStore, Object

SCHEMA_PATH = Path(__file__).with_name("linear_schema.graphql")


class Resolvers:
    """`base_url` gives the address of the pages, `rate_limits` what is left of the caller's limits."""

    def __init__(self, store: LinearStore, base_url: Callable[[], str], rate_limits: Callable[[], Object]) -> None:
        self.store = store
        self.customers = Customers(store)
        self.base_url = base_url
        self.rate_limits = rate_limits

    def schema(self) -> GraphQLSchema:
        schema = build_schema(SCHEMA_PATH.read_text())
        for name in ("DateTime", "DateTimeOrDuration"):
            _check_times(schema.type_map[name])  # type: ignore[arg-type]
        for type_name, fields in self._resolvers().items():
            kind = schema.type_map[type_name]
            assert isinstance(kind, GraphQLObjectType)
            for field, resolve in fields.items():
                kind.fields[field].resolve = resolve
        return schema

    def _resolvers(self) -> dict[str, dict[str, Callable[..., Any]]]:
        listed, one, many = self._listed, self._one, self._many
        query: dict[str, Callable[..., Any]] = {
            "viewer": lambda *_: self._user(BOT_ID),
            "organization": self._organization,
            "rateLimitStatus": lambda *_: self.rate_limits(),
            "issueSearch": self._issue_search,
            "searchIssues": self._search_issues,
            "attachmentsForURL": lambda _, _info, url, **args: self._page(
                [a for a in self.store.all("Attachment") if a["url"] == url], args
            ),
        }
        for field, entity in {
            "users": "User", "teams": "Team", "workflowStates": "WorkflowState", "issueLabels": "IssueLabel",
            "issues": "Issue", "issueRelations": "IssueRelation", "attachments": "Attachment",
            "comments": "Comment", "customers": "Customer", "customerNeeds": "CustomerNeed",
            "customerTiers": "CustomerTier",
        }.items():  # fmt: skip
            query[field] = listed(entity)
        for field, entity in {
            "user": "User", "team": "Team", "workflowState": "WorkflowState", "issueLabel": "IssueLabel",
            "issue": "Issue", "customer": "Customer",
        }.items():  # fmt: skip
            query[field] = lambda _, _info, id, entity=entity: self.store.get(entity, id)
        issue: dict[str, Callable[..., Any]] = {
            "url": lambda issue, _: self._issue_url(issue),
            "customerTicketCount": lambda issue, _: len(self.related(issue, "needs")),
        }
        for field in ("team", "state", "assignee", "creator", "parent"):
            issue[field] = one(field)
        for field in ("labels", "attachments", "comments", "relations", "inverseRelations", "needs"):
            issue[field] = many(field)
        shown = ("url", "team", "state", "assignee", "labels")
        return {
            "Query": query,
            "Mutation": self._mutations(),
            "User": {"isMe": lambda user, _: user["id"] == BOT_ID, "url": lambda *_: self.base_url()},
            "Team": {
                "organization": self._organization,
                "triageIssueState": lambda *_: self.store.state_named("Triage"),
                "defaultIssueState": lambda *_: self.store.state_named("Backlog"),
                "issueCount": lambda team, _, **_args: len(self.related(team, "issues")),
                **{field: many(field) for field in ("states", "labels", "issues")},
            },
            "WorkflowState": {"team": one("team"), "issues": many("issues")},
            "IssueLabel": {field: one(field) for field in ("team", "parent", "creator")},
            "Issue": issue,
            "IssueSearchResult": {field: issue[field] for field in shown} | {"metadata": lambda *_: {}},
            "IssueRelation": {field: one(field) for field in ("issue", "relatedIssue")},
            "Attachment": {field: one(field) for field in ("issue", "creator")},
            "Comment": {field: one(field) for field in ("issue", "parent", "user")}
            | {"url": lambda c, _: f"{self._issue_url(self.store.get('Issue', c['issueId']))}#comment-{c['id'][:8]}"},
            "Customer": {
                "owner": one("owner"),
                "tier": one("tier"),
                "needs": lambda customer, _: self.related(customer, "needs"),
                "approximateNeedCount": lambda customer, _: len(self.related(customer, "needs")),
                "url": lambda customer, _: f"{self.base_url()}/board#customer-{customer['slugId']}",
            },
            "CustomerNeed": {field: one(field) for field in ("customer", "issue", "attachment", "creator")},
        }

    def related(self, item: Object, field: str) -> Any:
        """What an object points at: one object, a list of objects, or None. Filters and resolvers share it."""
        store, id, kind = self.store, item["id"], item["__typename"]
        if field == "labels":
            wanted = item.get("labelIds")
            return [x for x in store.all("IssueLabel") if wanted is None or x["id"] in wanted]
        if field == "relations":
            return store.children("IssueRelation", "issueId", id)
        if field == "inverseRelations":
            return store.children("IssueRelation", "relatedIssueId", id)
        if field == "hasDuplicateRelations":
            duplicates = [r for r in self.related(item, "relations") if r["type"] == "duplicate"]
            return bool(duplicates)
        if field in _CHILDREN:
            return store.children(_CHILDREN[field], _POINTERS[kind], id)
        return store.find(kind if field == "parent" else _PARENTS[field], item.get(f"{field}Id"))

    def _one(self, field: str) -> Callable[..., Any]:
        return lambda item, _info: self.related(item, field)

    def _many(self, field: str) -> Callable[..., Any]:
        return lambda item, _info, **args: self._page(self.related(item, field), args)

    def _listed(self, entity: str) -> Callable[..., Any]:
        return lambda _root, _info, **args: self._page(self.store.all(entity), args)

    def _page(self, items: list[Object], args: Object) -> Object:
        now = self.store.clock.now()
        condition = args.get("filter") or {}
        try:
            return connection([item for item in items if matches(item, condition, self.related, now)], args)
        except ValueError as error:
            raise errors.invalid_input(str(error)) from error

    def _issue_search(self, _root: Any, _info: GraphQLResolveInfo, query: str = "", **args: Any) -> Object:
        return self._page(self._found(query), args)

    def _search_issues(
        self, _root: Any, _info: GraphQLResolveInfo, term: str, teamId: str | None = None, **args: Any
    ) -> Object:
        found = [issue for issue in self._found(term) if teamId in (None, issue["teamId"])]
        return {**self._page(found, args), "totalCount": len(found)}

    def _found(self, term: str) -> list[Object]:
        """Issues that have every word of the term in identifier, title or description."""
        words = term.casefold().split()
        return [
            issue
            for issue in self.store.all("Issue")
            if all(
                word in f"{issue['identifier']} {issue['title']} {issue['description'] or ''}".casefold()
                for word in words
            )
        ]

    def _user(self, id: str) -> Object:
        return self.store.get("User", id)

    def _issue_url(self, issue: Object) -> str:
        return f"{self.base_url()}/board/issue/{issue['identifier']}"

    def _organization(self, *_: Any, **__: Any) -> Object:
        team = self.store.get("Team", TEAM_ID)
        return {
            "id": uuid4_from("linear", "organization"),
            "name": "Sandbox",
            "urlKey": "sandbox",
            "customersEnabled": self.customers.enabled,
            "createdIssueCount": len(self.store.all("Issue")),
            "customerCount": len(self.store.all("Customer")),
            "createdAt": team["createdAt"],
            "updatedAt": team["updatedAt"],
        }

    def _mutations(self) -> dict[str, Callable[..., Any]]:
        store = self.store

        def mutation(result: str, act: Callable[..., Object | str]) -> Callable[..., Any]:
            def resolve(_root: Any, _info: GraphQLResolveInfo, **args: Any) -> Object:
                with store.state.transaction():
                    changed = act(**args)
                    sync_id = store.state.next_number("linear.sync")
                return {"success": True, "lastSyncId": sync_id, result: changed}

            return resolve

        return {
            "issueCreate": mutation("issue", lambda input: store.create_issue(input)),
            "issueUpdate": mutation("issue", lambda id, input: store.update_issue(id, input)),
            "issueArchive": mutation(
                "entity", lambda id, trash=None: store.archive_issue(id, archived=True, trash=trash)
            ),
            "issueUnarchive": mutation("entity", lambda id: store.archive_issue(id, archived=False)),
            "issueLabelCreate": mutation("issueLabel", lambda input: store.create_label(input)),
            "issueRelationCreate": mutation("issueRelation", lambda input: store.relate(input)),
            "attachmentCreate": mutation("attachment", lambda input: store.attach(input)),
            "commentCreate": mutation("comment", lambda input: store.comment(input)),
            "customerUpsert": mutation("customer", lambda input: self.customers.upsert(input)),
            "customerNeedCreate": mutation("need", lambda input: self.customers.create_need(input)),
            "customerNeedArchive": mutation("entity", lambda id: self.customers.archive_need(id)),
            "customerNeedDelete": mutation("entityId", lambda id, **_: self.customers.delete_need(id)),
        }


_CHILDREN = {
    "attachments": "Attachment", "comments": "Comment", "needs": "CustomerNeed",
    "issues": "Issue", "states": "WorkflowState",
}  # fmt: skip
_POINTERS = {"Issue": "issueId", "Customer": "customerId", "Team": "teamId", "WorkflowState": "stateId"}
_PARENTS = {
    "team": "Team", "state": "WorkflowState", "assignee": "User", "creator": "User", "user": "User",
    "owner": "User", "issue": "Issue", "relatedIssue": "Issue", "attachment": "Attachment",
    "customer": "Customer", "tier": "CustomerTier",
}  # fmt: skip


def _check_times(scalar: GraphQLScalarType) -> None:
    """Times are checked where they come in; they go out as they are stored."""

    def check(value: Any) -> str:
        try:
            moment(str(value), datetime.now(UTC))
        except ValueError:
            raise GraphQLError(f"{scalar.name} cannot represent {value!r}") from None
        return str(value)

    scalar.parse_value = check  # type: ignore[method-assign]
    scalar.parse_literal = lambda node, variables=None: check(  # type: ignore[method-assign]
        value_from_ast_untyped(node, variables)
    )
