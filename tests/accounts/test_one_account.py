"""One customer is one account across helpdesk, CRM and billing: by id, then domain, then name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from accounts_world import NOW, START, World

RESOLUTION = ("+int_account_records,path:models/intermediate/accounts", "int_ticket_accounts")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Many customers who have nothing to do with each other, each a case; built once."""
    world = World(tmp_path_factory.mktemp("one"))
    # ids before everything
    world.organization("ids", "Alpha Works", external_id="acct_1")
    world.company("ids", "Beta Labs", external_id="acct_1", billing_ids=["cus_ids"])
    world.customer("cus_ids", "Gamma Foods")
    # ids of two kinds do not tell apart: the CRM names billing's, the helpdesk ours, billing both or none
    world.organization("bridge", "Tango", "tango.test", external_id="acct_t")
    world.company("bridge", "Mambo", "tango.test", billing_ids=["cus_bridge"])
    world.customer("cus_bridge", "Rumba", external_id="acct_t")
    world.organization("half", "Ulm", "ulm.test", external_id="acct_u")
    world.company("half", "Ulmer", "ulm.test", billing_ids=["cus_half"])
    world.customer("cus_half", "Somebody")
    # domain, in any case
    world.organization("domain", "Dunes", "dunes.test")
    world.company("domain", "Sandhill", "Dunes.test")
    world.customer("cus_domain", "Dune Buggies", "dunes.test")
    # name without its legal form, accents and punctuation
    world.organization("name", "Bäcker & Söhne GmbH")
    world.company("name", "Backer and Sohne")
    world.customer("cus_name", "BÄCKER & SÖHNE, Inc.", "accountant.test")
    # public mail domains join nobody
    world.organization("public", "Echo", "gmail.com")
    world.company("public", "Foxtrot", "gmail.com")
    world.customer("cus_public", "Golf", "freemail.example")
    # a holding's domain: the name decides, or nobody
    world.company("holding-a", "Harbour North", "harbour.test", external_id="acct_n")
    world.company("holding-b", "Harbour South", "harbour.test", external_id="acct_s")
    world.organization("holding-a", "Harbour North Ltd", "harbour.test")
    world.organization("holding-c", "Harbour Pilots", "harbour.test")
    world.customer("cus_holding", "Somebody at the harbour", "harbour.test")
    # an id that another domain contradicts
    world.company("typo-a", "Iris", "iris.test", external_id="acct_i")
    world.company("typo-b", "Juniper", "juniper.test", external_id="acct_j")
    world.organization("typo", "Juniper", "juniper.test", external_id="acct_i")
    # two companies of the CRM for one customer, and one that was merged into another
    world.company("double-1", "Kilo", "kilo.test", created_at=START)
    world.company("double-2", "Kilo Inc", "kilo.test", external_id="acct_k")
    world.organization("double", "Whatever", external_id="acct_k")
    world.company("survivor", "Lima", "lima.test", external_id="acct_l", merged_ids=["crm:loser", "crm:unseen"])
    world.company("loser", "Mike", "mike.test", external_id="acct_m", is_archived=True)
    world.organization("loser", "Mike", "mike.test", external_id="acct_m")
    # one domain, two names: no duplicate
    world.company("sister-1", "Romeo Shipping", "romeo.test", external_id="acct_r")
    world.company("sister-2", "Sierra Catering", "romeo.test")
    world.organization("sister", "Sierra Catering", "romeo.test")
    # unknown to the CRM
    world.organization("no-crm", "November", "november.test", created_at=START + timedelta(days=1))
    world.organization("no-crm-2", "November Europe", "november.test", created_at=START)
    world.customer("cus_no_crm", "Nov", "november.test")
    # two customers of the same name
    world.company("same-1", "Oscar", "oscar-one.test", external_id="acct_o1")
    world.company("same-2", "Oscar", "oscar-two.test", external_id="acct_o2")
    world.customer("cus_same", "Oscar")
    # told apart by ids, though the name is the same
    world.company("apart", "Papa", external_id="acct_p")
    world.organization("apart", "Papa", external_id="acct_q")
    # tickets: of an organization nobody landed, of a contact, of a customer's own domain, of a mailbox
    world.ticket("gone", NOW, "desk:999")
    world.ticket("contact", NOW, requester_id=world.user("u1", "Eve@freemail.example"))
    world.contact("eve@freemail.example", "crm:ids")
    world.ticket("domain", NOW, requester_id=world.user("u2", "x@dunes.test"))
    world.ticket("shared", NOW, requester_id=world.user("u3", "x@harbour.test"))
    world.ticket("private", NOW, requester_id=world.user("u4", "y@gmail.com"))
    world.build(select=RESOLUTION)
    return world


@pytest.mark.parametrize(
    ("record", "account", "method"),
    [
        ("desk:ids", "desk:ids", "explicit id"),
        ("bill:cus_ids", "desk:ids", "explicit id"),
        ("desk:bridge", "desk:bridge", "domain"),
        ("bill:cus_bridge", "desk:bridge", "explicit id"),
        ("crm:bridge", "desk:bridge", "explicit id"),
        ("desk:half", "desk:half", "domain"),
        ("bill:cus_half", "desk:half", "explicit id"),
        ("desk:domain", "desk:domain", "domain"),
        ("bill:cus_domain", "desk:domain", "domain"),
        ("crm:domain", "desk:domain", "domain"),
        ("desk:name", "desk:name", "name"),
        ("bill:cus_name", "desk:name", "name"),
        ("desk:public", "desk:public", "alone"),
        ("crm:public", "crm:public", "alone"),
        ("bill:cus_public", "bill:cus_public", "alone"),
        ("desk:holding-a", "desk:holding-a", "name"),
        ("crm:holding-a", "desk:holding-a", "name"),
        ("crm:holding-b", "crm:holding-b", "alone"),
        ("desk:holding-c", "desk:holding-c", "alone"),
        ("bill:cus_holding", "bill:cus_holding", "alone"),
        ("desk:typo", "desk:typo", "explicit id"),
        ("crm:typo-a", "desk:typo", "explicit id"),
        ("crm:typo-b", "crm:typo-b", "alone"),
        ("crm:double-1", "desk:double", "domain"),
        ("crm:double-2", "desk:double", "explicit id"),
        ("crm:loser", "desk:loser", "merged"),
        ("crm:unseen", "desk:loser", "merged"),
        ("crm:survivor", "desk:loser", "explicit id"),
        ("crm:sister-1", "crm:sister-1", "alone"),
        ("crm:sister-2", "desk:sister", "name"),
        ("desk:no-crm", "desk:no-crm-2", "domain"),
        ("desk:no-crm-2", "desk:no-crm-2", "domain"),
        ("bill:cus_no_crm", "desk:no-crm-2", "domain"),
        ("bill:cus_same", "bill:cus_same", "alone"),
        ("desk:apart", "desk:apart", "alone"),
        ("desk:999", "desk:999", "alone"),
    ],
)
def test_records_belong_to_one_account_by_the_strongest_evidence(
    world: World, record: str, account: str, method: str
) -> None:
    assert world.accounts()[record] == (account, method)


def test_what_cannot_be_decided_is_a_conflict_and_says_why(world: World) -> None:
    assert world.conflicts() == {
        "desk:holding-c": "the domain harbour.test is shared by several accounts",
        "bill:cus_holding": "the domain harbour.test is shared by several accounts",
        "desk:typo": "its id says so, its domain juniper.test says crm:typo-b",
        "crm:sister-2": "its domain romeo.test is that of crm:sister-1 too",
        "bill:cus_same": "2 accounts have this name",
    }


def test_a_ticket_without_organization_finds_its_account_by_contact_or_own_domain(world: World) -> None:
    rows = world.query("select ticket_id, account_key, method from intermediate.int_ticket_accounts order by 1")
    assert [tuple(row.values()) for row in rows] == [
        ("desk:contact", "desk:ids", "contact"),
        ("desk:domain", "desk:domain", "domain"),
        ("desk:gone", "desk:999", "organization"),
    ]


def test_an_override_is_stronger_than_everything(tmp_path: Path) -> None:
    world = World.fresh(tmp_path)
    world.organization("a", "Acme", "acme.test", external_id="acct_1")
    world.company("a", "Acme", "acme.test", external_id="acct_1")
    world.company("b", "Bolt", "bolt.test")
    world.customer("cus_a", "Acme", "acme.test")
    world.customer("cus_b", "Bolt", "bolt.test")
    world.build(select=RESOLUTION, overrides="desk:a>crm:b bill:cus_a> crm:b>bill:cus_b")
    assert world.accounts() == {
        "desk:a": ("desk:a", "override"),
        "crm:b": ("desk:a", "override"),
        "bill:cus_b": ("desk:a", "override"),
        "crm:a": ("crm:a", "alone"),
        "bill:cus_a": ("bill:cus_a", "override"),
    }


def test_without_crm_and_billing_every_organization_is_an_account(tmp_path: Path) -> None:
    world = World.fresh(tmp_path)
    world.organization("a", "Acme", "acme.test")
    world.organization("b", "Bolt", "bolt.test")
    world.build(select=RESOLUTION)
    assert world.accounts() == {"desk:a": ("desk:a", "alone"), "desk:b": ("desk:b", "alone")}
