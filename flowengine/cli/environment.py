"""Django for a command: the project's, or a bare one for what needs no project."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings

from flowengine.cli.exits import Exit, Stopped

VARIABLE = "DJANGO_SETTINGS_MODULE"


def prepare(settings_name: str | None, pythonpath: str | None) -> bool:
    """Make Django ready; False = there is no project, only what is needed to read arguments.

    Raises:
        Stopped: the project's settings cannot be read, or have no flowengine in them.
    """
    if not apps.ready:
        sys.path.insert(0, pythonpath or str(Path.cwd()))
        if settings_name:
            os.environ[VARIABLE] = settings_name
        if not os.environ.get(VARIABLE) and not settings.configured:
            prepare_without_project()
            return False
        _set_up()
    if not apps.is_installed("flowengine"):
        raise Stopped(
            "this project does not have flowengine",
            hint="add 'flowengine' to INSTALLED_APPS",
            exit_code=Exit.USAGE,
        )
    return True


def prepare_without_project() -> None:
    """A bare Django, whatever settings are named; inside a project, the project's."""
    if not apps.ready:
        settings.configure(INSTALLED_APPS=["flowengine"], USE_TZ=True)
        django.setup()


def no_project(prog: str, command: str) -> Stopped:
    """What to say where a command needs a project and there is none."""
    return Stopped(
        f"'{prog} {command}' works on a Django project, and none is named",
        hint=(
            f"run `python manage.py flow {command}` in the project, or name its settings:"
            f" {prog} {command} --settings shop.settings (or the variable {VARIABLE})"
        ),
        exit_code=Exit.USAGE,
    )


def refuse_inside_project() -> None:
    """The demo is a project of its own, and a process has one.

    Raises:
        Stopped: Django is ready, with the project's settings.
    """
    if apps.ready:
        raise Stopped(
            "the demo is a project of its own; it does not run inside yours",
            hint="flowengine demo",
            exit_code=Exit.USAGE,
        )


def _set_up() -> None:
    try:
        django.setup()
    except ModuleNotFoundError as error:
        name = os.environ.get(VARIABLE, "")
        if error.name is None or not name.startswith(error.name):
            raise
        raise Stopped(
            f"{VARIABLE} is {name!r}, and there is no module {error.name!r}",
            hint="run it in the folder of manage.py, or give --pythonpath",
            exit_code=Exit.USAGE,
        ) from error
