"""The Dramatiq broker and actors that are measured: confirms, results in Redis."""

from __future__ import annotations

import os
import time

import dramatiq
from dramatiq import group, pipeline
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.middleware import GroupCallbacks
from dramatiq.rate_limits.backends import RedisBackend as LimitsInRedis
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend as ResultsInRedis

QUEUE = "peer_dramatiq"

broker = RabbitmqBroker(url=os.environ["PEER_BROKER_URL"], confirm_delivery=True)
results = ResultsInRedis(url=os.environ["PEER_RESULTS_URL"])
broker.add_middleware(Results(backend=results, store_results=True))
broker.add_middleware(GroupCallbacks(LimitsInRedis(url=os.environ["PEER_RESULTS_URL"])))
dramatiq.set_broker(broker)


@dramatiq.actor(queue_name=QUEUE)
def step(payload: str) -> float:
    """No work; the second since 1970 at which it began."""
    return time.time()


@dramatiq.actor(queue_name=QUEUE)
def join() -> float:
    """What follows when all parallel steps have ended."""
    return time.time()


def submit_chain(payload: str, steps: int) -> str:
    """Submit one chain; the ids of its first and its last step."""
    messages = [step.message_with_options(args=(payload,), pipe_ignore=True) for _ in range(steps)]
    pipeline(messages).run()
    return f"{messages[0].message_id} {messages[-1].message_id}"


def submit_wide(payload: str, branches: int) -> str:
    """Submit one run of parallel steps and what joins them."""
    joined = join.message()
    parallel = group([step.message(payload) for _ in range(branches)])
    parallel.add_completion_callback(joined)
    parallel.run()
    return str(joined.message_id)


def answer(message_id: str) -> float:
    """Wait for what a step left."""
    message = step.message("").copy(message_id=message_id)
    return float(results.get_result(message, block=True, timeout=30_000))
