"""What the machine could do at most, were a step nothing but its rows and its hops."""

from __future__ import annotations

import pytest

from tests.benchmarks.ceiling import Clients, at_most, figures, ratios, steps_per_s, table
from tests.benchmarks.figures import at_least
from tests.benchmarks.side_by_side import BROKERED, HOP, OURS, ROWS, Turns

CORES = 2
RATE, COST = "steps/s", "s/1,000"


@pytest.fixture
def turns() -> Turns:
    """One turn: four rows of 20 us each, half of them PostgreSQL's; a hop of 60 us, of which RabbitMQ 40."""
    found = Turns()
    for system, value in ((OURS, 5_000.0), (BROKERED, 3_000.0), ("celery", 1_000.0)):
        found.add("W0", system, RATE, value)
    found.add("W0 rows written", OURS, "rows/step", 4.0)
    found.add("W0 rows written", BROKERED, "rows/step", 7.0)
    found.add("W0 processor of client", ROWS, COST, 0.010)
    found.add("W0 processor of PostgreSQL", ROWS, COST, 0.010)
    found.add("W0 processor of client", HOP, COST, 0.020)
    found.add("W0 processor of RabbitMQ", HOP, COST, 0.040)
    return found


def test_step_of_rows_alone_takes_all_cores_for_its_rows() -> None:
    assert steps_per_s(2, rows=4, row_s=20e-6) == pytest.approx(25_000)


def test_hop_of_a_step_counts_beside_its_rows() -> None:
    assert steps_per_s(2, rows=4, row_s=20e-6, hops=1, hop_s=20e-6) == pytest.approx(20_000)


def test_step_from_hand_to_hand_takes_no_hop(turns: Turns) -> None:
    assert at_most(turns, "W0", OURS, Clients.RAW, CORES) == [pytest.approx(2 / 80e-6)]
    assert at_most(turns, "W0", OURS, Clients.NONE, CORES) == [pytest.approx(2 / 40e-6)]


def test_step_by_the_broker_takes_one(turns: Turns) -> None:
    assert at_most(turns, "W0", BROKERED, Clients.RAW, CORES) == [pytest.approx(2 / 200e-6)]
    assert at_most(turns, "W0", BROKERED, Clients.NONE, CORES) == [pytest.approx(2 / 110e-6)]


def test_what_was_not_measured_has_no_figure(turns: Turns) -> None:
    assert {(each.name, each.system) for each in figures(turns, CORES)} == {
        (f"W0 at most, {clients}", system) for clients in Clients for system in (OURS, BROKERED)
    }


def test_ratio_at_most_is_beside_what_the_other_did_in_the_same_turn(turns: Turns) -> None:
    found = ratios(turns, Clients.RAW, CORES)

    assert found["w0_hand_to_hand_vs_celery"] == pytest.approx(25)
    assert found["w0_vs_celery"] == pytest.approx(10)


@pytest.mark.parametrize(
    ("mark", "verdict"),
    [(24, ""), (30, ": the mark is beyond raw clients"), (51, ": the mark is beyond this machine")],
)
def test_mark_that_cannot_be_reached_is_told(turns: Turns, mark: float, verdict: str) -> None:
    lines = table(turns, {"w0_hand_to_hand_vs_celery": at_least(mark)}, CORES).splitlines()

    [line] = [each for each in lines if "w0_hand_to_hand_vs_celery" in each]
    assert line.endswith("with none" + verdict)
