"""Who is behind an issue, in Linear's terms: a Customer for every account, and what it needs from the issue.

A customer is looked for before one is made: by our account key, which we leave as its external id, then by a mail
domain. What is there is people's own: only a revenue or a tier that is missing is filled in. A need has an id of
our own making and is made once; where the customer has a need on the issue already, people have said it themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from flows.core.errors import VendorError
from flows.core.keys import uuid4_from
from flows.core.neutralise import link
from flows.push import linear_documents as documents
from flows.push import linear_text
from flows.push.deliver import may_succeed

Object = dict[str, Any]
Execute = Callable[[str, Object], Object]  # (document, variables) -> data


class Customers:
    """The workspace's customers. `execute` raises VendorError, or UnknownOutcome for a write."""

    def __init__(self, execute: Execute) -> None:
        self._execute = execute
        self._is_off = False

    def tell(self, issue: Object, wanted: Sequence[Object], told: Collection[str]) -> tuple[list[str], list[str]]:
        """Give every account of `wanted` its need on the issue, but for those `told` before.

        `wanted` are the `customers` of a body. Returns the account keys that have one now, and notes on what the
        issue must do without. Raises when Linear is down or an outcome unknown: all of it can be done again.
        """
        new = [customer for customer in wanted if customer["account_key"] not in told]
        if not new or self._is_off:
            return sorted(told), []
        refused: list[str] = []
        try:
            ids = self._customers(new, refused)
        except VendorError as error:
            if may_succeed(error):
                raise
            return sorted(told), [f"the issue is filed without its customers: {error}"]
        if self._is_off:
            return sorted(told), [
                "issues are filed without their customers: the workspace's plan has none. "
                "Set max_customers_per_issue to 0 in detection_policy.csv to do without."
            ]
        have = self._needs(issue, new, ids, refused)
        notes = [f"the issue is filed without {len(refused)} of its customers: {refused[0]}"] if refused else []
        return sorted({*told, *have}), notes

    def _customers(self, wanted: Sequence[Object], refused: list[str]) -> dict[str, str]:
        """Ids of customers by account key, made or completed where need be."""
        domains = sorted({domain for customer in wanted for domain in customer.get("domains") or []})
        keys = [customer["account_key"] for customer in wanted]
        found = self._execute(documents.CUSTOMERS, {"accounts": keys, "domains": domains})
        self._is_off = not found["organization"]["customersEnabled"]
        ids: dict[str, str] = {}
        for customer in wanted if not self._is_off else ():
            known = _match(customer, found["customers"]["nodes"])
            given = _missing(known, customer) if known else _whole(customer)
            if given.keys() != {"id"}:
                made = self._write(documents.UPSERT_CUSTOMER, given, refused)
                known = made["customer"] if made else known  # what people made serves, completed or not
            if known:
                ids[customer["account_key"]] = known["id"]
        return ids

    def _needs(self, issue: Object, wanted: Sequence[Object], ids: dict[str, str], refused: list[str]) -> list[str]:
        """Make the needs that are not on the issue. Returns the account keys that have one then."""
        ours = {key: _need_id(issue["id"], key) for key in ids}
        given = {"issue": issue["id"], "needs": sorted(ours.values()), "customers": sorted(set(ids.values()))}
        nodes = self._execute(documents.NEEDS, given)["issue"]["needs"]["nodes"]
        there = {node["id"] for node in nodes} | {node["customer"]["id"] for node in nodes if node["customer"]}
        have = []
        for customer in wanted:
            key = customer["account_key"]
            if key not in ids:
                continue
            if not there & {ids[key], ours[key]}:
                need = _need(issue, customer, ours[key], ids[key])
                if self._write(documents.CREATE_NEED, need, refused) is None:
                    continue
                there.add(ids[key])
            have.append(key)
        return have

    def _write(self, document: str, given: Object, refused: list[str]) -> Object | None:
        """What the mutation gives back; None when it is refused."""
        try:
            (payload,) = self._execute(document, {"input": given}).values()
        except VendorError as error:
            if may_succeed(error):
                raise
            refused.append(str(error))
            return None
        return dict(payload)


def _match(customer: Object, known: Sequence[Object]) -> Object | None:
    """The customer that an account is: the one that has its key, else the one that shares most of its domains."""
    named = [node for node in known if customer["account_key"] in node["externalIds"]]
    domains = {domain.lower() for domain in customer.get("domains") or []}
    shared = sorted((-len(domains & set(node["domains"])), node["id"]) for node in known)
    by_domain = [node for node in known if shared and shared[0][0] and node["id"] == shared[0][1]]
    return next(iter([*named, *by_domain]), None)


def _whole(customer: Object) -> Object:
    given = {
        "name": linear_text.name(customer.get("name")) or customer["account_key"],
        "domains": customer.get("domains") or [], "externalId": customer["account_key"],
        "revenue": customer.get("revenue"), "tierName": linear_text.name(customer.get("tier")),
    }  # fmt: skip
    return {key: value for key, value in given.items() if value not in (None, "")}


def _missing(known: Object, customer: Object) -> Object:
    """What a customer that is there lacks. Its name and domains are people's own, and so is every value it has."""
    given = {"id": known["id"]}
    whole = _whole(customer)
    if customer["account_key"] not in known["externalIds"]:
        given["externalId"] = whole["externalId"]
    for field, there in (("revenue", known["revenue"]), ("tierName", known["tier"])):
        if there is None and field in whole:
            given[field] = whole[field]
    return given


def _need(issue: Object, customer: Object, need_id: str, customer_id: str) -> Object:
    attached = {node["url"]: node["id"] for node in (issue.get("attachments") or {}).get("nodes", [])}
    url = link(customer.get("url"))  # attached by now, unless that was refused
    source = {"attachmentId": attached[url]} if url in attached else {"attachmentUrl": url} if url else {}
    return {
        "id": need_id, "issueId": issue["id"], "customerId": customer_id,
        "body": linear_text.need(customer), "priority": int(bool(customer.get("is_important"))), **source,
    }  # fmt: skip


def _need_id(issue_id: str, account_key: str) -> str:
    return uuid4_from("need", issue_id, account_key)
