"""Linear's customers and what they need: found by id, external id or mail domain, each domain of one customer only."""

from __future__ import annotations

from typing import Any

from flows.sandbox.linear_errors import conflict, invalid_input, no_feature, not_found
from flows.sandbox.linear_seed import BOT_ID
from flows.sandbox.linear_store import LinearStore, Object

SETTING = "linear.customers"
PUBLIC_DOMAINS = {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "gmx.de"}


class Customers:
    """What the API can do with customers. Methods raise GraphQLError when refused."""

    def __init__(self, store: LinearStore) -> None:
        self.store = store

    @property
    def enabled(self) -> bool:
        """Whether the workspace's plan has customers; on until `POST /control/linear` turns it off."""
        return self.store.state.setting(SETTING) is not False

    @enabled.setter
    def enabled(self, value: bool) -> None:
        self.store.state.set_setting(SETTING, value)

    def upsert(self, data: Object) -> Object:
        """Found by id, then by external id, then by domain; created when not found. What is absent stays."""
        self._check_plan()
        domains, external = [domain.lower() for domain in data.get("domains") or []], data.get("externalId")
        if public := PUBLIC_DOMAINS & set(domains):
            raise invalid_input(f"domains must not hold public email domains: {', '.join(sorted(public))}.")
        everyone = self.store.all("Customer")
        existing = self.store.find("Customer", data.get("id"))
        existing = existing or next((c for c in everyone if external and external in c["externalIds"]), None)
        existing = existing or next((c for c in everyone if set(domains) & set(c["domains"])), None)
        now = self.store.stamp(None)
        if existing is None:
            if not (data.get("name") or "").strip():
                raise invalid_input("name should not be empty.")
            existing = self.store.new(
                "Customer", self.store.new_id("Customer", data.get("id")), now, name="", domains=[], externalIds=[],
                revenue=None, size=None, ownerId=None, tierId=None,
            )  # fmt: skip
            existing["slugId"] = existing["id"].split("-")[0]
        for other in everyone:
            if other["id"] != existing["id"] and set(domains) & set(other["domains"]):
                raise conflict("Customer", domains[0])
        existing |= {k: data[k] for k in ("name", "revenue", "size", "ownerId") if data.get(k) is not None}
        if data.get("tierName"):
            existing["tierId"] = self._tier(data["tierName"])["id"]
        existing["domains"] = list(dict.fromkeys([*existing["domains"], *domains]))
        if external and external not in existing["externalIds"]:
            existing["externalIds"] = [*existing["externalIds"], external]
        return self.store.save("Customer", existing | {"updatedAt": now})

    def create_need(self, data: Object) -> Object:
        """A customer's need for an issue. An attachment URL is attached to the issue on the way."""
        self._check_plan()
        if data.get("customerId") and data.get("customerExternalId"):
            raise invalid_input("customerId cannot be used together with customerExternalId.")
        customer = self.store.find("Customer", data.get("customerId"))
        if external := data.get("customerExternalId"):
            customer = next((c for c in self.store.all("Customer") if external in c["externalIds"]), None)
        if customer is None:
            raise not_found("Customer", str(external or data.get("customerId")))
        if not data.get("issueId"):
            raise invalid_input("issueId or projectId must be given.")
        issue = self.store.get("Issue", data["issueId"])
        priority = data.get("priority") or 0
        if priority not in (0, 1):
            raise invalid_input("priority must be 0 (not important) or 1 (important).")
        id = self.store.new_id("CustomerNeed", data.get("id"))
        attachment = self.store.find("Attachment", data.get("attachmentId"))
        if url := data.get("attachmentUrl"):
            attachment = self.store.attach({"issueId": issue["id"], "url": url, "title": url})
        now = self.store.stamp(None)
        need = self.store.new(
            "CustomerNeed", id, now, body=data.get("body"), priority=priority,
            url=url or (attachment or {}).get("url"), customerId=customer["id"], issueId=issue["id"],
            attachmentId=attachment and attachment["id"], creatorId=BOT_ID,
        )  # fmt: skip
        self.store.save("Issue", issue | {"updatedAt": now})
        return self.store.save("CustomerNeed", need)

    def archive_need(self, id: str) -> Object:
        now = self.store.stamp(None)
        return self.store.save("CustomerNeed", self.store.get("CustomerNeed", id) | {"archivedAt": now})

    def delete_need(self, id: str) -> str:
        self.store.delete("CustomerNeed", self.store.get("CustomerNeed", id)["id"])
        return id

    def _tier(self, name: str) -> Object:
        """The tier of that name, made when there is none."""
        tiers = self.store.all("CustomerTier")
        fields: dict[str, Any] = {"name": name, "displayName": name, "color": "#95a2b3", "description": None}
        return next((tier for tier in tiers if tier["name"] == name), None) or self.store.save(
            "CustomerTier",
            self.store.new(
                "CustomerTier", self.store.new_id("CustomerTier", None), self.store.stamp(None),
                position=float(len(tiers)), **fields,
            ),
        )  # fmt: skip

    def _check_plan(self) -> None:
        if not self.enabled:
            raise no_feature("Customers")
