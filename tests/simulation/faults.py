"""What may go wrong in a schedule, and how often: decided by its seed alone.

Every schedule draws its own odds: of some faults it has none, of some many. A strike has a name that
does not depend on the others (``kill 2`` is the second kill); a list of names that are allowed, instead
of all, gives the same schedule with fewer faults, which is how a failing one is made smaller.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from random import Random

KINDS: dict[str, dict[str, float]] = {
    "point": {"kill": 0.02, "pause": 0.04, "statement.fails": 0.04, "statement.slow": 0.02},
    "turn": {"broker.cut": 0.04, "broker.wipe": 0.04, "clock.jump": 0.04},
    "commit": {"commit.fails": 0.1},
    "answer": {"commit.unheard": 0.2},
    "publish": {"broker.refuse": 0.5, "broker.lose": 1.0, "broker.double": 1.0},
    "confirm": {"broker.unheard": 1.0},
    "deliver": {"broker.late": 1.0, "broker.twice": 1.0},
}
"""Every fault by the chance it has: each point that a thread passes, each turn, each commit … With how
its odds compare with those of the others, because of some there are more chances."""
_ODDS = (0.0, 0.0, 0.0, 0.02, 0.1, 0.4)


@dataclass(slots=True)
class Faults:
    """The faults of one schedule."""

    seed: int
    allowed: Collection[str] | None = None
    """Names of the strikes that may happen; None = all that the seed wants."""
    happened: list[str] = field(default_factory=list)
    """Those that did, in order."""
    is_over: bool = False
    """True in the time of healing: nothing goes wrong any more."""
    _chances: dict[str, _Chance] = field(init=False)

    def __post_init__(self) -> None:
        random = Random(f"faults of {self.seed}")
        is_calm = random.random() < 0.1
        self._chances = {
            chance: _Chance(
                Random(f"{chance} of {self.seed}"),
                {
                    kind: 0.0 if is_calm else random.choice(_ODDS) * scale
                    for kind, scale in kinds.items()
                },
            )
            for chance, kinds in KINDS.items()
        }

    def strike(self, chance: str) -> str:
        """What goes wrong at this chance; empty = nothing."""
        if self.is_over:
            return ""
        of = self._chances[chance]
        of.left -= 1
        if of.left > 0:
            return ""
        kind, number = of.take()
        name = f"{kind} {number}"
        if self.allowed is not None and name not in self.allowed:
            return ""
        self.happened.append(name)
        return kind


class _Chance:
    """When the next fault of a chance comes: counted down, which is cheaper than to draw each time."""

    __slots__ = ("_counts", "_odds", "_random", "left")

    def __init__(self, random: Random, odds: Mapping[str, float]) -> None:
        self._random = random
        self._odds = odds
        self._counts = dict.fromkeys(odds, 0)
        self.left = self._gap()

    def take(self) -> tuple[str, int]:
        """Which fault it is, and how many of its kind it makes; the gap to the next is drawn."""
        [kind] = self._random.choices(list(self._odds), list(self._odds.values()))
        self._counts[kind] += 1
        self.left = self._gap()
        return kind, self._counts[kind]

    def _gap(self) -> float:
        return gap(self._random, min(1.0, sum(self._odds.values())))


def gap(random: Random, odds: float) -> float:
    """How many chances it takes until something with these odds happens."""
    if odds <= 0:
        return math.inf
    if odds >= 1:
        return 1
    return 1 + math.floor(math.log(1 - random.random()) / math.log(1 - odds))
