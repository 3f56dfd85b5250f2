"""Tables, features and models."""

from __future__ import annotations

from typing import Any, TypedDict

from flowengine import task
from tests.examples.outside import called


class File(TypedDict):
    path: str


class Profile(TypedDict):
    rows: int


class Trained(TypedDict):
    algorithm: str
    auc: float


class Best(TypedDict):
    model: str
    auc: float


class Deployment(TypedDict):
    endpoint: str


AUC = {"gbm": 0.81, "logistic": 0.74, "forest": 0.79}


@task(name="data.extract")
def extract(table: str) -> File:
    called("data.extract", table=table)
    return {"path": f"raw/{table}"}


@task(name="data.clean")
def clean(paths: list[str]) -> File:
    called("data.clean", paths=paths)
    return {"path": f"clean of {len(paths)}"}


@task(name="data.profile")
def profile(path: str) -> Profile:
    called("data.profile", path=path)
    return {"rows": 1000}


@task(name="features.build")
def build(base: str, invoices: str) -> File:
    called("features.build", base=base, invoices=invoices)
    return {"path": "features"}


@task(name="ml.train")
def train(algorithm: str, features: str) -> Trained:
    called("ml.train", algorithm=algorithm, features=features)
    return {"algorithm": algorithm, "auc": AUC[algorithm]}


@task(name="ml.pick_best")
def pick_best(candidates: list[dict[str, Any]], profile: dict[str, Any]) -> Best:
    called("ml.pick_best", candidates=candidates, profile=profile)
    best = max(candidates, key=lambda each: float(each["auc"]))
    return {"model": best["algorithm"], "auc": best["auc"]}


@task(name="ml.deploy")
def deploy(model: str) -> Deployment:
    called("ml.deploy", model=model)
    return {"endpoint": f"https://models.example/{model}"}


@task(name="ml.roll_back")
def roll_back(endpoint: str) -> None:
    called("ml.roll_back", endpoint=endpoint)


@task(name="ml.smoke_test")
def smoke_test(endpoint: str) -> None:
    called("ml.smoke_test", endpoint=endpoint)
