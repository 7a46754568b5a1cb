"""A person with unmistakable data, planted into what the emulators answer."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from flows.sandbox import stripe as stripe_emulator
from flows.sandbox.company import Company
from flows.sandbox.hubspot import Hubspot
from flows.sandbox.zendesk import Zendesk

Json = dict[str, Any]

ID = 918273645
NAME = "Zephyrine Quillcanary"
EMAIL = "zephyrine.quillcanary@canary-mail.example"
PHONE = "+44 20 7946 55331"
PHRASE = "the marmalade heron drank my quarterly forecast"
ABROAD = "a comment of hers about purple anvils in somebody else's ticket"
CANARIES = (str(ID), "Quillcanary", "canary-mail", "7946 55331", "marmalade heron", "purple anvils")


class Planted:
    """She is one of the company's requesters, with tickets in a loud bug; `other` is a ticket that mentions her."""

    def __init__(self, company: Company) -> None:
        end = company.history_end.timestamp()
        tickets = Counter(life.requester.id for life in company.lives if life.created < end)
        told = [
            life
            for life in company.lives
            if life.incident and life.incident.plan.loudness == "loud" and end - 8 * 86400 < life.created < end
        ]
        was = next(life.requester for life in told if tickets[life.requester.id] > 2 and life.requester.organization)
        self._was = was
        self.organization = was.organization.id if was.organization else 0
        self.tickets = {life.id for life in company.lives if life.requester.id == was.id and life.created < end}
        self.other = next(life.id for life in told if life.requester.id != was.id)
        self.customer = ""  # of Stripe; the first one

    def install(self, patch: pytest.MonkeyPatch) -> None:
        zendesk, hubspot, stripe = Zendesk._response, Hubspot._answer, stripe_emulator._response

        def zendesk_answers(emulator: Zendesk, body: Json, status: int, headers: dict[str, str]) -> Any:
            return zendesk(emulator, self._zendesk(body), status, headers)

        def hubspot_answers(emulator: Hubspot, method: str, path: str, call: Any) -> tuple[int, Json]:
            status, body = hubspot(emulator, method, path, call)
            return status, self._renamed(body)

        def stripe_answers(body: Json, status: int, headers: dict[str, str]) -> Any:
            return stripe(self._stripe(body), status, headers)

        patch.setattr(Zendesk, "_response", zendesk_answers)
        patch.setattr(Hubspot, "_answer", hubspot_answers)
        patch.setattr(stripe_emulator, "_response", stripe_answers)

    def _renamed(self, value: Any) -> Any:
        """Her old id, name and address become the planted ones, wherever they stand."""
        if isinstance(value, dict):
            found = {key: self._renamed(item) for key, item in value.items()}
            if found.get("email") == EMAIL and "firstname" in found:
                found |= {"firstname": NAME.split()[0], "lastname": NAME.split()[1]}
            return found
        if isinstance(value, list):
            return [self._renamed(item) for item in value]
        if isinstance(value, str):
            return value.replace(self._was.name, NAME).replace(self._was.email, EMAIL)
        return ID if value == self._was.id else value

    def _zendesk(self, body: Json) -> Json:
        body = self._renamed(json.loads(json.dumps(body)))
        for user in body.get("users", []):
            if user["id"] == ID:
                user["phone"] = PHONE
        for ticket in body.get("tickets", []):
            if ticket["requester_id"] == ID:
                ticket["description"] += f" And {PHRASE}."
            if ticket["id"] == self.other:
                ticket["collaborator_ids"] = ticket["email_cc_ids"] = [ID, 20001]
                ticket["description"] += (
                    f"\n{NAME} ({EMAIL}, +44-20-794655331) has the same, ask quillcanary, zephyrine."
                )
        for event in body.get("ticket_events", []):
            said = [child for child in event["child_events"] if child["event_type"] == "Comment"]
            for child in said:
                if child["author_id"] == ID:
                    child["body"] += f" And {PHRASE}."
                    child["html_body"] += f"<p>And {PHRASE}.</p>"
                elif event["ticket_id"] == self.other:
                    child["body"] += f"\nOn Monday {NAME} <{EMAIL}> wrote: hello"
                    child["html_body"] += f'<p>On Monday <a href="mailto:{EMAIL}">{NAME.upper()}</a> wrote: hello</p>'
            if event["ticket_id"] == self.other and said:
                extra = {**said[0], "id": event["id"] + 19, "author_id": ID, "body": ABROAD, "html_body": ABROAD}
                event["child_events"].append(extra)
        return body

    def _stripe(self, body: Json) -> Json:
        for item in [*body.get("data", []), body] if isinstance(body.get("data"), list) else [body]:
            if item.get("object") == "customer" and not item.get("deleted"):
                self.customer = self.customer or item["id"]
                if item["id"] == self.customer:
                    item |= {"email": EMAIL, "name": NAME, "phone": PHONE}
            if item.get("object") == "invoice" and item.get("customer") == self.customer:
                item |= {"customer_email": EMAIL, "customer_name": NAME}
        return body
