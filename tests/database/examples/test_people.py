"""Hello, signup and onboarding: people arrive, confirm, or do not."""

from __future__ import annotations

from flowengine import emit
from flowengine.testing import Runner
from tests.examples import outside

USER = {"user_id": 7, "email": "ada@example.com", "first_name": "Ada"}
COMPANY = {
    "company_name": "Engines",
    "admin_id": 1,
    "admin_email": "babbage@example.com",
    "employees": [
        {"email": "ada@example.com", "roles": ["admin", "billing"]},
        {"email": "charles@example.com"},
    ],
}
ADA, CHARLES = (sum(email.encode()) for email in ("ada@example.com", "charles@example.com"))


def test_hello_is_composed_and_sent(flow: Runner) -> None:
    flow.send("user.registered", USER)

    run = flow.run_of("hello")
    assert run.state == "succeeded"
    assert run.output == {"message_id": "greeting-7"}
    assert outside.given("greetings.send") == [
        {"user_id": 7, "subject": "Hello", "body": "Good to see you, 7."}
    ]


# -- signup -----------------------------------------------------------------------------------------


def test_a_user_who_confirms_is_provisioned_and_gets_tips_two_days_later(flow: Runner) -> None:
    flow.send("user.registered", USER)
    flow.send("email.verified", {"user_id": "7"})
    asleep = flow.run_of("signup")
    early = outside.calls("accounts.send_tips")
    flow.advance("2d")

    run = flow.run_of("signup")
    assert (asleep.state, asleep.title, early) == ("waiting", "Welcome, Ada", [])
    assert run.state == "succeeded", run
    assert run.steps["verified"].output["data"] == {"user_id": "7"}
    assert outside.calls("accounts.provision", "accounts.send_tips", "accounts.send_reminder") == [
        "accounts.provision",
        "accounts.send_tips",
    ]


def test_a_user_who_confirms_before_the_wait_begins_is_found(flow: Runner) -> None:
    emit("user.registered", USER)
    flow.send("email.verified", {"user_id": 7})

    assert flow.run_of("signup").steps["verified"].state == "succeeded"


def test_a_user_who_confirms_late_is_reminded_and_provisioned(flow: Runner) -> None:
    emit("user.registered", USER)
    flow.advance("25h")
    emit("email.verified", {"user_id": 7})
    flow.advance("3d")

    run = flow.run_of("signup")
    assert run.state == "succeeded", run
    assert run.steps["verified"].state == "rescued"
    assert outside.calls("accounts.send_reminder") == ["accounts.send_reminder"]
    assert outside.calls("accounts.deactivate") == []


def test_a_user_who_never_confirms_is_deactivated_after_seven_days(flow: Runner) -> None:
    emit("user.registered", USER)
    flow.advance("6d")
    before = outside.calls("accounts.deactivate")
    flow.advance("25h")

    run = flow.run_of("signup")
    assert before == []
    assert run.state == "failed"
    assert run.failure is not None
    assert run.failure.code == "NeverVerified"
    assert run.failure.message == "User 7 did not confirm within 7 days"
    assert outside.calls("accounts.deactivate", "accounts.provision") == ["accounts.deactivate"]


def test_a_user_who_is_deleted_is_not_waited_for(flow: Runner) -> None:
    flow.send("user.registered", USER)
    flow.send("user.deleted", {"user_id": 7})

    assert flow.run_of("signup").state == "cancelled"


# -- company-onboarding, employee-setup, newsletter.subscribe ------------------------------------------


def test_a_company_is_set_up_with_all_its_people(flow: Runner) -> None:
    flow.send("company.signed", COMPANY)

    run = flow.run_of("company-onboarding")
    assert run.state == "succeeded", run
    assert run.steps["people"].output == [{"user_id": ADA}, {"user_id": CHARLES}]
    assert outside.given("tenants.activate") == [{"tenant_id": 7, "user_ids": [ADA, CHARLES]}]
    granted = [(each["user_id"], each["role"]) for each in outside.given("accounts.grant")]
    assert sorted(granted) == sorted([(ADA, "admin"), (ADA, "billing"), (CHARLES, "member")])
    assert {child.state for child in flow.runs_of("employee-setup")} == {"succeeded"}
    assert outside.given("newsletter.add") == [{"email": "babbage@example.com"}]


def test_an_employee_who_cannot_be_set_up_takes_the_tenant_back(flow: Runner) -> None:
    outside.fails("mail.invite", *[Exception("no such box")] * 6)
    emit("company.signed", COMPANY)
    flow.advance("1h")

    run = flow.run_of("company-onboarding")
    assert run.state == "failed"
    assert run.failure is not None
    assert run.failure.code == "ForEachFailed"
    assert outside.given("tenants.remove") == [{"tenant_id": 7}]
    assert outside.calls("tenants.activate", "newsletter.add") == []
    states = sorted(child.state for child in flow.runs_of("employee-setup"))
    assert "failed" in states
    assert set(states) <= {"failed", "cancelled"}


def test_a_newsletter_that_cannot_be_subscribed_to_does_not_hold_up_the_company(
    flow: Runner,
) -> None:
    outside.fails("newsletter.add", *[Exception("no")] * 3)
    emit("company.signed", COMPANY)
    flow.advance("1h")

    assert flow.run_of("company-onboarding").state == "succeeded"
    assert flow.run_of("newsletter.subscribe").state == "failed"


def test_an_employee_who_is_added_later_gets_the_default_role(flow: Runner) -> None:
    flow.send("employee.added", {"tenant_id": 7, "email": "ada@example.com", "locale": "fr"})

    assert flow.run_of("employee-setup").output == {"user_id": ADA}
    assert outside.given("accounts.grant") == [{"user_id": ADA, "role": "member"}]
    assert [each["locale"] for each in outside.given("accounts.create")] == ["fr"]
