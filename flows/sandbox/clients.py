"""Each customer as the helpdesk, the CRM and billing know it: names, mail domains, ids that name one another.

The three agree as little as they do at a real company. What is linked how is planned here: most records carry an
explicit id, the rest can be found by mail domain or name, and a few by nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from flows.sandbox.commerce import Account, Customer, Invoice, Subscription
from flows.sandbox.people import Organization, User
from flows.sandbox.subscriptions import Script
from flows.sandbox.texts.grammar import phrases

PUBLIC_DOMAINS = ("freemail.example", "mailbox.example")
_UNFINDABLE = 0.02  # of the customers, at most, have a record that nothing leads to
AGENCY_DOMAIN = "brightdesk-agency.example"

_SUFFIXES: dict[str, tuple[str, ...]] = {
    "US": (", Inc.", " Inc", " LLC", " Corp."),
    "GB": (" Ltd", " Limited", " PLC"),
    "CA": (" Inc.", " Ltd."),
    "AU": (" Pty Ltd",),
    "IN": (" Pvt Ltd", " Private Limited"),
    "NL": (" B.V.", " BV"),
    "DE": (" GmbH", " AG", " GmbH & Co. KG"),
    "FR": (" SAS", " SARL"),
    "ES": (" S.L.", " SA"),
    "MX": (" S.A. de C.V.",),
    "BR": (" Ltda", " Ltda."),
    "JP": (" K.K.", " Co., Ltd."),
}
_LEGAL = re.compile(
    r"\b(inc|llc|corp|ltd|limited|plc|pty|pvt|private|b v|bv|gmbh|ag|co|kg|sas|sarl|s l|sa|s a de c v|ltda|k k)\b"
)


_Marks = tuple[str | None, str | None, str, str | None]  # account's id, mail domain, name, billing's id


@dataclass
class Client:
    """A customer and everything that is planned for it, until the systems' records are written from it."""

    account: Account
    organization: Organization
    crm_name: str
    billing_name: str
    crm_domain: str | None
    billing_email: str
    in_crm: bool = True
    in_billing: bool = True
    has_external_id: bool = True
    """Whether the helpdesk's organization carries the account's id; likewise the next three."""
    crm_account_id: bool = True
    crm_customer_id: bool = True
    billing_account_id: bool = True
    scripts: list[Script] = field(default_factory=list)
    """What it does with each subscription; the last one counts."""
    renews_at: int | None = None
    """When a contract of its own is up, whatever billing's periods are."""
    customer: Customer | None = None
    subscriptions: list[Subscription] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)

    @property
    def script(self) -> Script:
        return self.scripts[-1]

    def name_all(self) -> None:
        """Enters the account's id everywhere."""
        self.has_external_id = self.crm_account_id = self.billing_account_id = True


def introduce(rng: Random, organizations: Sequence[Organization]) -> list[Client]:
    """A client for every organization, in the same order, and the oddities between some of them."""
    clients = [_client(rng, organization) for organization in organizations]
    _be_odd(rng, clients)
    lost = max(1, round(_UNFINDABLE * len(clients)))
    for client in clients:
        if not is_findable(client):
            lost -= 1
            if lost < 0:
                client.name_all()
        client.organization.external_id = client.account.id if client.has_external_id else None
    return clients


def is_findable(client: Client) -> bool:
    """Whether ids, domains and names join all records of a customer that has several."""
    organization = client.organization
    helpdesk: _Marks = ("acct" if client.has_external_id else None, organization.domain, organization.name, None)
    records: list[_Marks] = [helpdesk]
    if client.in_crm:
        linked = "cus" if client.crm_customer_id else None
        records.append(("acct" if client.crm_account_id else None, client.crm_domain, client.crm_name, linked))
    if client.in_billing:
        mail = client.billing_email.split("@")[1]
        known = None if mail in (*PUBLIC_DOMAINS, AGENCY_DOMAIN) else mail
        records.append(("acct" if client.billing_account_id else None, known, client.billing_name, "cus"))
    reached = {0}
    for _ in records:
        reached |= {n for n, b in enumerate(records) if any(_joins(records[m], b) for m in reached)}
    return len(reached) == len(records)


def _joins(a: _Marks, b: _Marks) -> bool:
    same = any(a[n] is not None and a[n] == b[n] for n in (0, 1, 3))
    return same or _alike(a[2], b[2])


def _alike(a: str, b: str) -> bool:
    """Whether two names are the same but for capitals, punctuation and the legal form."""
    return _bare(a) == _bare(b)


def _bare(name: str) -> str:
    return " ".join(_LEGAL.sub(" ", re.sub(r"[^\w]+", " ", name.lower())).split())


def _client(rng: Random, organization: Organization) -> Client:
    account = Account(id=f"acct_{organization.id}", name=organization.name, organization_ids=[organization.id])
    mail = rng.choices(("own", "public", "agency"), (88, 9, 3))[0]
    person = rng.choice(organization.users) if mail == "public" or rng.random() < 0.04 else None
    office = rng.choice(("billing", "accounts", "finance", "invoices"))
    address = f"{person.email.split('@')[0]}@{rng.choice(PUBLIC_DOMAINS)}" if person and mail == "public" else (
        f"{organization.name.lower().replace(' ', '-')}@{AGENCY_DOMAIN}" if mail == "agency"
        else rng.choice((f"{office}@{organization.domain}", organization.users[0].email))
    )  # fmt: skip
    return Client(
        account,
        organization,
        crm_name=_written(rng, organization, legal=0.4),
        billing_name=person.name if person else _written(rng, organization, legal=0.6),
        crm_domain=rng.choices((organization.domain, f"www.{organization.domain}", None), (88, 6, 6))[0],
        billing_email=address,
        in_crm=rng.random() < 0.92,
        in_billing=rng.random() < 0.97,
        has_external_id=rng.random() < 0.85,
        crm_account_id=rng.random() < 0.70,
        crm_customer_id=rng.random() < 0.50,
        billing_account_id=rng.random() < 0.75,
    )


def _written(rng: Random, organization: Organization, *, legal: float) -> str:
    """The organization's name as another department wrote it."""
    name = organization.name
    if rng.random() < legal:
        name += rng.choice(_SUFFIXES[organization.country])
    manner = rng.random()
    if manner < 0.12:
        return name.upper()
    if manner < 0.18:
        return name.lower()
    if manner < 0.24:
        return name.split(" ")[0]  # how everybody calls it
    return name


def _be_odd(rng: Random, clients: list[Client]) -> None:
    """Holdings that share a mail domain, two customers of one name, and ids that contradict a domain."""
    usual = [client for client in clients if client.in_crm and client.in_billing and client.organization.users]
    chosen = rng.sample(usual, 8)
    for first, second in (chosen[0:2], chosen[2:4]):
        share_domain(first.organization, second.organization)
        for client in (first, second):
            client.name_all()
            client.crm_domain = first.organization.domain
            client.billing_email = f"billing@{first.organization.domain}"
    namesake, other = chosen[4:6]
    other.organization.name = other.account.name = namesake.organization.name
    for client in (namesake, other):
        client.name_all()
        client.crm_domain = client.organization.domain
        client.billing_email = f"accounts@{client.organization.domain}"
        client.crm_name = client.billing_name = namesake.organization.name
    # Another customer's department pays: the id in the metadata is right, the mail domain is not.
    for payer, owner in ((chosen[6], chosen[7]), (chosen[7], chosen[4])):
        payer.name_all()
        payer.billing_email = f"{rng.choice(('ap', 'purchasing'))}@{owner.organization.domain}"


def share_domain(first: Organization, second: Organization) -> None:
    """The people of the second take mail addresses at the first's domain."""
    second.domain = first.domain
    taken = {user.email for user in first.users}
    for user in second.users:
        mailbox = user.email.split("@")[0]
        user.email = f"{mailbox}@{first.domain}"
        if user.email in taken:
            user.email = f"{mailbox}{user.id % 1000}@{first.domain}"


def newcomer_names(rng: Random, taken: set[str], count: int) -> list[str]:
    """Names of companies that are not among the customers."""
    names = [f"{a} {b}" for a in phrases("customer.first") for b in phrases("customer.last") if f"{a} {b}" not in taken]
    return rng.sample(names, min(count, len(names)))


def english_users(organization: Organization, at: int) -> list[User]:
    """Who of a customer can write at a moment, and writes English."""
    return [user for user in organization.users if user.created <= at and user.writes == "en"]
