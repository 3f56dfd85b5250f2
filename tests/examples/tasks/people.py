"""Users, accounts, companies, and the mail they get."""

from __future__ import annotations

from typing import TypedDict

from flowengine import Attempt, task
from tests.examples.outside import called
from tests.project.models import Mark


class Greeting(TypedDict):
    subject: str
    body: str


class Sent(TypedDict):
    message_id: str


class Account(TypedDict):
    user_id: int


class Tenant(TypedDict):
    tenant_id: int


class Subscription(TypedDict):
    subscription_id: str


@task(name="greetings.compose")
def compose(user_id: int) -> Greeting:
    called("greetings.compose", user_id=user_id)
    return {"subject": "Hello", "body": f"Good to see you, {user_id}."}


@task(name="greetings.send")
async def send(user_id: int, subject: str, body: str) -> Sent:
    called("greetings.send", user_id=user_id, subject=subject, body=body)
    return {"message_id": f"greeting-{user_id}"}


@task(name="accounts.send_verification")
def send_verification(user_id: int, email: str) -> Sent:
    called("accounts.send_verification", user_id=user_id, email=email)
    return {"message_id": f"verification-{user_id}"}


@task(name="accounts.send_reminder")
def send_reminder(user_id: int, email: str) -> None:
    called("accounts.send_reminder", user_id=user_id, email=email)


@task(name="accounts.deactivate")
def deactivate(user_id: int) -> None:
    called("accounts.deactivate", user_id=user_id)


@task(name="accounts.provision")
def provision(ctx: Attempt, user_id: int) -> None:
    Mark.objects.create(run_id=ctx.run_id, step=ctx.step, attempt=ctx.attempt)
    called("accounts.provision", user_id=user_id)


@task(name="accounts.send_tips")
def send_tips(user_id: int) -> None:
    called("accounts.send_tips", user_id=user_id)


@task(name="accounts.create")
def create(ctx: Attempt, tenant_id: int, email: str, locale: str = "en") -> Account:
    Mark.objects.create(run_id=ctx.run_id, step=ctx.step, attempt=ctx.attempt)
    called("accounts.create", tenant_id=tenant_id, email=email, locale=locale)
    return {"user_id": sum(email.encode())}


@task(name="accounts.grant")
def grant(user_id: int, role: str) -> None:
    called("accounts.grant", user_id=user_id, role=role)


@task(name="mail.invite")
def invite(user_id: int, email: str) -> Sent:
    called("mail.invite", user_id=user_id, email=email)
    return {"message_id": f"invitation-{user_id}"}


@task(name="tenants.create")
def create_tenant(ctx: Attempt, company_name: str) -> Tenant:
    Mark.objects.create(run_id=ctx.run_id, step=ctx.step, attempt=ctx.attempt)
    called("tenants.create", company_name=company_name)
    return {"tenant_id": 7}


@task(name="tenants.remove")
def remove_tenant(tenant_id: int) -> None:
    called("tenants.remove", tenant_id=tenant_id)


@task(name="tenants.activate")
def activate(tenant_id: int, user_ids: list[int]) -> None:
    called("tenants.activate", tenant_id=tenant_id, user_ids=user_ids)


@task(name="newsletter.add")
def add(email: str) -> Subscription:
    called("newsletter.add", email=email)
    return {"subscription_id": f"news for {email}"}
