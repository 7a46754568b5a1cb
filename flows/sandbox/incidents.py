"""What goes wrong at the simulated company, and when: the planted truth.

Offsets are in days from an anchor: a share of the history, or its end. Only the sandbox and the scorer may
know any of this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from flows.sandbox.arrivals import DAY, HOUR, within
from flows.sandbox.people import Organization

CADENCE = 14 * DAY
BAD_RELEASE_HOURS = 7  # the first regular release of the live days is this long after the history ends


@dataclass(frozen=True)
class Plan:
    """One planted event. `pieces` are (from hour, to hour, tickets) after its begin."""

    id: str
    kind: str
    loudness: str
    title: str
    area: str
    pieces: tuple[tuple[float, float, int], ...]
    share: float | None = None
    """Where in the history it begins, 0 to 1; otherwise `after_end` hours from the end of the history."""
    after_end: float = 0.0
    fixed_after: float | None = None
    """Hours until the release that fixes it."""
    category: str = "bug_report"
    second_category: str = "bug_report"
    expected: tuple[str, ...] = ("bug",)
    segment: str = ""
    fits: Callable[[Organization], bool] | None = None
    rides_on: str = "regular"
    """regular: the next regular release; patch: a release of its own; none: no release has to do with it."""
    spread: float = 0.85
    """Share of tickets that come from an organization which has not written about it yet."""
    error: str = ""
    """Error text with {hex}, {n}, {uuid}, {ms} for what differs from customer to customer."""
    waits: bool = True
    of: str = ""
    """For a regression: the id of the bug that came back."""
    words: str = ""
    """The phrase bank, where it is another event's."""


def _has_sso(organization: Organization) -> bool:
    return organization.has_sso


def _is_starter(organization: Organization) -> bool:
    return organization.tier == "starter"


def _is_not_starter(organization: Organization) -> bool:
    return organization.tier != "starter"


def _is_emea(organization: Organization) -> bool:
    return organization.region == "emea"


_FORBIDDEN = "403 Forbidden: PERM-1107 viewer role has no grant on dashboard {n} (trace {hex})"

PLANS: tuple[Plan, ...] = (
    Plan(
        "sso-redirect-loop", "bug", "loud", "Single sign-on ends in a redirect loop", "sign_in",
        ((3, 40, 18), (40, 130, 24)), share=0.22, fixed_after=118, category="login_problem",
        segment="sso", fits=_has_sso,
        error="SSO-3021: SAML response rejected, InResponseTo _{hex} does not match (session {uuid})",
    ),
    Plan(
        "report-mail-wrong-hour", "bug", "medium", "Scheduled reports arrive twice or at the wrong hour",
        "notifications", ((12, 220, 15),), share=0.37, fixed_after=230,
    ),
    Plan(
        "outage-slow-everything", "outage", "loud", "The whole application answers 503", "dashboards",
        ((0.1, 2.5, 42), (2.5, 5, 7)), share=0.46, fixed_after=2.5, category="performance",
        expected=("volume",), rides_on="none", waits=False, spread=0.95,
        error="503 Service Unavailable (ray {hex})",
    ),
    Plan(
        "webhook-signature", "bug", "loud", "Webhook deliveries fail signature checks", "integrations",
        ((2, 48, 16), (48, 160, 19)), share=0.53, fixed_after=150, category="integration_failure",
        segment="no-starter", fits=_is_not_starter,
        error="WHK-4012 signature mismatch for delivery whd_{hex}: expected v1={hex}, got v1={hex}",
    ),
    Plan(
        "invoice-pdf-tax", "bug", "slow", "Invoice PDFs lack the tax id and show a wrong tax rate", "billing",
        ((24, 1000, 7),), share=0.6, fixed_after=1040, category="invoice_discrepancy",
        segment="emea", fits=_is_emea, spread=1.0,
    ),
    Plan(
        "import-encoding", "bug", "medium", "CSV import refuses files with accents and umlauts", "import",
        ((6, 230, 17),), share=0.69, fixed_after=240, category="data_import",
        error="ImportError: invalid byte sequence for encoding UTF8 at row {n}, column {k} (job imp_{hex})",
    ),
    Plan(
        "viewer-forbidden", "bug", "medium", "Viewers get 403 on dashboards shared with them", "permissions",
        ((5, 190, 18),), share=0.79, fixed_after=200, category="permissions", error=_FORBIDDEN,
    ),
    Plan(
        "android-push-crash", "bug", "slow", "The Android app closes when a push message is opened", "mobile",
        ((40, 1080, 8),), after_end=BAD_RELEASE_HOURS - 42 * 24, fixed_after=1250, spread=1.0,
        error="java.lang.IllegalStateException: Fragment AlertDetail{{hex}} not attached to a context",
    ),
    Plan(
        "export-stalls", "bug", "loud", "CSV export of larger reports stalls and times out", "export",
        ((4, 90, 15), (90, 240, 14), (240, 325, 12), (325, 460, 8)), after_end=BAD_RELEASE_HOURS - 14 * 24,
        fixed_after=470,
        error="EXP-5021: export {n} timed out after {ms} ms (worker exp-{k}, request {uuid})",
    ),
    Plan(
        "starter-price-wave", "billing_wave", "loud", "Starter customers question the new price", "billing",
        ((2, 60, 18), (60, 150, 22), (150, 330, 16)), after_end=-110, category="billing_question",
        second_category="invoice_discrepancy", expected=("volume",), segment="starter", fits=_is_starter,
        rides_on="none",
    ),
    Plan(
        "scim-groups-undocumented", "documentation_gap", "slow", "No article explains SCIM group mapping",
        "provisioning", (), after_end=-119 * 24, category="how_to", second_category="permissions",
        expected=("knowledge", "topic"), segment="no-starter", fits=_is_not_starter, rides_on="none", spread=0.5,
    ),
    Plan(
        "viewer-forbidden-again", "regression", "medium", "Viewers get 403 on shared dashboards again",
        "permissions", ((3, 50, 7), (50, 150, 9)), after_end=-46, fixed_after=164, category="permissions",
        rides_on="patch", error=_FORBIDDEN, of="viewer-forbidden", words="viewer-forbidden",
    ),
    Plan(
        "blank-dashboards", "bug", "loud", "Dashboards stay blank after the release", "dashboards",
        ((0.7, 10, 14), (10, 29, 16), (29, 96, 14)), after_end=BAD_RELEASE_HOURS, fixed_after=100,
        error="TypeError: Cannot read properties of undefined (reading 'series') at renderWidget "
        "(main.{hex}.js:{k}:{n})",
    ),
    Plan(
        "outage-sign-in", "outage", "loud", "Nobody can sign in, 503 everywhere", "sign_in",
        ((0.1, 2.5, 44), (2.5, 5, 8)), after_end=60, fixed_after=2.5, category="login_problem",
        second_category="performance", expected=("volume",), rides_on="none", waits=False, spread=0.95,
        error="503 Service Unavailable (ray {hex})",
    ),
)  # fmt: skip


@dataclass
class Incident:
    """A plan with its moments (unix seconds), and the tickets it caused."""

    plan: Plan
    begins: int
    fixed: int | None
    times: list[int]
    ticket_ids: list[int] = field(default_factory=list)
    release: str | None = None
    fix_release: str | None = None


def regular_releases(start: int, history_end: int, end: int) -> list[int]:
    """Every two weeks, so that one falls into the first hours after the history."""
    anchor = history_end + BAD_RELEASE_HOURS * HOUR
    first = anchor - (anchor - start) // CADENCE * CADENCE
    return list(range(first, end, CADENCE))


def schedule(rng: Random, start: int, history_end: int, end: int, tickets_per_month: int) -> list[Incident]:
    """Every plan with its times. A larger company sees somewhat more tickets of each event."""
    scale = min(4.0, max(0.75, (tickets_per_month / 350) ** 0.35))
    releases = regular_releases(start, history_end, end)
    incidents = []
    for plan in PLANS:
        pieces = plan.pieces or _growing_weeks(plan, end - history_end)
        begins = _begin(plan, releases, start, history_end)
        fixed = begins + int(plan.fixed_after * HOUR) if plan.fixed_after else None
        grow = scale if plan.loudness == "loud" else min(scale, 1.15) if plan.loudness == "medium" else 1.0
        times = [
            at
            for low, high, count in pieces
            for at in within(
                rng,
                begins + int(low * HOUR),
                begins + int(high * HOUR),
                round(count * grow),
                waits_for_hours=plan.waits,
            )
            if start <= at < end
        ]
        incidents.append(Incident(plan, begins, fixed if fixed and fixed < end else None, times))
    return incidents


def _begin(plan: Plan, releases: list[int], start: int, history_end: int) -> int:
    if plan.share is None:
        return history_end + int(plan.after_end * HOUR)
    begins = start + int(plan.share * (history_end - start))
    if plan.rides_on == "regular":
        return next((at for at in releases if at >= begins), releases[-1])
    # An outage in the history strikes on a working day, in the middle of Europe's afternoon.
    day = begins - begins % DAY
    while (day // DAY + 3) % 7 >= 5:
        day += DAY
    return day + 13 * HOUR


def _growing_weeks(plan: Plan, live: int) -> tuple[tuple[float, float, int], ...]:
    """From one question a week to ten at the end of the history, and on at ten."""
    weeks = int(-plan.after_end // (7 * 24)) + -(-live // (7 * DAY))
    grown = -plan.after_end / (7 * 24)
    return tuple((w * 168.0, (w + 1) * 168.0, min(10, round(1 + 9 * (w + 1) / grown))) for w in range(weeks))
