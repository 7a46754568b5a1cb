"""What the simulated company sells: billing that adds up, a CRM that half agrees, customers who leave as planted."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import mean

import pytest

from flows.enrich import markers
from flows.enrich.sentiment import score
from flows.enrich.spans import spoken
from flows.sandbox.clients import PUBLIC_DOMAINS
from flows.sandbox.commerce import Account, Commerce, Invoice, Subscription
from flows.sandbox.company import Company
from flows.sandbox.complaints import solved_at
from flows.sandbox.lives import Life
from flows.sandbox.pricing import TIERS, in_words
from flows.sandbox.subscriptions import RETRIES, TRIAL, months_later
from flows.sandbox.texts import letters
from flows.sandbox.texts.style import types_with_care

DAY = 86400
HOUR = 3600
ANGER = {f"mood.{n}" for n in range(1, 6)}


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.simulate()


@pytest.fixture(scope="module")
def commerce(company: Company) -> Commerce:
    return company.commerce


@pytest.fixture(scope="module")
def end(company: Company) -> int:
    return int(company.end.timestamp())


@pytest.fixture(scope="module")
def today(company: Company) -> int:
    return int(company.history_end.timestamp())


@pytest.fixture(scope="module")
def tickets(company: Company) -> dict[int, list[Life]]:
    """Of each organization, oldest first."""
    found: dict[int, list[Life]] = {}
    for life in company.lives:
        if life.requester.organization:
            found.setdefault(life.requester.organization.id, []).append(life)
    return found


def invoices_of(commerce: Commerce, subscription: Subscription) -> list[Invoice]:
    return [item for item in commerce.invoices.values() if item.subscription_id == subscription.id]


def mine(tickets: dict[int, list[Life]], account: Account) -> list[Life]:
    return [life for key in account.organization_ids for life in tickets.get(key, [])]


def churners(commerce: Commerce, *, before: int) -> list[Account]:
    return [account for account in commerce.accounts if account.churned_at and account.churned_at < before]


def text(life: Life) -> str:
    return letters.comment(life, 0).plain


def feeling(life: Life) -> float:
    found = score(text(life), len(markers.find(text(life), spoken(text(life)))))
    assert found is not None
    return found


# -- billing ---------------------------------------------------------------------------------------------


def test_the_same_seed_sells_the_same_and_another_seed_other_things() -> None:
    arguments = {"seed": 11, "months": 4, "tickets_per_month": 60, "live_days": 7}
    first, again = Company.simulate(**arguments), Company.simulate(**arguments)
    assert asdict(first.commerce) == asdict(again.commerce)
    assert asdict(Company.simulate(**arguments | {"seed": 12}).commerce) != asdict(first.commerce)


def test_every_paid_day_is_on_exactly_one_regular_line(commerce: Commerce, end: int) -> None:
    for subscription in commerce.subscriptions.values():
        regular = [
            line for invoice in invoices_of(commerce, subscription) for line in invoice.lines if not line.is_proration
        ]
        assert regular[0].start == subscription.created
        assert all(one.end == other.start for one, other in pairwise(regular))
        assert regular[-1].end >= min(end, subscription.ended_at or end)


def test_a_regular_line_costs_what_the_plan_costs(commerce: Commerce) -> None:
    for subscription in commerce.subscriptions.values():
        for invoice in invoices_of(commerce, subscription):
            for line in invoice.lines:
                if line.is_proration:
                    continue
                price = commerce.plans[line.plan].prices[invoice.currency, line.interval]
                in_trial = subscription.trial is not None and line.start < subscription.trial[1]
                assert line.amount == (0 if in_trial else price * line.seats)


def test_proration_gives_back_the_unused_time_and_charges_the_rest(commerce: Commerce) -> None:
    changes = 0
    for subscription in commerce.subscriptions.values():
        invoices = invoices_of(commerce, subscription)
        periods = [line for invoice in invoices for line in invoice.lines if not line.is_proration]
        for invoice in invoices:
            prorated = [line for line in invoice.lines if line.is_proration]
            for back, more in zip(prorated[::2], prorated[1::2], strict=True):
                period = next(line for line in periods if line.start <= back.start < line.end)
                assert (back.start, back.end) == (more.start, more.end) and back.end == period.end
                share = (back.end - back.start) / (period.end - period.start)
                for line, sign in ((back, -1), (more, 1)):
                    full = commerce.plans[line.plan].prices[invoice.currency, line.interval] * line.seats
                    assert line.amount == pytest.approx(sign * full * share, abs=1)
                after = next(phase for phase in reversed(subscription.phases) if phase.at <= more.start)
                assert (after.at, after.plan, after.seats) == (more.start, more.plan, more.seats)
                changes += 1
    assert changes > 100


def test_changes_are_billed_at_once_or_with_the_next_period(commerce: Commerce) -> None:
    ways = Counter(
        invoice.reason for invoice in commerce.invoices.values() if any(line.is_proration for line in invoice.lines)
    )
    assert ways["subscription_update"] > 20 and ways["subscription_cycle"] > 20
    assert set(ways) == {"subscription_update", "subscription_cycle"}


def test_plans_of_phases_and_invoices_agree_at_every_moment(commerce: Commerce) -> None:
    for subscription in commerce.subscriptions.values():
        moments = [phase.at for phase in subscription.phases]
        assert moments == sorted(set(moments)) and moments[0] == subscription.created
        for invoice in invoices_of(commerce, subscription):
            newest = [line for line in invoice.lines if line.amount >= 0][-1]
            phase = next(phase for phase in reversed(subscription.phases) if phase.at <= invoice.created)
            assert (newest.plan, newest.interval, newest.seats) == (phase.plan, phase.interval, phase.seats)


def test_statuses_follow_the_attempts(commerce: Commerce, end: int) -> None:
    for subscription in commerce.subscriptions.values():
        status = {phase.at: phase.status for phase in subscription.phases}
        last = subscription.phases[-1].status
        assert (last in ("canceled", "incomplete_expired")) == (subscription.ended_at is not None)
        if subscription.trial and subscription.phases[0].status == "trialing":
            assert subscription.trial == (subscription.created, subscription.created + TRIAL)
        for invoice in invoices_of(commerce, subscription):
            if invoice.total <= 0:
                assert invoice.paid_at == invoice.created and not invoice.attempts
                continue
            declined = [at for at, succeeded in invoice.attempts if not succeeded]
            waits = [at - invoice.attempts[0][0] for at, _ in invoice.attempts]
            assert all(abs(wait - planned) <= 600 for wait, planned in zip(waits, RETRIES, strict=False))
            if subscription.phases[0].status == "incomplete":
                assert invoice.closed == (subscription.ended_at, "void")
            elif declined:
                assert status[declined[0]] == "past_due"
            if invoice.paid_at is None and subscription.phases[0].status != "incomplete":
                assert len(declined) == len(RETRIES)
                assert invoice.closed is not None and invoice.closed[1] == "uncollectible"
                assert status[invoice.closed[0]] in ("canceled", "unpaid")
            elif declined and invoice.paid_at and subscription.ended_at != invoice.paid_at:
                assert status[invoice.paid_at] == "active"


def test_most_failed_payments_recover_and_some_do_not(commerce: Commerce, end: int) -> None:
    failed = [i for i in commerce.invoices.values() if any(not succeeded for _, succeeded in i.attempts)]
    failed = [i for i in failed if i.closed is None or i.closed[1] != "void"]
    lost = [i for i in failed if i.paid_at is None]
    assert 15 < len(failed) < 40
    assert 2 <= len(lost) < len(failed) / 2


def test_nothing_is_billed_after_the_end_of_a_subscription(commerce: Commerce) -> None:
    for invoice in commerce.invoices.values():
        ended = commerce.subscriptions[invoice.subscription_id].ended_at
        assert ended is None or invoice.created < ended


def test_cancellations_are_asked_for_and_take_effect_when_the_period_ends(commerce: Commerce) -> None:
    asked = [s for s in commerce.subscriptions.values() if s.cancels and s.cancels[0] < s.cancels[1]]
    assert len(asked) > 15
    for subscription in asked:
        assert subscription.cancels is not None and subscription.cancels[1] == subscription.ended_at
        lines = [line for invoice in invoices_of(commerce, subscription) for line in invoice.lines]
        assert max(line.end for line in lines) == subscription.ended_at


def test_refunds_are_of_what_was_paid_and_not_more(commerce: Commerce) -> None:
    refunded = [invoice for invoice in commerce.invoices.values() if invoice.refunds]
    assert len(refunded) > 10
    for invoice in refunded:
        assert invoice.paid_at and all(at > invoice.paid_at for at, _ in invoice.refunds)
        assert 0 < sum(amount for _, amount in invoice.refunds) <= invoice.total


def test_most_customers_begin_with_a_free_fortnight_and_some_trials_end_without_a_sale(commerce: Commerce) -> None:
    subscriptions = list(commerce.subscriptions.values())
    assert sum(s.trial is not None for s in subscriptions) / len(subscriptions) > 0.7
    for subscription in subscriptions:
        first = invoices_of(commerce, subscription)[0]
        assert first.reason == "subscription_create" and (first.total == 0) == (subscription.trial is not None)
    unsold = [s for s in subscriptions if s.trial and s.ended_at == s.trial[1]]
    assert unsold and all(len(invoices_of(commerce, s)) == 1 for s in unsold)
    assert any(s.phases[-1].status == "incomplete_expired" for s in subscriptions)


def test_customers_pay_in_the_currency_of_their_country_and_yen_are_whole(commerce: Commerce) -> None:
    currencies = Counter(customer.currency for customer in commerce.customers.values())
    assert set(currencies) == {"usd", "eur", "gbp", "cad", "aud", "brl", "inr", "jpy"}
    assert currencies.most_common(1)[0][0] == "usd"
    assert in_words(2800, "jpy") == "2800" and in_words(4905, "usd") == "49.05"
    assert commerce.plans["starter"].prices["jpy", "month"] == 2800


def test_periods_begin_on_the_same_day_and_at_the_end_of_a_shorter_month() -> None:
    def day(*parts: int) -> int:
        return int(datetime(*parts, tzinfo=UTC).timestamp())

    assert months_later(day(2025, 1, 31, 8), 1) == day(2025, 2, 28, 8)
    assert months_later(day(2025, 1, 31, 8), 2) == day(2025, 3, 31, 8)
    assert months_later(day(2024, 2, 29), 12) == day(2025, 2, 28)
    assert months_later(day(2026, 7, 1, 6), -5) == day(2026, 2, 1, 6)


def test_plans_match_the_tier_until_somebody_downgrades(company: Company, commerce: Commerce) -> None:
    matching = 0
    for account in commerce.accounts:
        if account.customer_ids and account.organization_ids:
            tier = company.organizations[account.organization_ids[0]].tier
            last = [s for s in commerce.subscriptions.values() if s.customer_id in account.customer_ids][-1]
            matching += any(phase.plan == tier for phase in last.phases)
    assert matching / len(commerce.customers) > 0.95


# -- the CRM ---------------------------------------------------------------------------------------------


def newest(changes: tuple, field: str) -> str | None:
    return next((change.value for change in reversed(changes) if change.field == field), None)


def test_the_crm_knows_most_customers_and_prospects_who_bought_nothing(commerce: Commerce) -> None:
    customers = [account for account in commerce.accounts if account.organization_ids]
    assert 0.88 < sum(bool(account.company_ids) for account in customers) / len(customers) < 0.96
    prospects = [a for a in commerce.accounts if not a.organization_ids]
    assert 30 <= len(prospects) <= 50 and not any(a.customer_ids for a in prospects)
    assert len(commerce.owners) == 6


def test_fields_of_the_crm_have_a_history(commerce: Commerce) -> None:
    companies = [*commerce.companies.values(), *commerce.contacts.values(), *commerce.deals.values()]
    for record in companies:
        moments = [change.at for change in record.changes]
        assert moments == sorted(moments) and min(moments) >= record.created

    def times(field: str) -> int:
        return sum(
            len({change.value for change in company.changes if change.field == field}) > 1
            for company in commerce.companies.values()
        )

    assert times("tier") > 15 and times("hubspot_owner_id") > 30 and times("renewal_date") > 40


def test_renewal_deals_open_before_the_date_and_are_won_or_lost(commerce: Commerce, today: int) -> None:
    renewals = [deal for deal in commerce.deals.values() if newest(deal.changes, "dealtype") == "renewal"]
    stages = Counter(newest(deal.changes, "dealstage") for deal in renewals)
    assert stages["closedwon"] > 40 and stages["closedlost"] >= 2
    still_open = [d for d in renewals if d.created <= today and [c for c in d.changes if c.at > today]]
    assert len(still_open) > 5
    assert {newest(deal.changes, "dealtype") for deal in commerce.deals.values()} == {
        "newbusiness", "renewal", "existingbusiness",
    }  # fmt: skip


def test_some_companies_are_merged_doubled_or_archived(company: Company, commerce: Commerce, today: int) -> None:
    merged = [item for item in commerce.companies.values() if item.merged]
    assert len(merged) == 3 and sum(item.merged[0] <= today for item in merged if item.merged) == 2
    for item in merged:
        assert item.merged
        into = commerce.companies[item.merged[1]]
        assert newest(into.changes, "hs_additional_domains") == newest(item.changes, "domain")
    doubled = [account for account in commerce.accounts if len(account.company_ids) > 1]
    assert len(doubled) >= 3
    for account in doubled:
        assert len({newest(commerce.companies[key].changes, "domain") for key in account.company_ids}) == 1
    assert any(contact.archived_at for contact in commerce.contacts.values())
    assert any(item.archived_at for item in commerce.companies.values())
    assert any(deal.archived_at for deal in commerce.deals.values())
    joined = [row for row in company.truth()["accounts"] if len(row["records"]["helpdesk"]) > 1]
    assert len(joined) == 2 and all(len(row["records"]["billing"]) == 2 for row in joined)


# -- one customer, three systems -------------------------------------------------------------------------


def test_explicit_ids_are_there_as_often_as_planned(company: Company, commerce: Commerce) -> None:
    organizations = list(company.all("organizations", company.end))
    assert 0.10 < sum(not org["external_id"] for org in organizations) / len(organizations) < 0.20
    customers = commerce.customers.values()
    assert 0.68 < sum(bool(c.account_id) for c in customers) / len(customers) < 0.82
    sold = [commerce.companies[a.company_ids[0]] for a in commerce.accounts if a.company_ids and a.organization_ids]
    assert 0.62 < sum(bool(newest(c.changes, "account_id")) for c in sold) / len(sold) < 0.78
    assert 0.4 < sum(bool(newest(c.changes, "stripe_customer_id")) for c in sold) / len(sold) < 0.6


def test_an_id_that_is_there_is_the_right_one(company: Company, commerce: Commerce) -> None:
    for account in commerce.accounts:
        for key in account.organization_ids:
            assert company.organizations[key].external_id in (None, account.id)
        for customer in account.customer_ids:
            assert commerce.customers[customer].account_id in (None, account.id)
        for key in account.company_ids:
            changes = commerce.companies[key].changes
            assert newest(changes, "account_id") in (None, account.id)
            assert newest(changes, "stripe_customer_id") in (None, *account.customer_ids)


def test_a_few_customers_cannot_be_found_by_anything(commerce: Commerce) -> None:
    known = {newest(item.changes, "stripe_customer_id") for item in commerce.companies.values()}
    lost = [
        customer
        for customer in commerce.customers.values()
        if customer.account_id is None
        and customer.id not in known
        and (customer.email or "").split("@")[1] in PUBLIC_DOMAINS
    ]
    assert 1 <= len(lost) <= 0.03 * len(commerce.customers)


def test_names_differ_between_the_systems(commerce: Commerce) -> None:
    differing = sum(
        commerce.customers[account.customer_ids[0]].name != account.name
        for account in commerce.accounts
        if account.customer_ids
    )
    assert differing / len(commerce.customers) > 0.5
    names = {customer.name for customer in commerce.customers.values() if customer.name}
    assert any(name.isupper() for name in names) and any(name.endswith("GmbH") for name in names)


def test_mail_domains_are_shared_public_or_anothers(company: Company, commerce: Commerce) -> None:
    domains = Counter(org["domain_names"][0] for org in company.all("organizations", company.end))
    assert sorted(count for count in domains.values() if count > 1) == [2, 2]
    mails = [(customer.email or "").split("@")[1] for customer in commerce.customers.values()]
    assert sum(mail in PUBLIC_DOMAINS for mail in mails) > 10
    owners = {org["domain_names"][0]: org["external_id"] for org in company.all("organizations", company.end)}
    contradicting = [
        customer
        for customer, mail in zip(commerce.customers.values(), mails, strict=True)
        if customer.account_id and domains[mail] == 1 and owners[mail] not in (None, customer.account_id)
    ]
    assert 2 <= len(contradicting) <= 3
    users = company.users.values()
    for org in (org for org, count in domains.items() if count > 1):
        emails = [user.email for user in users if user.email.endswith(f"@{org}")]
        assert len(emails) == len(set(emails))


def test_two_customers_have_the_same_name(commerce: Commerce) -> None:
    names = Counter(account.name for account in commerce.accounts)
    assert [count for count in names.values() if count > 1] == [2]


# -- churn -----------------------------------------------------------------------------------------------


def test_customers_leave_all_through_the_history_with_and_without_warning(commerce: Commerce, today: int) -> None:
    gone = churners(commerce, before=today)
    assert 22 <= len(gone) <= 32
    warned = [account for account in gone if account.signs]
    assert 0.5 <= len(warned) / len(gone) <= 0.7
    months = Counter(datetime.fromtimestamp(account.churned_at or 0, UTC).strftime("%Y-%m") for account in gone)
    assert len(months) >= 11 and max(months.values()) <= 5
    assert Counter(len(account.signs) for account in warned)[1] <= 3
    assert {sign for account in warned for sign in account.signs} == {
        "worsening", "silent_then_burst", "churn_language", "failed_payment", "downgrade", "renewal_frustration",
        "repeat_issue",
    }  # fmt: skip
    for account in warned:
        assert account.churned_at and account.warned_from
        assert 14 * DAY <= account.churned_at - account.warned_from <= 56 * DAY


def test_about_as_many_show_one_sign_and_stay(commerce: Commerce, today: int) -> None:
    stayers = [account for account in commerce.accounts if account.signs and not account.churned_at]
    assert 0.7 < len(stayers) / len(churners(commerce, before=today)) < 1.3
    assert all(len(account.signs) == 1 for account in stayers)
    assert {"failed_payment", "downgrade"} < {account.signs[0] for account in stayers}


def test_an_account_that_left_pays_no_more_and_hardly_writes(
    commerce: Commerce, tickets: dict[int, list[Life]], today: int
) -> None:
    late = 0
    for account in churners(commerce, before=today):
        ends = [s.ended_at for s in commerce.subscriptions.values() if s.customer_id in account.customer_ids]
        assert None not in ends and max(end for end in ends if end) == account.churned_at
        late += sum(
            life.created > account.churned_at + 3 * DAY for life in mine(tickets, account) if account.churned_at
        )
    assert late <= len(churners(commerce, before=today))


def signed(commerce: Commerce, sign: str) -> list[Account]:
    found = [account for account in commerce.accounts if sign in account.signs and not account.is_story]
    assert len(found) >= 3
    return found


def planted(tickets: dict[int, list[Life]], account: Account, *banks: str) -> list[Life]:
    return [life for life in mine(tickets, account) if set(banks) & set(life.stance)]


def test_worsening_is_five_tickets_in_two_weeks_that_sound_angrier(
    commerce: Commerce, tickets: dict[int, list[Life]]
) -> None:
    falls = []
    for account in signed(commerce, "worsening"):
        rows = [
            life for life in planted(tickets, account, *ANGER) if len(life.stance) >= 2 and len({*life.stance}) == 1
        ]
        assert len(rows) >= 5 and rows[-1].created - rows[0].created <= 14 * DAY
        felt = [feeling(life) for life in rows]
        assert mean(felt[-2:]) < mean(felt[:2]) - 0.2 and felt[-1] < -0.5
        falls.append(felt[-1] - felt[0])
    assert mean(falls) < -0.6


def test_silence_is_ninety_days_and_then_three_tickets_in_a_week(
    commerce: Commerce, tickets: dict[int, list[Life]]
) -> None:
    for account in signed(commerce, "silent_then_burst"):
        moments = [life.created for life in mine(tickets, account)]
        assert any(
            moments[n] - (moments[n - 1] if n else 0) >= 90 * DAY
            and sum(moments[n] <= at <= moments[n] + 7 * DAY for at in moments) >= 3
            for n in range(len(moments))
        )


def test_who_speaks_of_leaving_says_so_in_words(commerce: Commerce, tickets: dict[int, list[Life]]) -> None:
    words = ("cancel", "alternative", "competitor", "switch", "leave", "another tool", "another provider")
    for account in signed(commerce, "churn_language"):
        (life,) = planted(tickets, account, "leaving")
        assert life.intent == "cancellation"
        assert any(word in text(life).lower() for word in words) or not types_with_care(life.requester.habits)


def test_nobody_else_announces_that_they_leave(company: Company) -> None:
    phrases = ("cancel our subscription", "cancel our contract", "not renew", "go to a competitor", "we leave")
    for life in company.lives:
        if "leaving" not in life.stance and life.language == "en" and life.oddity != "megabyte":
            assert not any(phrase in text(life).lower() for phrase in phrases), text(life)


def test_the_same_issue_comes_back_within_a_week_of_its_solution(
    commerce: Commerce, tickets: dict[int, list[Life]]
) -> None:
    for account in signed(commerce, "repeat_issue"):
        (life,) = planted(tickets, account, "back.again")
        assert life.before is not None and (life.intent, life.area) == (life.before.intent, life.before.area)
        solved = solved_at(life.before)
        assert solved is not None and 0 < life.created - solved <= 7 * DAY
        assert f"#{life.before.id}" in text(life)


def test_frustration_before_a_renewal_is_open_and_within_sixty_days(
    commerce: Commerce, tickets: dict[int, list[Life]]
) -> None:
    for account in signed(commerce, "renewal_frustration"):
        rows = planted(tickets, account, "renewal.near")
        assert len(rows) >= 2 and mean(feeling(life) for life in rows) < -0.3
        subscription = [s for s in commerce.subscriptions.values() if s.customer_id in account.customer_ids][-1]
        ends = [line.end for invoice in invoices_of(commerce, subscription) for line in invoice.lines]
        for life in rows:
            assert solved_at(life) is None
            assert any(0 < end - life.created <= 60 * DAY for end in ends)


def test_failed_payments_and_downgrades_are_in_billing(commerce: Commerce) -> None:
    def subscription(account: Account) -> Subscription:
        return [s for s in commerce.subscriptions.values() if s.customer_id in account.customer_ids][-1]

    for account in signed(commerce, "failed_payment"):
        attempts = [a for i in invoices_of(commerce, subscription(account)) for a in i.attempts]
        assert any(not succeeded for _, succeeded in attempts)
    for account in signed(commerce, "downgrade"):
        ranks = [TIERS.index(phase.plan) for phase in subscription(account).phases]
        assert any(after < before for before, after in pairwise(ranks))


# -- the story, and the days after the history -----------------------------------------------------------


def test_the_story_leads_from_a_trial_to_the_warning(
    commerce: Commerce, tickets: dict[int, list[Life]], today: int
) -> None:
    (account,) = (account for account in commerce.accounts if account.is_story)
    (subscription,) = (s for s in commerce.subscriptions.values() if s.customer_id in account.customer_ids)
    customer, company = commerce.customers[subscription.customer_id], commerce.companies[account.company_ids[0]]
    assert len({account.name, customer.name, newest(company.changes, "name")}) == 3
    assert 140 * DAY < today - subscription.created < 190 * DAY and subscription.currency == "usd"
    phases = subscription.phases
    assert [phase.status for phase in phases[:2]] == ["trialing", "active"]
    plans = [phase.plan for phase in phases]
    assert [plan for plan, before in zip(plans, ["", *plans], strict=False) if plan != before] == [
        "business", "enterprise", "business",
    ]  # fmt: skip
    upgrade = next(i for i in invoices_of(commerce, subscription) if i.reason == "subscription_update")
    assert [line.amount < 0 for line in upgrade.lines] == [True, False] and upgrade.total > 0
    failed = next(i for i in invoices_of(commerce, subscription) if i.attempts and not i.attempts[0][1])
    assert 6 * HOUR <= failed.attempts[0][0] - today <= 8 * HOUR
    down = next(p for n, p in enumerate(phases) if n and phases[n - 1].plan == "enterprise" and p.plan == "business")
    assert down.at - today == 56 * HOUR
    assert account.churned_at is not None and 9 * DAY < account.churned_at - today < 11 * DAY
    renewal = datetime.fromisoformat(newest(company.changes, "renewal_date") or "").replace(tzinfo=UTC)
    assert 44 <= (renewal - datetime.fromtimestamp(today, UTC)) / timedelta(days=1) <= 46
    assert any(d.company_ids == (company.id,) and "Renewal" in (newest(d.changes, "dealname") or "")
               for d in commerce.deals.values())  # fmt: skip
    happy = [life for life in mine(tickets, account) if life.created < today]
    live = [life for life in mine(tickets, account) if life.created >= today]
    assert len(happy) >= 3 and all(feeling(life) > 0.3 for life in happy)
    assert all(6 * HOUR <= life.created - today <= 60 * HOUR for life in live) and len(live) >= 5
    felt = [feeling(life) for life in live]
    assert mean(felt[-3:]) < mean(felt[:3]) - 0.3
    assert sum("leaving" in life.stance for life in live) == 1


def test_others_have_trouble_and_pay_in_the_days_after_the_history(commerce: Commerce, today: int) -> None:
    soon = today + 3 * DAY
    others = [a for a in commerce.accounts if not a.is_story and today <= (a.warned_from or 0) < soon]
    assert len(others) >= 2 and any(a.churned_at for a in others)
    assert sum(today <= invoice.created < soon for invoice in commerce.invoices.values()) > 10


def test_the_truth_names_the_accounts_their_records_and_who_leaves(company: Company, commerce: Commerce) -> None:
    truth = company.truth()
    records = [(system, key) for row in truth["accounts"] for system, keys in row["records"].items() for key in keys]
    assert len(records) == len(set(records))
    assert {key for system, key in records if system == "billing"} == set(commerce.customers)
    assert {int(key) for system, key in records if system == "helpdesk"} == set(company.organizations)
    names = {row["id"] for row in truth["accounts"]}
    for row in truth["churn"]:
        assert row["account"] in names and (row["signs"] or row["churned_at"])
        assert row["organization_ids"] and row["customer_ids"]
    assert 200 < truth["churn_base"]["accounts"] <= len(commerce.customers)


def test_more_tickets_leave_the_events_as_they_were(company: Company) -> None:
    for event in company.truth()["events"]:
        for key in event["ticket_ids"]:
            life = company._life(int(key))
            assert life.incident is not None and life.incident.plan.id == event["id"] and not life.stance


def test_tickets_are_numbered_in_order_of_arrival_and_merged_ones_still_name_each_other(company: Company) -> None:
    lives = company.lives
    assert [life.id for life in lives] == list(range(lives[0].id, lives[0].id + len(lives)))
    assert all(one.created <= other.created for one, other in pairwise(lives))
    absorbed = [(life, int(step.says.partition(":")[2])) for life in lives for step in life.steps if ":" in step.says]
    assert len(absorbed) > 20
    for life, other in absorbed:
        assert company._life(other).twin is life


@pytest.mark.parametrize("arguments", [{"months": 1, "tickets_per_month": 5, "live_days": 2}, {"seed": 3, "months": 2}])
def test_a_small_company_sells_too(arguments: dict[str, int]) -> None:
    small = Company.simulate(**arguments)  # type: ignore[arg-type]
    start, end = int(small.start.timestamp()), int(small.end.timestamp())
    assert small.commerce.invoices and small.truth()["accounts"]
    assert all((account.churned_at or 0) < end for account in small.commerce.accounts)
    assert all(start <= life.created < end and life.steps for life in small.lives)
