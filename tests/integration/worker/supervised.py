"""Run by the tests of the supervisor: ``supervise`` is the supervisor, the other words a child.

Everybody reports what happens to the datagram socket of the test.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from flowengine.worker.liveness import Liveness, from_environment

ROUND_S = 0.02


def say(what: str, **fields: Any) -> None:
    """Tell the test."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.sendto(json.dumps({"what": what, "pid": os.getpid(), **fields}).encode(), sys.argv[1])


class Reports(logging.Handler):
    """Tells the test what the supervisor logs, and when."""

    def emit(self, record: logging.LogRecord) -> None:
        """Report one record."""
        say("logged", text=record.getMessage(), at=time.monotonic())


def supervise() -> int:
    """Supervise children of the kind that is asked for."""
    from flowengine.worker.supervisor import Patience, Supervisor

    logger = logging.getLogger("flowengine.worker")
    logger.addHandler(Reports())
    logger.setLevel(logging.INFO)
    processes, patience, kind = int(sys.argv[3]), json.loads(sys.argv[4]), sys.argv[5]
    supervisor = Supervisor(
        [sys.executable, __file__, sys.argv[1], kind]
        if kind != "missing"
        else ["/no/such/program"],
        processes=processes,
        patience=Patience(**patience),
        end_lease=lambda worker_id: say("lease ended", worker_id=str(worker_id)),
    )
    say("supervising")
    return supervisor.run()


def work(
    liveness: Liveness,
    *,
    on_term: Callable[[], None],
    beats: float = float("inf"),
    ends_at_s: float = 1e9,
) -> int:
    """The loop of a worker that has nothing to do."""
    signal.signal(signal.SIGTERM, lambda *_: on_term())
    liveness.beat()
    say(
        "started",
        worker_id=str(liveness.worker_id),
        group=os.getpgid(0),
        is_inherited="FLOWENGINE_LIVENESS_FD" in os.environ,
    )
    until = time.monotonic() + ends_at_s
    while time.monotonic() < until:
        if beats > 0:
            liveness.beat()
            beats -= 1
        if liveness.is_orphaned:
            say("orphaned")
            return 0
        time.sleep(ROUND_S)
    return 0


def child(kind: str) -> int:
    """A worker of that kind."""
    if kind == "mute":
        say("started")
        while True:
            time.sleep(60)
    if kind == "crashes":
        return 3
    liveness = from_environment(os.environ)
    assert liveness is not None
    match kind:
        case "good":
            return work(liveness, on_term=lambda: leave(0))
        case "drains badly":
            return work(liveness, on_term=lambda: leave(2))
        case "stubborn":
            return work(liveness, on_term=lambda: say("told"))
        case "falls silent":
            return work(liveness, on_term=lambda: leave(0), beats=2)
        case "recycles":
            return work(liveness, on_term=lambda: leave(0), ends_at_s=1.1)
    raise ValueError(kind)


def leave(code: int) -> None:
    """End as a worker does after its drain."""
    say("left")
    sys.exit(code)


if __name__ == "__main__":
    sys.exit(supervise() if sys.argv[2] == "supervise" else child(sys.argv[2]))
