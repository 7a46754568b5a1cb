# ruff: noqa: E501  (one case a line)
"""Credentials that are missing, wrong or not enough: what the doctor says, and what a run that goes on reports."""

from __future__ import annotations

from cases import Case

ZENDESK, HUBSPOT, STRIPE = "GROUNDSWELL_ZENDESK", "GROUNDSWELL_HUBSPOT", "GROUNDSWELL_STRIPE"
LINEAR, SLACK = "GROUNDSWELL_LINEAR", "GROUNDSWELL_SLACK"


def _case(name: str, vendor: str, env: dict[str, str], pull: str, doctor: str = "") -> Case:
    """`pull` is told by a run; the doctor says the same, or `doctor`."""
    return Case(name, {"vendor": vendor, "env": env, "doctor": doctor or pull}, pull, "problem")


def _missing(vendor: str, variable: str) -> Case:
    says = f"{vendor} needs {variable}, which is not set. Set it: export {variable}=..."
    return _case(f"{vendor} without {variable}", vendor, {variable: ""}, says)


def _garbled(name: str, vendor: str, variable: str, value: str) -> Case:
    says = f"{variable} holds a quote, a space or another character that no secret of {vendor} has. Copy it again, without what stands around it: export {variable}=..."
    return _case(name, vendor, {variable: value}, says)


MISSING = [
    _missing("zendesk", f"{ZENDESK}_EMAIL"),
    _missing("zendesk", f"{ZENDESK}_API_TOKEN"),
    _missing("hubspot", f"{HUBSPOT}_ACCESS_TOKEN"),
    _missing("stripe", f"{STRIPE}_API_KEY"),
    _missing("linear", f"{LINEAR}_API_KEY"),
    _missing("slack", f"{SLACK}_BOT_TOKEN"),
    _case("a variable that is misspelt", "zendesk", {f"{ZENDESK}_API_TOKEN": "", f"{ZENDESK}_APITOKEN": "canary"}, f"zendesk needs {ZENDESK}_API_TOKEN, which is not set. Set it: export {ZENDESK}_API_TOKEN=... {ZENDESK}_APITOKEN is set: did you mean that?"),
    _case("a variable with spaces alone", "stripe", {f"{STRIPE}_API_KEY": "  "}, f"stripe needs {STRIPE}_API_KEY, which is not set."),
]  # fmt: skip

GARBLED = [
    _garbled("a secret in quotes", "slack", f"{SLACK}_BOT_TOKEN", '"xoxb-canary"'),
    _garbled("a secret over two lines", "zendesk", f"{ZENDESK}_API_TOKEN", "canary\ncanary"),
    _garbled("a secret with the word before it", "hubspot", f"{HUBSPOT}_ACCESS_TOKEN", "Bearer canary"),
    _garbled("a secret with a letter that is none", "linear", f"{LINEAR}_API_KEY", "lin_api_cänary"),
]

WRONG = [
    _case("Zendesk with a wrong token", "zendesk", {f"{ZENDESK}_API_TOKEN": "canary"}, f"is refused (401: Couldn't authenticate you). Check {ZENDESK}_EMAIL and {ZENDESK}_API_TOKEN: the address of an admin, and an active API token of Zendesk's Admin Center."),
    _case("Zendesk with a wrong address", "zendesk", {f"{ZENDESK}_EMAIL": "nobody@example.test"}, f"is refused (401: Couldn't authenticate you). Check {ZENDESK}_EMAIL and {ZENDESK}_API_TOKEN: the address of an admin, and an active API token of Zendesk's Admin Center."),
    _case("HubSpot with a wrong token", "hubspot", {f"{HUBSPOT}_ACCESS_TOKEN": "pat-canary"}, f"Check {HUBSPOT}_ACCESS_TOKEN: the access token of a private app (Settings, Integrations, Private Apps)."),
    _case("HubSpot with an expired token", "hubspot", {f"{HUBSPOT}_ACCESS_TOKEN": "expired-hubspot-token"}, f"expired 2 hour(s) ago.). Check {HUBSPOT}_ACCESS_TOKEN: the access token of a private app"),
    _case("Stripe with a wrong key", "stripe", {f"{STRIPE}_API_KEY": "sk_test_canarycanary"}, f"is refused (401: Invalid API Key provided: sk_test_********nary). Check {STRIPE}_API_KEY: an active secret or restricted key of Stripe's Dashboard, Developers, API keys."),
    _case("Linear with a wrong key", "linear", {f"{LINEAR}_API_KEY": "lin_api_canary"}, f"is refused (401: Authentication required, not authenticated). Check {LINEAR}_API_KEY: a personal API key of Linear (Settings, Security & access)."),
    _case("Slack with a wrong token", "slack", {f"{SLACK}_BOT_TOKEN": "xoxb-canary"}, f"slack: auth.test is refused: invalid_auth. Check {SLACK}_BOT_TOKEN: the app's bot token (xoxb-...)."),
    _case("Slack with a revoked token", "slack", {f"{SLACK}_BOT_TOKEN": "xoxb-revoked-token"}, f"slack: auth.test is refused: token_revoked. Install the app again, and set {SLACK}_BOT_TOKEN."),
]  # fmt: skip

NOT_ENOUGH = [
    _case("Zendesk as an agent", "zendesk", {f"{ZENDESK}_EMAIL": "light@example.test"}, f"The user of {ZENDESK}_EMAIL must be an admin to read exports.", f"access: role agent; note: incremental exports need an admin and are refused to this user: a pull will fail; to do: The user of {ZENDESK}_EMAIL must be an admin to read exports."),
    _case("HubSpot with companies alone", "hubspot", {f"{HUBSPOT}_ACCESS_TOKEN": "limited-hubspot-token"}, f"Give the private app of {HUBSPOT}_ACCESS_TOKEN crm.objects.owners.read. Give the private app of {HUBSPOT}_ACCESS_TOKEN crm.objects.contacts.read. Give the private app of {HUBSPOT}_ACCESS_TOKEN crm.objects.deals.read.", f"note: deals need the scope crm.objects.deals.read: a pull of them will fail; to do: Give the private app of {HUBSPOT}_ACCESS_TOKEN crm.objects.owners.read, crm.objects.companies.read, crm.objects.contacts.read, crm.objects.deals.read."),
    _case("Stripe with customers alone", "stripe", {f"{STRIPE}_API_KEY": "rk_test_limited"}, f"Let the key of {STRIPE}_API_KEY read Products. Let the key of {STRIPE}_API_KEY read Prices. Let the key of {STRIPE}_API_KEY read Events.", f"note: events need the permission to read Events: a pull of them will fail; to do: Edit the restricted key of {STRIPE}_API_KEY in Stripe's Dashboard, Developers, API keys: permission Read."),
    _case("Slack without the right to read", "slack", {f"{SLACK}_BOT_TOKEN": "xoxb-limited-token"}, "slack: conversations.history is refused: missing_scope channels:history. Add it to the Slack app (OAuth & Permissions) and install the app again.", "note: the app lacks the scope reactions:read, to hear what people think of them; note: channel C0ALERTS cannot be read: slack: conversations.history is refused: missing_scope channels:history. Add it to the Slack app (OAuth & Permissions) and install the app again."),
]  # fmt: skip

CASES = [*MISSING, *GARBLED, *WRONG, *NOT_ENOUGH]
