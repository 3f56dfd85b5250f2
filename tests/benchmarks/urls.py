"""The pages of the test project, and two that are measured: the same request with and without ``emit()``."""

from __future__ import annotations

from django.db import transaction
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
def emitting(request: HttpRequest) -> HttpResponse:
    """Writes the same row, and emits an event in its transaction."""
    Order.objects.create(customer=request.GET["customer"])
    emit("chain.begun", DATA)
    return HttpResponse("ok")


urlpatterns = [
    *project,
    path("measured/plain", plain),
    path("measured/emitting", emitting),
]
