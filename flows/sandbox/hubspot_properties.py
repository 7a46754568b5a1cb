"""The object types and properties that the emulated HubSpot account has, and how they are described."""

from __future__ import annotations

from typing import Any, NamedTuple

from flows.sandbox.hubspot_errors import unknown_type

KINDS = ("contacts", "companies", "deals")
SINGULAR = {"contacts": "contact", "companies": "company", "deals": "deal"}
TYPE_IDS = {"contacts": "0-1", "companies": "0-2", "deals": "0-3"}
MODIFIED = {"contacts": "lastmodifieddate", "companies": "hs_lastmodifieddate", "deals": "hs_lastmodifieddate"}
DEFAULTS = {  # what comes when no properties are named
    "contacts": ("email", "firstname", "lastname"),
    "companies": ("domain", "name"),
    "deals": ("amount", "closedate", "dealname", "dealstage", "pipeline"),
}
_SPELLINGS = {spelling: kind for kind in KINDS for spelling in (kind, SINGULAR[kind], TYPE_IDS[kind])}


class Property(NamedTuple):
    """`type` decides how a search compares values: string, enumeration, number, bool, date or datetime."""

    label: str
    type: str
    field_type: str = "text"
    is_custom: bool = False  # made by the account's own people
    is_computed: bool = False  # HubSpot fills it in


_OWNER = Property("Owner", "enumeration", "select")


def _common(kind: str) -> dict[str, Property]:
    return {
        "hs_object_id": Property("Record ID", "number", "number", is_computed=True),
        "createdate": Property("Create Date", "datetime", "date", is_computed=True),
        MODIFIED[kind]: Property("Last Modified Date", "datetime", "date", is_computed=True),
        "hs_merged_object_ids": Property("Merged record IDs", "enumeration", "checkbox", is_computed=True),
    }


PROPERTIES: dict[str, dict[str, Property]] = {
    "contacts": {
        **_common("contacts"),
        "email": Property("Email", "string"),
        "firstname": Property("First Name", "string"),
        "lastname": Property("Last Name", "string"),
        "jobtitle": Property("Job Title", "string"),
        "associatedcompanyid": Property("Primary Associated Company ID", "number", "number", is_computed=True),
    },
    "companies": {
        **_common("companies"),
        "name": Property("Company name", "string"),
        "domain": Property("Company Domain Name", "string"),
        "hs_additional_domains": Property("Additional Domains", "enumeration", "checkbox"),
        "industry": Property("Industry", "enumeration", "select"),
        "country": Property("Country/Region", "string"),
        "lifecyclestage": Property("Lifecycle Stage", "enumeration", "radio"),
        "hubspot_owner_id": _OWNER,
        "account_id": Property("Account ID", "string", is_custom=True),
        "stripe_customer_id": Property("Stripe customer", "string", is_custom=True),
        "tier": Property("Tier", "enumeration", "select", is_custom=True),
        "renewal_date": Property("Renewal date", "date", "date", is_custom=True),
    },
    "deals": {
        **_common("deals"),
        "dealname": Property("Deal Name", "string"),
        "dealstage": Property("Deal Stage", "enumeration", "radio"),
        "pipeline": Property("Pipeline", "enumeration", "select"),
        "amount": Property("Amount", "number", "number"),
        "deal_currency_code": Property("Currency", "enumeration", "select"),
        "closedate": Property("Close Date", "datetime", "date"),
        "dealtype": Property("Deal Type", "enumeration", "radio"),
        "hubspot_owner_id": _OWNER,
        "hs_is_closed": Property("Is Deal Closed?", "bool", "calculation_equation", is_computed=True),
        "hs_is_closed_won": Property("Is Closed Won", "bool", "calculation_equation", is_computed=True),
    },
}


def kind_of(name: str) -> str:
    """companies, contacts or deals, however it is spelled in a path. Raises Refusal."""
    if name.lower() not in _SPELLINGS:
        raise unknown_type(name)
    return _SPELLINGS[name.lower()]


def always(kind: str) -> tuple[str, ...]:
    """The properties that come whether asked for or not."""
    return "hs_object_id", "createdate", MODIFIED[kind]


def described(kind: str, name: str, values: list[str]) -> dict[str, Any]:
    """A property as `/crm/v3/properties` tells of it. `values` are those in use, the options of an enumeration."""
    known = PROPERTIES[kind][name]
    has_options = known.type == "enumeration" and known.field_type != "checkbox" and name != "hubspot_owner_id"
    return {
        "name": name,
        "label": known.label,
        "type": known.type,
        "fieldType": known.field_type,
        "description": "",
        "groupName": f"{SINGULAR[kind]}information",
        "options": [
            {"label": value, "value": value, "description": "", "displayOrder": n, "hidden": False}
            for n, value in enumerate(values if has_options else [])
        ],
        "referencedObjectType": "OWNER" if name == "hubspot_owner_id" else None,
        "displayOrder": -1,
        "calculated": known.field_type.startswith("calculation"),
        "externalOptions": name == "hubspot_owner_id",
        "archived": False,
        "hasUniqueValue": name == "hs_object_id" or (kind == "contacts" and name == "email"),
        "hidden": False,
        "hubspotDefined": not known.is_custom,
        "formField": not known.is_computed,
        "modificationMetadata": {
            "archivable": known.is_custom,
            "readOnlyDefinition": not known.is_custom,
            "readOnlyValue": known.is_computed,
        },
    }
