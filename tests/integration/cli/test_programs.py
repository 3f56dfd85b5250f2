"""``flow dev`` and ``flow worker`` as processes: they start, work, start again, and end well."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60.0


class Program:
    """One command line in a process of its own."""

    def __init__(self, argv: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flowengine", *argv],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: SimpleQueue[str] = SimpleQueue()
        self.said: list[str] = []
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, text: str) -> str:
        """The next line that has *text* in it."""
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE_S)
            except Empty:
                pytest.fail(f"no line with {text!r} in:\n{''.join(self.said)}")
            self.said.append(line)
            if text in line:
                return line

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal it; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        """Make sure that it is gone, with its children."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self._lines.put(line)


class Project:
    """The test project over a database file of its own, with a folder of workflows."""

    def __init__(self, folder: Path) -> None:
        self.workflows = folder / "workflows"
        self.workflows.mkdir()
        self.settings = folder / "programs_settings.py"
        self.settings.write_text(
            f"from tests.settings import *\nFLOWENGINE = {{'WORKFLOW_DIRS': [{str(self.workflows)!r}]}}\n"
        )
        self._database = folder / "line.sqlite3"
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "programs_settings",
            "FLOWENGINE_TEST_DATABASE_URL": f"sqlite:///{self._database}",
            "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
            "PYTHONUNBUFFERED": "1",
            "NO_COLOR": "1",
        }
        self._programs: list[Program] = []
        migrate = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env=self._environment, check=True)

    def declare(self, name: str) -> None:
        text = f"{{workflow: {name}, on: {name}.begun, steps: [line.nothing]}}"
        (self.workflows / f"{name}.yaml").write_text(text)

    def start(self, *argv: str, **environment: str) -> Program:
        program = Program(list(argv), {**self._environment, **environment})
        self._programs.append(program)
        return program

    def flow(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flowengine", *argv],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def workers(self) -> list[str]:
        with closing(sqlite3.connect(self._database)) as connection:
            rows = connection.execute("SELECT state FROM flowengine_worker").fetchall()
            return [state for (state,) in rows]

    def close(self) -> None:
        for program in self._programs:
            program.close()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path)
    yield made
    made.close()


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_worker_does_what_is_emitted_elsewhere_and_ends_well_at_sigterm(
    project: Project,
) -> None:
    project.declare("first")
    project.flow("sync")
    worker = project.start("worker", "--concurrency", "2")
    worker.wait_for("working: beat, relay, routing, stations; stations default, till; 2 places")
    worker.wait_for("worker started")

    followed = project.flow("emit", "first.begun", "--follow")

    assert followed.returncode == 0, followed.stderr
    assert "first: succeeded" in followed.stderr
    assert worker.stop() == 0
    worker.wait_for("ended")


def test_a_worker_that_waits_for_its_database_ends_well_at_sigterm(project: Project) -> None:
    nobody = f"postgresql://flow@127.0.0.1:{a_free_port()}/flow"
    worker = project.start("worker", FLOWENGINE_TEST_DATABASE_URL=nobody)
    worker.wait_for("waiting for the database")

    assert worker.stop() == 0
    worker.wait_for("ended before it had begun")


def test_dev_serves_pages_and_work_and_takes_up_a_new_workflow(project: Project) -> None:
    project.declare("first")
    port = a_free_port()
    dev = project.start("dev", "--port", str(port))
    dev.wait_for(" workflows; new: ")
    dev.wait_for("Uvicorn running")
    with urlopen(f"http://127.0.0.1:{port}/flow/healthz", timeout=PATIENCE_S) as answer:
        assert answer.status == 200

    project.declare("second")
    dev.wait_for(" workflows; new: second")
    dev.wait_for("Uvicorn running")
    followed = project.flow("emit", "second.begun", "--follow")

    assert followed.returncode == 0, followed.stderr
    assert dev.stop() == 0
    assert set(project.workers()) == {"ended"}


def test_dev_starts_again_although_a_thread_of_the_project_never_ends(
    project: Project,
) -> None:
    project.declare("first")
    whole = project.settings.read_text()
    project.settings.write_text(
        f"{whole}\nimport os, threading\n"
        "if os.environ.get('RUN_MAIN') == 'true':\n"
        "    threading.Thread(target=threading.Event().wait).start()\n"
    )
    dev = project.start("dev", "--port", str(a_free_port()))
    dev.wait_for("Uvicorn running")

    project.declare("second")

    dev.wait_for(" workflows; new: second")
    dev.wait_for("Uvicorn running")


def test_dev_waits_for_a_file_that_does_not_import_to_be_mended(project: Project) -> None:
    project.declare("first")
    dev = project.start("dev", "--port", str(a_free_port()))
    dev.wait_for("Uvicorn running")
    whole = project.settings.read_text()

    project.settings.write_text(whole + "FLOWENGINE = no_such_name\n")
    dev.wait_for("NameError")
    dev.wait_for("waiting for a change")
    project.settings.write_text(whole)

    dev.wait_for("Uvicorn running")
    assert dev.stop() == 0


def test_dev_keeps_serving_when_a_file_has_an_error(project: Project) -> None:
    (project.workflows / "bad.yaml").write_text("{workflow: it, on: a.b, stesp: []}")

    dev = project.start("dev", "--port", str(a_free_port()), "--no-reload")

    dev.wait_for(": FE110 ")
    dev.wait_for("mend the file")
    dev.wait_for("Uvicorn running")
    assert dev.stop(signal.SIGINT) == 0


def test_dev_says_what_keeps_it_from_starting(project: Project, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = project.flow("dev", "--port", str(port))

    assert done.returncode == 2
    assert f"127.0.0.1:{port} is not free" in done.stderr
    assert f"--port {port + 1}" in done.stderr
    (tmp_path / "line.sqlite3").unlink()
    assert "hint: manage.py migrate" in project.flow("dev", "--port", str(port)).stderr
