"""The pages of the test project, and three that are measured: a request, with another statement, with ``emit()``."""

from __future__ import annotations

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

from flowengine import emit
from tests.benchmarks.emit import DATA
from tests.project.models import Order
from tests.urls import urlpatterns as project


@transaction.atomic
def plain(request: HttpRequest) -> HttpResponse:
    """Writes one row."""
    Order.objects.create(customer=request.GET["customer"])
    return HttpResponse("ok")


@transaction.atomic
def asking(request: HttpRequest) -> HttpResponse:
    """Writes the same row, and makes the least that a statement can be."""
    Order.objects.create(customer=request.GET["customer"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return HttpResponse("ok")


@transaction.atomic
def emitting(request: HttpRequest) -> HttpResponse:
    """Writes the same row, and emits an event in its transaction."""
    Order.objects.create(customer=request.GET["customer"])
    emit("chain.begun", DATA)
    return HttpResponse("ok")


urlpatterns = [
    *project,
    path("measured/plain", plain),
    path("measured/asking", asking),
    path("measured/emitting", emitting),
]
