"""The demo's addresses."""

from django.contrib import admin
from django.urls import include, path

from flowengine.demo import views

urlpatterns = [
    path("", views.shop, name="shop"),
    path("orders/", views.place, name="place"),
    path("flow/", include("flowengine.urls")),
    path("admin/", admin.site.urls),
]
