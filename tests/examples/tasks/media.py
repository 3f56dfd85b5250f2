"""Videos, and what is made of them."""

from __future__ import annotations

from typing import Any, TypedDict

from flowengine import Attempt, task
from tests.examples.outside import called


class Probed(TypedDict):
    chunks: list[dict[str, Any]]
    has_audio: bool


class File(TypedDict):
    path: str


class Published(TypedDict):
    url: str


@task(name="video.probe")
def probe(file_name: str) -> Probed:
    """Twelve chunks, so that eight at a time are not all; silent films have no audio."""
    called("video.probe", file_name=file_name)
    chunks = [{"no": n, "start": n * 10, "end": n * 10 + 10} for n in range(12)]
    return {"chunks": chunks, "has_audio": not file_name.startswith("silent")}


@task(name="video.encode_chunk")
def encode_chunk(ctx: Attempt, chunk_no: int, start: int, end: int, profile: str) -> File:
    ctx.progress(0.4, f"{start} s")
    called("video.encode_chunk", chunk_no=chunk_no, start=start, end=end, profile=profile)
    return {"path": f"{profile}/{chunk_no}"}


@task(name="video.poster_frame")
def poster_frame(file_name: str) -> File:
    called("video.poster_frame", file_name=file_name)
    return {"path": f"{file_name}.jpg"}


@task(name="speech.captions")
def captions(file_name: str) -> File:
    called("speech.captions", file_name=file_name)
    return {"path": f"{file_name}.vtt"}


@task(name="video.assemble")
def assemble(parts: list[str], poster: str, captions: str | None) -> File:
    called("video.assemble", parts=parts, poster=poster, captions=captions)
    return {"path": f"{len(parts)} parts"}


@task(name="video.publish")
def publish(path: str) -> Published:
    called("video.publish", path=path)
    return {"url": f"https://videos.example/{path}"}
