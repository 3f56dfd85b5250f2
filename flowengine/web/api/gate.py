"""The one gate of the API: who is signed in, with a token where something may change, and permitted.

An operation is registered with a :class:`Door`, and there with what it needs: there is no other way in,
and what has no need cannot be registered. The application itself lets nobody in, so an operation that
went round the doors would be refused to everybody. What a user may do at all is said here; whether he may
see *this* run is asked of :mod:`flowengine.access` besides, and the answer is that there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest
from ninja import Router
from ninja.constants import NOT_SET
from ninja.operation import Operation
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from flowengine import access
from flowengine.web.api.problems import Refusal, of_fields

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Need:
    """What a user needs."""

    name: str
    """For the reference: a permission, or words."""
    is_met: Callable[[Any], bool]
    """Asked of a user who is signed in."""


def permission(name: str) -> Need:
    """The need of a Django permission of ours: ``view_run``."""
    return Need(f"flowengine.{name}", lambda user: bool(user.has_perm(f"flowengine.{name}")))


def demand(request: HttpRequest, names: Iterable[str]) -> None:
    """Refuse who lacks one of these permissions of ours: what this request wants needs more than the gate.

    Raises:
        Refusal: 403.
    """
    for need in map(permission, names):
        if not need.is_met(request.user):
            raise Refusal(403, "FE802", f"This needs {need.name}.")


SIGNED_IN = Need("to be signed in", lambda _user: True)
NOBODY = Need("nobody", lambda _user: False)


class Session(AuthBase):
    """Django's session, its CSRF token for what may change something, and a need."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = "sessionid"

    def __init__(self, needs: Need) -> None:
        super().__init__()
        self.needs = needs
        self.parameters: frozenset[str] = frozenset()
        """The names that may stand in the query."""

    def __call__(self, request: HttpRequest) -> Any:
        """The user.

        Raises:
            Refusal: 401 or 403; 422 for what nobody asks for: a filter with a mistyped name would
                let everything through.
        """
        user = request.user
        if not access.is_known(user):
            raise Refusal(401, "FE801", "Nobody is signed in.")
        if request.method not in SAFE_METHODS and check_csrf(request):
            raise Refusal(
                403, "FE805", "Django's CSRF token is missing or old: send it as X-CSRFToken."
            )
        if not self.needs.is_met(user):
            raise Refusal(403, "FE802", f"This needs {self.needs.name}.")
        unknown = sorted(request.GET.keys() - self.parameters)
        if unknown:
            known = ", ".join(sorted(self.parameters)) or "no parameters"
            raise of_fields([{"loc": ("query", unknown[0]), "msg": f"there is {known}"}])
        return user


class Door:
    """The operations upon one kind of things."""

    def __init__(self, tag: str) -> None:
        self.router = Router(tags=[tag])

    def get(self, path: str, *, needs: Need, answer: Any = None) -> Callable[[View], View]:
        """Register what reads. *answer* is the type of what it gives; None = a response of its own."""
        return self._operation("GET", path, needs, answer, 200)

    def post(
        self, path: str, *, needs: Need, answer: Any = None, status: int = 200
    ) -> Callable[[View], View]:
        """Register what changes something."""
        return self._operation("POST", path, needs, answer, status)

    def _operation(
        self, method: str, path: str, needs: Need, answer: Any, status: int
    ) -> Callable[[View], View]:
        def register(view: View) -> View:
            session = Session(needs)
            text = (view.__doc__ or "").strip()
            self.router.add_api_operation(
                path,
                [method],
                view,
                auth=session,
                # What is not set is not there: a payload that may not be seen has no member at all.
                exclude_unset=True,
                operation_id=view.__name__,
                summary=text.split("\n", maxsplit=1)[0].rstrip("."),
                openapi_extra={"x-needs": needs.name},
                response=NOT_SET if answer is None else {status: answer},
            )
            every = (
                each for one in self.router.path_operations.values() for each in one.operations
            )
            operation = next(each for each in every if each.view_func is view)
            session.parameters = frozenset(_parameters(operation))
            return view

        return register


def _parameters(operation: Operation) -> Iterator[str]:
    """The names that *operation* reads from the query."""
    for model in operation.models:
        if model.__ninja_param_source__ == "query":
            yield from model.__ninja_flatten_map__
