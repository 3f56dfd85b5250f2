"""What figures and ratios are to reach. A mark that is missed is told, and is no failure."""

from __future__ import annotations

from dataclasses import replace

from tests.benchmarks.figures import Figure, at_least, at_most
from tests.benchmarks.side_by_side import BROKERED, OURS

MARKS = {
    "definitions.check_200_steps_ms": at_most(100),
    "definitions.worst_hostile_file_ms": at_most(100),
    "expressions.filters_per_s": at_least(50_000),
    "W0: durable steps, queue preloaded": at_least(2_000),
    "emit -> first step, idle, p50": at_most(3),
    "emit -> first step, idle, p99": at_most(8),
    "emit -> chain end, idle, p50": at_most(6),
    "emit -> chain end, idle, p99": at_most(25),
    "emit -> first step, 70 % load, p99": at_most(100),
    "emit() adds to the p50 of a request": at_most(0.35),
    "W0 processor": at_most(0.35),
    "W1 processor": at_most(0.6),
    "W0 rows written": at_most(4),
    "W3 first step, p50": at_most(3),
    "W3 first step, p99": at_most(8),
    "W3 last step, p50": at_most(6),
    "W3 last step, p99": at_most(25),
    "relay: 1,000,000 events due, grows by": at_most(5),
    "idle worker": at_most(0.5),
    "idle worker, resident": at_most(80),
    "two workers at work, resident": at_most(160),
    "two workers at work, slope": at_most(1),
    "dead: page of a cause, 1,000,000 letters": at_most(100),
    "dead: list of causes, 1,000,000 letters": at_most(100),
    "dead: list of letters, 1,000,000 letters": at_most(100),
    "dead: words that are nowhere, 1,000,000 letters": at_most(500),
    "embedded: durable steps, preloaded": at_least(1_500),
    "embedded: emit -> first step, idle, p50": at_most(10),
    "live: 200 changes/s, 1,000 sockets, p50": at_most(15),
    "live: 200 changes/s, 1,000 sockets, p99": at_most(60),
    "live: one change to 1,000 sockets, last of them": at_most(60),
    "live: idle, of a core for 1,000 sockets": at_most(1),
    "live: idle, to each socket": at_most(150),
    "live: nobody there, transactions per heartbeat": at_most(0.5),
    "live: 1,000 sockets cut off, told again, p99": at_most(5_000),
    "live: 200 changes/s, 1,000 sockets, committed -> painted, p50": at_most(60),
    "live: 200 changes/s, 1,000 sockets, committed -> painted, p99": at_most(250),
    "live: storm of 5,000, all are back": at_most(60),
    "live: storm of 5,000, away or wrong at the end": at_most(0),
    "dashboard: 10,000 rows at a quarter of the speed, frame p95": at_most(20),
    "dashboard: 10,000 rows at a quarter of the speed, main thread of a frame": at_most(20),
    "dashboard: 1,000 changes/s, longest task": at_most(50),
    "dashboard: 1,000 changes/s, heap grown in a minute": at_most(1),
    "dashboard: floor at a quarter of the speed, 200 runs moving, frame p95": at_most(20),
    "dashboard: floor at a quarter of the speed, 60 flows, main thread": at_most(30),
    "dashboard: 1,000 changes/s, main thread": at_most(30),
    **{
        f"dashboard: {what} of the {screen}, {events} events": at_most(mark)
        for screen in ("floor", "runs")
        for events in ("50,000", "1,000,000")
        for what, mark in (("first paint", 800), ("largest paint", 1_200), ("shift", 0.02))
    },
    "import in a web process that emits": at_most(60),
    "import in a web process that emits, resident": at_most(15),
}
"""What our own figures of these names are to reach, in their units."""
BROKERED_MARKS = {
    "W0 processor": at_most(0.35),
    "W0 rows written": at_most(4),
    "W3 first step, p50": at_most(3),
    "W3 first step, p99": at_most(8),
    "W3 last step, p50": at_most(10),
    "W3 last step, p99": at_most(25),
}
"""The same where every step goes through the broker."""
RATIO_MARKS = {
    "w0_vs_celery": at_least(10),
    "w0_vs_dramatiq": at_least(4.5),
    "w0_vs_pika_hop": at_least(0.5),
    "w0_hand_to_hand_vs_celery": at_least(30),
    "w0_hand_to_hand_vs_dramatiq": at_least(15),
    "w1_vs_celery": at_least(5),
    "w1_vs_dramatiq": at_least(2.5),
    "w2_vs_celery": at_least(8),
    "w2_vs_dramatiq": at_least(4),
    "emit_vs_celery": at_least(2),
    "emit_many_vs_celery": at_least(6),
    "relay_many_vs_few": at_least(0.8),
    "w0_slow_disk_vs_fast": at_least(0.8),
    **{
        f"growth_{name}": at_most(1.15)
        for name in (
            *("loop_1000", "loop_10000", "chain_200", "fan_500", "workflows_500"),
            *("history_1000000", "history_10000000"),
        )
    },
    "live_fan_out_channels_vs_ours": at_least(3),
}
"""What one is to be beside another. Of what grows, a large case may cost less than a small one."""
_OF_SYSTEM = {OURS: MARKS, BROKERED: BROKERED_MARKS}


def marked(figure: Figure) -> Figure:
    """The same with its mark, if it is one of ours that has one."""
    return replace(figure, mark=_OF_SYSTEM.get(figure.system, {}).get(figure.name))
