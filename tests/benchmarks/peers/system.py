"""Celery and Dramatiq as systems: their workers as processes, what they did counted in Redis."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pika
import redis

from tests.benchmarks.systems import CHAIN_STEPS, WIDE_STEPS, Delays, Done
from tests.benchmarks.usage import Usage
from tests.faults.line import ROOT
from tests.nodes.process import Process, end, spawn, tail

LIMIT_S = 180.0
LOOK_S = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One peer in one configuration."""

    name: str
    module: str
    """``celery`` or ``dramatiq``: what follows before ``_app`` in this package."""
    workers: tuple[tuple[str, ...], ...]
    """The commands of its workers."""
    queues: tuple[str, ...]
    results: str
    """A pattern of the keys of the results in Redis: one for each step."""
    database: int
    """The number of a Redis database that nobody else uses; it is emptied."""
    environment: tuple[tuple[str, str], ...] = ()

    def on(self, broker_url: str, redis_url: str) -> PeerSystem:
        """It, on these services."""
        return PeerSystem(self, broker_url, redis_url.rsplit("/", 1)[0] + f"/{self.database}")


_CELERY = ("celery", "-A", "tests.benchmarks.peers.celery_app", "worker", "--loglevel", "ERROR")
_LEAN = ("--without-gossip", "--without-mingle")

CELERY = Peer(
    name="celery",
    module="celery",
    workers=tuple(
        (*_CELERY, *_LEAN, "-P", "threads", "-c", "8", "-n", f"peer{n}@%h") for n in range(2)
    ),
    queues=("peer_celery",),
    results="celery-task-meta-*",
    database=9,
)
CELERY_PREFORK = Peer(
    name="celery, prefork",
    module="celery",
    workers=((*_CELERY, *_LEAN, "-P", "prefork", "-c", "2", "-n", "peer@%h"),),
    queues=("peer_celery",),
    results="celery-task-meta-*",
    database=9,
    environment=(("PEER_PREFETCH", "50"),),
)
DRAMATIQ = Peer(
    name="dramatiq",
    module="dramatiq",
    workers=(("dramatiq", "tests.benchmarks.peers.dramatiq_app", "-p", "2", "-t", "8"),),
    queues=("peer_dramatiq", "peer_dramatiq.DQ", "peer_dramatiq.XQ"),
    results="?" * 32,  # a digest
    database=10,
)


class PeerSystem:
    """A peer on the services of this machine."""

    def __init__(self, peer: Peer, broker_url: str, results_url: str) -> None:
        self.name = peer.name
        self._peer = peer
        self._broker_url = broker_url
        self._results = redis.Redis.from_url(results_url)
        self._environment = {
            "PEER_BROKER_URL": broker_url,
            "PEER_RESULTS_URL": results_url,
            **dict(peer.environment),
        }

    def preloaded(self, runs: int) -> Done:
        """All submitted, then the workers are started; from the first result to the last."""
        self._clean()
        self._submit("chain", runs)
        with self._workers() as workers:
            self._until(1)
            usage, began = Usage([w.pid for w in workers]), time.perf_counter()
            self._until(runs * CHAIN_STEPS)
            return self._done(runs * CHAIN_STEPS, time.perf_counter() - began, usage)

    def submitted(self, runs: int) -> Done:
        """From the begin of the first submission to the last result."""
        return self._worked("chain", runs, CHAIN_STEPS)

    def wide(self, runs: int) -> Done:
        """The same of ten parallel steps and their join."""
        return self._worked("wide", runs, WIDE_STEPS)

    def many(self, _runs: int) -> None:
        """It submits one at a time."""

    def idle(self, runs: int) -> Delays:
        """One at a time, with warm workers."""
        self._clean()
        with self._workers():
            self._warm()
            found = self._submit("idle", runs)
        return Delays(first_step=found["first"], last_step=found["last"])

    def _worked(self, what: str, runs: int, steps: int) -> Done:
        self._clean()
        with self._workers() as workers:
            self._warm()
            usage, began = Usage([w.pid for w in workers]), time.perf_counter()
            # The submitter ends before its processor time could be asked for: it is asked itself.
            submitted = self._submit(what, runs)
            self._until(runs * steps)
            seconds = time.perf_counter() - began - submitted["started"]
            done = self._done(runs * steps, seconds, usage)
        own = 1000 * submitted["cpu"] / (runs * steps)
        return Done(
            steps_per_s=done.steps_per_s,
            cpu_s_per_1000={**done.cpu_s_per_1000, "submitter": own},
            submits_per_s=runs / submitted["seconds"],
        )

    def _done(self, steps: int, seconds: float, usage: Usage) -> Done:
        used = {who: 1000 * s / steps for who, s in usage.parts().items()}
        recorded = self._recorded()
        assert recorded == steps, f"{self.name}: {recorded} results of {steps} steps"
        return Done(steps_per_s=steps / seconds, cpu_s_per_1000=used)

    @contextmanager
    def _workers(self) -> Iterator[Sequence[Process]]:
        with tempfile.TemporaryDirectory() as directory:
            self._logs = Path(directory)
            started = [
                spawn(
                    [sys.executable, "-m", *command],
                    directory=ROOT,
                    log=self._logs / f"{n}.log",
                    environment=self._environment,
                )
                for n, command in enumerate(self._peer.workers)
            ]
            try:
                yield started
            finally:
                everyone = [*started, *(c for worker in started for c in worker.children())]
                end(everyone, gently_s=10.0, first=signal.SIGTERM)

    def _warm(self) -> None:
        """Every worker has connected, and one piece has gone through."""
        self._submit("chain", 20)
        self._until(20 * CHAIN_STEPS)
        self._results.flushdb()

    def _submit(self, what: str, runs: int) -> dict[str, Any]:
        began = time.time()
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.benchmarks.peers.submit"),
                *(self._peer.module, what, str(runs)),
            ],
            cwd=ROOT,
            env={**os.environ, **self._environment},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        # Starting a Python process is nobody's work.
        found["started"] = found["began"] - began
        return found

    def _until(self, results: int) -> None:
        """Wait until so many results are there."""
        until = time.monotonic() + LIMIT_S
        while self._results.dbsize() < results or self._recorded() < results:
            if time.monotonic() > until:
                logs = "\n".join(tail(log) for log in sorted(self._logs.glob("*.log")))
                raise AssertionError(f"{self.name}: {self._recorded()} of {results}\n{logs}")
            time.sleep(LOOK_S)

    def _recorded(self) -> int:
        return sum(1 for _ in self._results.scan_iter(self._peer.results, count=5_000))

    def _clean(self) -> None:
        self._results.flushdb()
        connection = pika.BlockingConnection(pika.URLParameters(self._broker_url))
        channel = connection.channel()
        for queue in self._peer.queues:
            channel.queue_delete(queue)
        connection.close()
