from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict
from uuid import UUID

import pytest

from flowengine.definitions.task_signature import TaskSignature
from flowengine.errors import AuthorError
from flowengine.tasks import Attempt, registry, task
from flowengine.tasks.registry import read

if TYPE_CHECKING:
    from flowengine.engine.event import Event as OnlyForTypeCheckers


class Receipt(TypedDict):
    charge_id: str
    amount: str


@dataclass
class Label:
    code: str
    url: str


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_tasks", {})
    return iter(())


def signature(function: Any) -> TaskSignature:
    return read(function, name="shop.it").signature


def test_decorated_function_stays_the_plain_function_it_was() -> None:
    def double(number: int) -> int:
        return 2 * number

    decorated = task(name="shop.double")(double)

    assert decorated is double
    assert decorated(4) == 8


def test_registered_task_is_found_by_its_name() -> None:
    @task(name="shop.reserve", station="stock")
    def reserve(order_id: int) -> None: ...

    found = registry.get("shop.reserve")

    assert found is not None
    assert found.function is reserve
    assert registry.names() == {"shop.reserve"}
    assert registry.signatures()["shop.reserve"].station == "stock"
    assert registry.get("shop.unknown") is None


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("shop.tasks", "shop.reserve"),
        ("company.shop.tasks", "shop.reserve"),
        ("company.shop.tasks.stock", "shop.reserve"),
        ("shop.jobs", "shop.reserve"),
    ],
)
def test_default_name_is_the_app_and_the_function(module: str, name: str) -> None:
    def reserve() -> None: ...

    reserve.__module__ = module

    assert read(reserve).name == name


def test_function_in_no_package_is_asked_for_a_name() -> None:
    def reserve() -> None: ...

    reserve.__module__ = "tasks"

    with pytest.raises(AuthorError, match=r"in no package: name it, @task\(name='shop.reserve'\)"):
        read(reserve)


@pytest.mark.parametrize(
    "name", ["reserve", "shop.", "shop.reserve@0", "shop.re serve", "", "a..b"]
)
def test_name_that_no_workflow_can_write_is_refused(name: str) -> None:
    def reserve() -> None: ...

    with pytest.raises(AuthorError, match="write app") as caught:
        read(reserve, name=name)

    assert caught.value.code == "FE602"


def test_station_that_is_no_name_is_refused() -> None:
    def reserve() -> None: ...

    with pytest.raises(AuthorError, match="names a station"):
        read(reserve, name="shop.reserve", station="Main Hall")


def test_name_that_is_taken_is_refused_with_both_places() -> None:
    @task(name="shop.reserve")
    def first() -> None: ...

    with pytest.raises(AuthorError) as caught:

        @task(name="shop.reserve")
        def second() -> None: ...

    assert str(caught.value).count("test_registry.py:") == 2


def test_module_that_is_imported_twice_registers_its_tasks_again() -> None:
    def define() -> Any:
        @task(name="shop.reserve")
        def reserve() -> None: ...

        return reserve

    define()
    again = define()

    found = registry.get("shop.reserve")
    assert found is not None
    assert found.function is again


def test_parameters_without_default_are_required_and_the_others_optional() -> None:
    def it(order_id: int, *, note: str = "", count: int) -> None: ...

    assert signature(it) == TaskSignature(
        required=("order_id", "count"), optional=("note",), returns=()
    )


def test_keyword_collector_takes_anything() -> None:
    def it(**kwargs: Any) -> None: ...

    assert signature(it).extra


def test_ctx_is_no_input() -> None:
    def it(order_id: int, ctx: Attempt) -> None: ...

    found = read(it, name="shop.it")

    assert found.signature.required == ("order_id",)
    assert found.context == "ctx"


def test_parameter_annotated_as_attempt_receives_it_under_any_name() -> None:
    def it(attempt: Attempt, order_id: int) -> None: ...

    found = read(it, name="shop.it")

    assert found.context == "attempt"
    assert found.signature.required == ("order_id",)


def test_unresolvable_annotations_do_not_hide_the_others() -> None:
    def it(this: Attempt, event: OnlyForTypeCheckers, at: datetime) -> None: ...

    found = read(it, name="shop.it")

    assert found.context == "this"
    assert found.conversions == {"at": datetime}


def test_attempt_asked_for_twice_is_refused() -> None:
    def it(ctx: Any, attempt: Attempt) -> None: ...

    with pytest.raises(AuthorError, match="takes the attempt twice, as ctx and attempt"):
        signature(it)


def test_collected_positionals_are_refused() -> None:
    def it(*orders: int) -> None: ...

    with pytest.raises(AuthorError, match=r"has \*orders; inputs are filled by name"):
        signature(it)


def test_positional_only_parameters_are_refused() -> None:
    def it(order: int, /) -> None: ...

    with pytest.raises(AuthorError, match="takes 'order' by position only"):
        signature(it)


def test_generators_are_refused() -> None:
    def it() -> Any:
        yield 1

    async def async_it() -> Any:
        yield 1

    for each in (it, async_it):
        with pytest.raises(AuthorError, match="yields; a task returns its result"):
            signature(each)


def test_classes_and_methods_are_refused() -> None:
    class Shop:
        def reserve(self) -> None: ...

    with pytest.raises(AuthorError, match="is a type; a task is a def or an async def"):
        signature(Shop)
    with pytest.raises(AuthorError, match="is a method; a task is a function of a module"):
        signature(Shop.reserve)


def test_refusal_names_the_file_and_the_line() -> None:
    def it(*orders: int) -> None: ...

    with pytest.raises(AuthorError, match=r"test_registry\.py:\d+: task 'shop\.it' has"):
        signature(it)


def test_async_function_is_not_synchronous() -> None:
    async def it() -> None: ...

    found = read(it, name="shop.it")

    assert found.is_async
    assert not found.signature.synchronous


def test_simple_types_that_json_lacks_are_converted() -> None:
    def it(
        at: datetime, price: Decimal | None, key: UUID, count: int, both: int | UUID
    ) -> None: ...

    found = read(it, name="shop.it")

    assert set(found.conversions) == {"at", "price", "key"}


def test_names_of_a_returned_mapping_are_known() -> None:
    def typed() -> Receipt:
        raise NotImplementedError

    async def data() -> Label:
        raise NotImplementedError

    assert signature(typed).returns == ("charge_id", "amount")
    assert signature(data).returns == ("code", "url")


def test_plain_mapping_is_not_known_and_a_plain_value_has_no_names() -> None:
    def mapping() -> dict[str, Any]:
        raise NotImplementedError

    def undeclared():  # type: ignore[no-untyped-def] # noqa: ANN202 - what the test is about
        raise NotImplementedError

    def values() -> list[int]:
        raise NotImplementedError

    assert signature(mapping).returns is None
    assert signature(undeclared).returns is None
    assert signature(values).returns == ()
