"""One run that a test acts on, and looks at again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol, Unpack
from uuid import UUID

from flowengine.engine.run import Failure
from flowengine.orchestration.emit import Options
from flowengine.testing.reading import SeenRun, SeenStep, run_by_id


class Acting(Protocol):
    """What acts on runs: the runner."""

    def send(self, type: str, data: Any = None, **options: Unpack[Options]) -> Any:  # noqa: A002
        """An event comes."""

    def advance(self, by: timedelta | float | str) -> None:
        """Time passes."""

    def answer(
        self,
        run: UUID,
        step: str,
        *,
        user: Any,
        approved: bool = True,
        comment: str = "",
        form: Mapping[str, Any] | None = None,
    ) -> None:
        """Somebody answers an approval."""

    def resume(self, run: UUID, **edit: Any) -> None:
        """Somebody resumes a run."""

    def give_up(self, run: UUID, *, reason: str = "") -> None:
        """Somebody gives a run up."""

    def cancel(self, run: UUID, *, reason: str = "") -> None:
        """Somebody cancels a run."""


class Followed:
    """A run by its id; each look reads it anew."""

    def __init__(self, runner: Acting, run_id: UUID) -> None:
        self._runner = runner
        self.id = run_id

    def __str__(self) -> str:
        return str(self.seen)

    @property
    def seen(self) -> SeenRun:
        """The run as it is now."""
        found = run_by_id(self.id)
        assert found is not None, "it was there when it was followed"
        return found

    @property
    def state(self) -> str:
        """``running``, ``waiting``, ``succeeded`` …"""
        return self.seen.state

    @property
    def output(self) -> Any:
        """What it ended with."""
        return self.seen.output

    @property
    def failure(self) -> Failure | None:
        """Why it failed."""
        return self.seen.failure

    @property
    def steps(self) -> Mapping[str, SeenStep]:
        """Its steps that have begun."""
        return self.seen.steps

    @property
    def line(self) -> Sequence[str]:
        """The steps in the order in which they began."""
        return self.seen.line

    @property
    def children(self) -> list[Followed]:
        """The runs that its steps called, in the order of their start."""
        return [Followed(self._runner, child.id) for child in self.seen.children]

    def send(self, type: str, data: Any = None, **options: Unpack[Options]) -> None:  # noqa: A002
        """An event comes; see ``Runner.send``."""
        self._runner.send(type, data, **options)

    def advance(self, by: timedelta | float | str) -> None:
        """Time passes; see ``Runner.advance``."""
        self._runner.advance(by)

    def answer(
        self,
        step: str,
        *,
        user: Any,
        approved: bool = True,
        comment: str = "",
        form: Mapping[str, Any] | None = None,
    ) -> None:
        """Somebody answers an approval; see ``Runner.answer``."""
        self._runner.answer(self.id, step, user=user, approved=approved, comment=comment, form=form)

    def resume(self, **edit: Any) -> None:
        """Somebody has mended what it failed of; see ``Runner.resume``."""
        self._runner.resume(self.id, **edit)

    def give_up(self, *, reason: str = "") -> None:
        """Nobody will mend it; see ``Runner.give_up``."""
        self._runner.give_up(self.id, reason=reason)

    def cancel(self, *, reason: str = "") -> None:
        """Somebody wants it to end; see ``Runner.cancel``."""
        self._runner.cancel(self.id, reason=reason)

    def assert_line(self, expected: Sequence[str]) -> None:
        """Fail unless these steps have begun, in this order; see :meth:`SeenRun.assert_line`."""
        self.seen.assert_line(expected)
