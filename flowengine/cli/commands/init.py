"""Write a first workflow into an app of this project: its file, its tasks, and a page that shows it.

What is written is yours to change; what is there already is left as it is. flowengine's own tables are
made where they are missing.
"""

from __future__ import annotations

import difflib
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from string import Template

from django.apps import AppConfig, apps
from django.conf import global_settings
from django.conf import settings as django_settings
from django.core.management import call_command

from flowengine.checks import has_login
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.terminal import Style, Terminal, styled
from flowengine.conf import settings

WORKFLOW = """\
workflow: hello
title: Hello, $${{ event.data.name }}

on: hello.said

steps:
  - task: $package.listen
  - task: $package.answer
"""

TASKS = '''\
import time

import flowengine


@flowengine.task
def listen(name: str, ctx: flowengine.Attempt) -> dict:
    """Take two seconds, and say how far it is."""
    for heard in range(5):
        ctx.progress(heard / 5, f"{heard} of 5 words")
        time.sleep(0.4)
    return {"greeting": f"Hello, {name}"}


@flowengine.task
def answer(greeting: str) -> dict:
    """Its input is found by its name: the step above returned it."""
    return {"said": greeting}
'''

PAGE = '''\
"""A page with a button; pressing it emits an event, and the run is shown as it goes."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import include, path

from flowengine import emit


$login
def hello(request):
    run = None
    if request.method == "POST":
        name = request.user.get_username()
        run = emit("hello.said", {"name": name}, actor=request.user).run_ids["hello"]
    return render(request, "$label/hello.html", {"run": run})


urlpatterns = [
    path("hello/", hello),
    path("flow/", include("flowengine.urls")),
]
'''

TEMPLATE = """\
{% load flowengine %}<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Hello</title>
  {% flow_assets %}
</head>
<body>
  <form method="post">{% csrf_token %}<button>Say hello</button></form>
  {% if run %}{% flow_progress run %}{% endif %}
</body>
</html>
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``init``."""
    parser.add_argument(
        "app", nargs="?", metavar="APP", help="an app of the project (default: its only one)"
    )


def run(options: Namespace, terminal: Terminal) -> int:
    """Write what is missing, and say what is left to do."""
    app = _app(options.app)
    folder = Path(app.path)
    words = {"package": app.name.rpartition(".")[2], "label": app.label, "login": _login()}
    _write(folder / "workflows" / "hello.yaml", _filled(WORKFLOW, words), terminal)
    _write_tasks(folder / "tasks.py", terminal)
    _write(folder / "hello.py", _filled(PAGE, words), terminal)
    _write(folder / "templates" / app.label / "hello.html", TEMPLATE, terminal)
    call_command("migrate", "flowengine", database=settings().DATABASE, verbosity=0)
    terminal.say(f"flowengine's tables are in the database {settings().DATABASE!r}")
    urls = f"{django_settings.ROOT_URLCONF.replace('.', '/')}.py"
    terminal.say(f"\nadd to urlpatterns in {urls} (include is in django.urls):")
    terminal.say(styled(f'    path("", include("{app.name}.hello")),', Style.BOLD))
    if not has_login():
        terminal.say("and to the settings, so that flowengine's own pages find where to log in:")
        terminal.say(styled('    LOGIN_URL = "admin:login"', Style.BOLD))
    terminal.say("then open /hello/, log in (manage.py createsuperuser), and press the button")
    terminal.next("dev")
    return Exit.OK


def _app(label: str | None) -> AppConfig:
    """The app that is meant.

    Raises:
        Stopped: there is none of that label, or it has to be chosen.
    """
    own = {app.label: app for app in apps.get_app_configs() if _is_own(app)}
    if label in own:
        return own[label]
    if label is None and len(own) == 1:
        return next(iter(own.values()))
    if label is not None:
        near = difflib.get_close_matches(label, own, n=1)
        way = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(own) or 'none'}"
        problem = f"the project has no app '{label}' of its own"
    elif own:
        problem, way = "the project has several apps", f"name one of {', '.join(own)}"
    else:
        problem = "the project has no app of its own"
        way = "python manage.py startapp shop, and add 'shop' to INSTALLED_APPS"
    raise Stopped(problem, hint=way, exit_code=Exit.USAGE)


def _is_own(app: AppConfig) -> bool:
    """It belongs to the project: its folder is below this one, and nobody has installed it there."""
    path = Path(app.path).resolve()
    is_installed = {"site-packages", "dist-packages"} & set(path.parts)
    return path.is_relative_to(Path.cwd()) and not is_installed and app.name != "flowengine"


def _login() -> str:
    """The decorator of the page: who watches a run is logged in."""
    is_usual = django_settings.LOGIN_URL == global_settings.LOGIN_URL
    if is_usual and apps.is_installed("django.contrib.admin"):
        return '@login_required(login_url="admin:login")'
    return "@login_required"


def _filled(text: str, words: Mapping[str, str]) -> str:
    return Template(text).substitute(words)


def _write(path: Path, text: str, terminal: Terminal) -> None:
    shown = _shown(path)
    if path.exists():
        terminal.say(f"kept    {shown}: it is there already")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    terminal.data(f"{styled('wrote', Style.GREEN)}   {shown}")


def _write_tasks(path: Path, terminal: Terminal) -> None:
    """The tasks, below those that the app has already."""
    if not path.exists():
        _write(path, TASKS, terminal)
        return
    there = path.read_text(encoding="utf-8")
    if "def listen(" in there or "def answer(" in there:
        terminal.say(f"kept    {_shown(path)}: it has a listen or an answer already")
        return
    path.write_text(f"{there.rstrip()}\n\n\n{TASKS}", encoding="utf-8")
    terminal.data(f"{styled('added', Style.GREEN)}   two tasks to {_shown(path)}")


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
