"""PostgreSQL does in the scenes of the simulation's model what the model does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from django.db import Error, IntegrityError, InternalError, connection, transaction

from tests.database.interleavings.actor import Actor, Cast
from tests.simulation.read_committed import (
    SCENES,
    SEED,
    Add,
    Doing,
    End,
    Fail,
    Failed,
    Insert,
    Kill,
    Lock,
    Read,
    Scene,
    Swallow,
    Turn,
    Wait,
    in_any_order,
)

TABLE = "scratch_read_committed"


@pytest.fixture
def scratch(act: Cast) -> Iterator[None]:
    """A table of the scenes; dropped once every actor has come to its end."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(f"CREATE TABLE {TABLE} (k int PRIMARY KEY, u text UNIQUE, n int)")
        cursor.executemany(f"INSERT INTO {TABLE} VALUES (%s, %s, %s)", SEED)
    yield
    act.leave()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")


class Script:
    """What one connection does; each of its statements begins with its number."""

    def __init__(self, doings: tuple[Doing, ...]) -> None:
        self.told: list[Any] = []
        self.done = 0
        """Statements that the scene has let it do."""
        self._doings = doings
        self._written = 0

    def run(self) -> None:
        """Do all of it in one transaction."""
        try:
            with transaction.atomic():
                for doing in self._doings:
                    self._do(doing)
        except (Error, Failed) as error:
            self.told.append(_name(error))

    def following(self) -> str:
        """How its next statement begins."""
        self.done += 1
        return _mark(self.done)

    def _do(self, doing: Doing) -> None:
        match doing:
            case Add(key):
                self._execute(f"UPDATE {TABLE} SET n = n + 1 WHERE k = %s", key)
            case Read(key):
                self.told += self._execute(f"SELECT * FROM {TABLE} WHERE k = %s", key)
            case Lock(keys, skip, number):
                text = f"SELECT * FROM {TABLE} WHERE k = ANY(%s)"
                text += "" if number is None else f" AND n = {number}"
                text += " ORDER BY k FOR UPDATE" + " SKIP LOCKED" * skip
                self.told.append(tuple(self._execute(text, list(keys))))
            case Insert(row, ignore):
                text = f"INSERT INTO {TABLE} VALUES (%s, %s, %s)"
                text += " ON CONFLICT DO NOTHING" * ignore + " RETURNING k"
                self.told.append(bool(self._execute(text, *row)))
            case Fail():
                raise Failed
            case Swallow(doings, has_savepoint):
                with suppress(Error, Failed), ExitStack() as stack:
                    if has_savepoint:
                        stack.enter_context(transaction.atomic())
                    for each in doings:
                        self._do(each)

    def _execute(self, text: str, *parameters: Any) -> list[Any]:
        self._written += 1
        with connection.cursor() as cursor:
            cursor.execute(f"{_mark(self._written)} {text}", parameters)
            return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_postgresql_does_what_the_model_does(scene: Scene, act: Cast, scratch: None) -> None:
    scripts = [Script(doings) for doings in scene.does]
    actors: list[Actor[None]] = [act(script.run) for script in scripts]
    killed = set()
    for step in scene.steps:
        match step:
            case Turn(of):
                actors[of].past(scripts[of].following())
            case Wait(of, other):
                actors[of].until_it_waits(actors[other])
            case End(of):
                actors[of].ends()
            case Kill(of):
                killed.add(of)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [actors[of].pid])
    for actor in actors:
        actor.goes_on()  # all of them: of two in a deadlock, neither ends before the other goes on
    for actor in actors:
        actor.ends()

    told = [script.told for number, script in enumerate(scripts) if number not in killed]
    assert in_any_order(told) == in_any_order(scene.told)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {TABLE} ORDER BY k")
        assert tuple(cursor.fetchall()) == scene.rows


def _mark(number: int) -> str:
    return f"/* {number} of the scene */"


def _name(error: Exception) -> str:
    if isinstance(error, Failed):
        return "failed"
    if isinstance(error, IntegrityError):
        return "taken"
    if isinstance(error, InternalError):
        return "aborted"
    return "deadlock" if "deadlock" in str(error) else str(error)
