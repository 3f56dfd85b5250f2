"""The Celery application that is measured: nothing may be lost, so late acks, confirms, quorum queues.

Results in Redis are volatile; that is Celery's fastest way to record them.
"""

from __future__ import annotations

import os
import time

from celery import Celery, chain, chord, group

QUEUE = "peer_celery"

app = Celery("peer", broker=os.environ["PEER_BROKER_URL"], backend=os.environ["PEER_RESULTS_URL"])
app.conf.update(
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
    broker_transport_options={"confirm_publish": True},
    result_serializer="json",
    task_acks_late=True,
    task_default_queue=QUEUE,
    task_default_queue_type="quorum",
    task_reject_on_worker_lost=True,
    task_serializer="json",
    worker_detect_quorum_queues=True,
    worker_enable_remote_control=False,
    worker_prefetch_multiplier=int(os.environ.get("PEER_PREFETCH", "20")),
    worker_send_task_events=False,
)


@app.task(name="peer.step")
def step(payload: str) -> float:
    """No work; the second since 1970 at which it began."""
    return time.time()


@app.task(name="peer.join")
def join(ended: list[float]) -> float:
    """What follows when all parallel steps have ended."""
    return time.time()


def submit_chain(payload: str, steps: int) -> str:
    """Submit one chain; the id of its first step."""
    last = chain(*[step.si(payload) for _ in range(steps)]).apply_async()
    first = last
    while first.parent is not None:
        first = first.parent
    return f"{first.id} {last.id}"


def submit_wide(payload: str, branches: int) -> str:
    """Submit one run of parallel steps and what joins them."""
    return str(chord(group(step.si(payload) for _ in range(branches)))(join.s()).id)


def answer(task_id: str) -> float:
    """Wait for what a step left."""
    return float(app.AsyncResult(task_id).get(timeout=30, interval=0.001))
