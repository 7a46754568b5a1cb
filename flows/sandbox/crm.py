"""How the sales team keeps its customers: owners, companies, contacts and deals, with the history of their fields."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from flows.sandbox.arrivals import DAY, HOUR
from flows.sandbox.clients import Client, newcomer_names
from flows.sandbox.commerce import Account, Change, CrmCompany, CrmContact, CrmDeal, Owner, Plan
from flows.sandbox.people import COUNTRIES
from flows.sandbox.pricing import in_words
from flows.sandbox.product import DOMAIN
from flows.sandbox.texts.grammar import phrases

_OWNERS = ("Ines Calder", "Marcus Oyelaran", "Freya Sandberg", "Tomas Reuter", "Leila Nasser", "Gordon Pike")
_FIRST_OWNER = 71_204_501
_FIRST_COMPANY = 15_820_000_101
_FIRST_CONTACT = 20_640_000_301
_FIRST_DEAL = 31_470_000_701
_STRIDE = 37
_INDUSTRIES = (
    "COMPUTER_SOFTWARE",
    "RETAIL",
    "LOGISTICS_AND_SUPPLY_CHAIN",
    "HOSPITAL_HEALTH_CARE",
    "FINANCIAL_SERVICES",
)
_LATE_STAGES = ("appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "contractsent")
RENEWAL_LEAD = 75 * DAY  # how long before the renewal date its deal is opened


class SalesTeam:
    """Writes the CRM's records, one customer after the other. Read the four dictionaries when it is done."""

    def __init__(self, rng: Random, span: tuple[int, int, int], plans: dict[str, Plan]) -> None:
        self._rng = rng
        self._start, self._history_end, self._end = span
        self._plans = plans
        self.owners = {
            str(_FIRST_OWNER + n * _STRIDE): Owner(
                str(_FIRST_OWNER + n * _STRIDE), name, f"{name.split(' ')[0].lower()}@{DOMAIN}"
            )
            for n, name in enumerate(_OWNERS)
        }
        self.companies: dict[str, CrmCompany] = {}
        self.contacts: dict[str, CrmContact] = {}
        self.deals: dict[str, CrmDeal] = {}

    def win(self, client: Client) -> None:
        """A company with its people and deals for a customer."""
        rng = self._rng
        script = client.scripts[0]
        lead = rng.randint(20, 150) * DAY if script.plan != "starter" else rng.randint(0, 2 * DAY)
        created = script.created - lead
        owner = rng.choice(list(self.owners))
        changes = [
            Change(created, "name", client.crm_name),
            Change(created, "domain", client.crm_domain),
            Change(created, "country", client.organization.country),
            Change(created, "industry", rng.choice(_INDUSTRIES)),
            Change(created, "hubspot_owner_id", owner),
            Change(created, "lifecyclestage", "lead"),
        ]
        changes += self._customer_fields(client)
        if rng.random() < 0.25:
            at = created + rng.randint(30, 400) * DAY
            changes.append(Change(at, "hubspot_owner_id", rng.choice(list(self.owners))))
        company = self.add_company(created, _ordered(changes))
        client.account.company_ids.append(company.id)
        self._meet(client, company)
        self._deal(client, company)

    def court(self, taken: set[str], count: int) -> list[Account]:
        """Prospects: companies that have bought nothing yet, each an account of its own."""
        rng = self._rng
        prospects = []
        for name in newcomer_names(rng, taken, count):
            created = self._start + rng.randint(-200 * DAY, self._end - self._start)
            owner = rng.choice(list(self.owners))
            changes = (
                Change(created, "name", name),
                Change(created, "domain", f"{name.lower().replace(' ', '')}.example"),
                Change(created, "country", rng.choice(list(COUNTRIES))),
                Change(created, "industry", rng.choice(_INDUSTRIES)),
                Change(created, "hubspot_owner_id", owner),
                Change(created, "lifecyclestage", rng.choice(("lead", "marketingqualifiedlead", "opportunity"))),
            )
            company = self.add_company(created, changes)
            prospects.append(Account(id=f"prospect_{company.id}", name=name, company_ids=[company.id]))
            first, last = rng.choice(phrases("name.first.en")), rng.choice(phrases("name.last.en"))
            self._contact(
                first, last, f"{first}.{last}@{name.replace(' ', '')}.example".lower(), created, (company.id,)
            )
            at = created + rng.randint(1, 20) * DAY
            stages = list(_LATE_STAGES[: rng.randint(1, 4)]) + (["closedlost"] if rng.random() < 0.4 else [])
            amount = in_words(self._plans["business"].prices["usd", "year"] * rng.randint(5, 60), "usd")
            self._open_deal(f"{name} - New business", "newbusiness", amount, "usd", owner, at, stages, company.id)
        return prospects

    def add_company(self, created: int, changes: tuple[Change, ...]) -> CrmCompany:
        company = CrmCompany(str(_FIRST_COMPANY + _STRIDE * len(self.companies)), created, changes)
        self.companies[company.id] = company
        return company

    # -- companies -------------------------------------------------------------------------------------

    def _customer_fields(self, client: Client) -> list[Change]:
        """What is entered once somebody pays, and what changes with the contract."""
        rng = self._rng
        script = client.script
        sold = script.paid_from + rng.randint(HOUR, 2 * DAY)
        changes = []
        if client.crm_account_id:
            changes.append(Change(sold, "account_id", client.account.id))
        if client.crm_customer_id and client.customer:
            changes.append(Change(sold, "stripe_customer_id", client.customer.id))
        if script.leaving and script.leaving.kind in ("trial", "expired"):
            return [*changes, Change(sold, "lifecyclestage", "opportunity")]
        changes += [Change(sold, "lifecyclestage", "customer"), Change(sold, "tier", script.plan)]
        plan = script.plan
        for move in sorted(script.moves):
            if move.plan != plan:
                plan = move.plan
                changes.append(Change(move.at + rng.randint(HOUR, 3 * DAY), "tier", plan))
        if script.interval == "year":
            for begin, finish in script.periods(self._end):
                at = sold if begin == script.paid_from else begin + rng.randint(-5 * DAY, 4 * DAY)
                changes.append(Change(at, "renewal_date", _day(finish)))
        if client.renews_at:
            changes.append(Change(sold, "renewal_date", _day(client.renews_at)))
        ended = client.subscriptions[-1].ended_at if client.subscriptions else None
        if ended:
            changes = [change for change in changes if change.at < ended]
            if rng.random() < 0.7:
                changes.append(Change(ended + rng.randint(DAY, 20 * DAY), "lifecyclestage", "other"))
        return changes

    # -- people ----------------------------------------------------------------------------------------

    def _meet(self, client: Client, company: CrmCompany) -> None:
        rng = self._rng
        for user in client.organization.users:
            if rng.random() < 0.8:
                first, _, last = user.name.partition(" ")
                at = max(company.created, user.created) + rng.randint(60, 3 * DAY)
                self._contact(first, last, user.email, at, (company.id,), user.job)
        for _ in range(rng.choice((0, 0, 1, 2))):
            first, last = rng.choice(phrases("name.first.en")), rng.choice(phrases("name.last.en"))
            domain = "mailbox.example" if rng.random() < 0.15 else client.organization.domain
            at = company.created + rng.randint(0, 60) * DAY
            self._contact(
                first, last, f"{first}.{last}@{domain}".lower(), at, (company.id,), rng.choice(phrases("job"))
            )

    def _contact(self, first: str, last: str, email: str, at: int, company_ids: tuple[str, ...], job: str = "") -> None:
        key = str(_FIRST_CONTACT + _STRIDE * len(self.contacts))
        values = (("email", email), ("firstname", first), ("lastname", last), ("jobtitle", job or None))
        changes = tuple(Change(at, name, value) for name, value in values if value)
        self.contacts[key] = CrmContact(key, at, changes, company_ids)

    # -- deals -----------------------------------------------------------------------------------------

    def _deal(self, client: Client, company: CrmCompany) -> None:
        rng = self._rng
        script = client.script
        currency = script.currency
        owner = next(change.value for change in company.changes if change.field == "hubspot_owner_id") or ""
        name = client.crm_name
        ended = client.subscriptions[-1].ended_at if client.subscriptions else None

        def amount(at: int) -> str:
            plan, seats = script.terms_at(at)
            price = self._plans[plan].prices[currency, script.interval] * seats
            return in_words(price * (12 if script.interval == "month" else 1), currency)

        if script.plan != "starter" or rng.random() < 0.3:
            lost = script.leaving is not None and script.leaving.kind in ("trial", "expired")
            stages = [*_LATE_STAGES[rng.randint(0, 2) :], "closedlost" if lost else "closedwon"]
            self._open_deal(
                f"{name} - New business", "newbusiness", amount(script.paid_from), currency, owner, company.created,
                stages, company.id, closes=script.paid_from,
            )  # fmt: skip
        renewals = [finish for _, finish in script.periods(self._end)] if script.interval == "year" else []
        if renewals or client.renews_at:
            for finish in renewals or [client.renews_at or 0]:
                if finish - RENEWAL_LEAD > min(self._end, ended or self._end):
                    break
                lost = ended is not None and ended <= finish
                closes = (ended or finish) if lost else finish + rng.randint(-6 * DAY, 3 * DAY)
                year = datetime.fromtimestamp(finish, UTC).year
                self._open_deal(
                    f"{name} - Renewal {year}", "renewal", amount(finish), currency, owner,
                    finish - RENEWAL_LEAD + rng.randint(0, 20 * DAY), ["qualifiedtobuy", "contractsent",
                    "closedlost" if lost else "closedwon"], company.id, closes=closes, due=finish,
                )  # fmt: skip
        for move in script.moves:
            before, after = script.terms_at(move.at - 1), (move.plan, move.seats)
            grows = self._plans[after[0]].rank > self._plans[before[0]].rank or after[1] > before[1] + 5
            if grows and script.plan != "starter" and move.at < (ended or self._end):
                self._open_deal(
                    f"{name} - Expansion", "existingbusiness", amount(move.at), currency, owner,
                    move.at - rng.randint(5, 40) * DAY, ["qualifiedtobuy", "closedwon"], company.id, closes=move.at,
                )  # fmt: skip

    def _open_deal(
        self,
        name: str,
        kind: str,
        amount: str,
        currency: str,
        owner: str,
        at: int,
        stages: list[str],
        company_id: str,
        closes: int | None = None,
        due: int | None = None,
    ) -> None:
        """A deal that goes through its stages until `closes`; `due` is when it was meant to close."""
        rng = self._rng
        done = max(closes if closes is not None else at + rng.randint(20, 120) * DAY, at + HOUR)
        meant = due or done + rng.randint(-10, 10) * DAY
        changes = [
            Change(at, "dealname", name),
            Change(at, "dealtype", kind),
            Change(at, "amount", amount),
            Change(at, "deal_currency_code", currency.upper()),
            Change(at, "hubspot_owner_id", owner),
            Change(at, "closedate", _day(meant)),
        ]
        for n, stage in enumerate(stages):
            moment = done if n == len(stages) - 1 else at + (done - at) * n // len(stages)
            changes.append(Change(moment, "dealstage", stage))
        if stages[-1].startswith("closed"):
            changes.append(Change(done, "closedate", _day(done)))
        key = str(_FIRST_DEAL + _STRIDE * len(self.deals))
        self.deals[key] = CrmDeal(key, at, _ordered(changes), (company_id,))


def _ordered(changes: list[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda change: change.at))


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
