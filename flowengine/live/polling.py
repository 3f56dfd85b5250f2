"""The frames that answer one question over HTTP: what the socket would say, once, to who asks now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from flowengine.live import topics
from flowengine.live.kind import Answer, Kind, Question
from flowengine.live.peer import Peer
from flowengine.live.protocol import (
    SUBSCRIPTIONS_MAX,
    Position,
    encode,
    encode_value,
    heartbeat_text,
    refusal,
)
from flowengine.representations import pending


def frames(peer: Peer, asked: Mapping[str, Position | None], ts: int) -> list[str]:
    """One frame for each topic with news since its position, then a heartbeat at *ts* with all heads.

    In a number of statements that depends on the kinds of topics, not on how many there are.
    """
    found: list[str] = []
    heads: list[str] = []
    by_kind: defaultdict[Kind, list[Question]] = defaultdict(list)
    for number, (topic, position) in enumerate(asked.items()):
        known = topics.parse(topic)
        if known is None or number >= SUBSCRIPTIONS_MAX:
            code = "unknown_topic" if known is None else "too_many"
            found.append(encode(refusal(topic[:64], code)))
            continue
        kind, about = known
        key = peer.asks_as(topic, takes_grants=kind.takes_grants)
        if key is None:
            found.append(encode(refusal(topic, "forbidden")))
            continue
        at = None if position is None else (position.e, position.o)
        question = Question(
            topic=topic, about=about, users={key: peer.user}, positions=frozenset({at})
        )
        by_kind[kind].append(question)
    for kind, questions in by_kind.items():
        for question, answer in zip(questions, kind.answers(questions), strict=True):
            told, head = _told(kind, question, answer)
            found += told
            heads += head
    return [*found, heartbeat_text(ts, ",".join(heads))]


def _told(kind: Kind, question: Question, answer: Answer) -> tuple[list[str], list[str]]:
    """The frame, if there is news, and the topic's member in the heartbeat, if it is watched on."""
    name = encode_value(question.topic)
    [position] = question.positions
    if not answer.allowed and not kind.is_secret:
        return [encode(refusal(question.topic, "forbidden"))], []
    if not answer.allowed or (answer.position is None and not answer.ended):
        # It is said again each time: one who polls has nothing else to know it by.
        return [encode(pending(question.topic))], [f"{name}:null"]
    if answer.ended:
        return [answer.ended], []
    head = [f"{name}:{encode_value(answer.position)}"]
    if position is None or position not in answer.changes:
        return [answer.snapshot], head
    return ([answer.changes[position]] if answer.is_news[position] else []), head
