"""What all of flowengine's admin pages have in common: they show, and they never read a whole table.

Lists go by an index (the time of creation, or the key), filters offer fixed choices, and counting
stops at a bound. Steps and history have no pages of their own: they stand on their run's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from flowengine.admin import showing
from flowengine.conf import settings

if TYPE_CHECKING:
    # Django's classes are generic for type checkers only.
    _Paginator = Paginator[Any]
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _Paginator, _ModelAdmin = Paginator, admin.ModelAdmin

COUNT_MAX = 10_000
VIEW_PAYLOAD = "flowengine.view_payload"


class BoundedPaginator(_Paginator):
    """Counts to a bound: the exact number of a million rows helps nobody and takes seconds."""

    @cached_property
    def count(self) -> int:
        """How many rows there are to page through, at most :data:`COUNT_MAX`."""
        rows = self.object_list
        return rows[:COUNT_MAX].count() if isinstance(rows, QuerySet) else len(rows)


class ReadOnlyAdmin(_ModelAdmin):
    """A model that can be looked at by who may view it, and changed by nobody."""

    actions: Sequence[str] | None = None
    list_per_page = 50
    show_full_result_count = False
    paginator = BoundedPaginator
    sortable_by = ()
    search_fields = ("pk",)
    search_help_text = _("A whole id")
    id_fields: ClassVar[Sequence[str]] = ("pk",)
    """The indexed UUID columns that a search looks at."""
    hidden_in_lists: ClassVar[Sequence[str]] = ()
    """Large columns that lists do not read."""
    shown: ClassVar[Sequence[str]] = ()
    """What the page of one row shows."""
    payloads: ClassVar[Sequence[str]] = ()
    """What it shows besides to who may see payloads."""
    screen: ClassVar[str] = ""
    """The name of the URL of the dashboard's screen of one row; empty = there is none."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of flowengine's database."""
        rows: QuerySet[Any] = self.model._default_manager.using(settings().DATABASE)  # noqa: SLF001 - public
        ordering = self.get_ordering(request)
        rows = rows.order_by(*ordering) if ordering else rows.all()
        return rows.defer(*self.hidden_in_lists)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The row of that id, or those that belong to it."""
        if not search_term:
            return queryset, False
        try:
            wanted = UUID(search_term.strip())
        except ValueError:
            return queryset.none(), False
        found = Q()
        for name in self.id_fields:
            found |= Q(**{name: wanted})
        return queryset.filter(found), False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """What is shown to this user."""
        link = ("in_flow",) if self.screen else ()
        return (*link, *self.shown, *(self.payloads if may_view_payload(request) else ()))

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        """The same: all of it."""
        return self.get_fields(request, obj)

    @admin.display(description=_("in flow"))
    def in_flow(self, row: Model) -> str:
        """A link to the dashboard's screen of it; nothing where a project has no dashboard."""
        return showing.screen_link(self.screen, row.pk, _("Open in flow"))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """By that permission alone: Django's own rule shows a row to who may change it, too."""
        return request.user.has_perm(f"flowengine.view_{self.opts.model_name}")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: rows come from the engine."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: a row changed by hand is a history that lies."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False


def may_view_payload(request: HttpRequest) -> bool:
    """This user may see data, inputs, outputs and error texts."""
    return request.user.has_perm(VIEW_PAYLOAD)
