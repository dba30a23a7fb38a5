"""Manifests as kustomize renders them, by kind and name."""

import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.tools import kubectl

ROOT = Path(__file__).resolve().parents[3]
OVERLAYS = ("dev", "production", "everything")
NEXT_PACK = "next-pack"
ROOMS = ("gateway", "encoder", "fusion", "search", "ranker")

Object = dict[str, Any]


@functools.cache
def text_of(overlay: str) -> str:
    """Return the manifests of *overlay*."""
    done = subprocess.run(
        [kubectl(), "kustomize", ROOT / "k8s" / "overlays" / overlay],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@functools.cache
def objects_of(overlay: str) -> tuple[Object, ...]:
    """Return the objects of *overlay*."""
    return tuple(yaml.load_all(text_of(overlay), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def of_kind(overlay: str, *kinds: str) -> dict[str, Object]:
    """Return the objects of *kinds* by name."""
    return {each["metadata"]["name"]: each for each in objects_of(overlay) if each["kind"] in kinds}


def workloads(overlay: str) -> dict[str, Object]:
    """Return what runs Pods, by name."""
    return of_kind(overlay, "Deployment", "StatefulSet")


def pod_of(workload: Object) -> Object:
    """Return the specification of a workload's Pods."""
    return workload["spec"]["template"]["spec"]


def container_of(workload: Object) -> Object:
    """Return its one container."""
    (container,) = pod_of(workload)["containers"]
    return container


def containers_of(workload: Object) -> Iterator[Object]:
    """Return its containers, those that run before included."""
    yield from pod_of(workload).get("initContainers", ())
    yield from pod_of(workload)["containers"]


def settings_of(overlay: str) -> dict[str, str]:
    """Return the variables that rooms are told, all together."""
    told = dict[str, str]()
    for each in of_kind(overlay, "ConfigMap").values():
        told |= {name: value for name, value in each["data"].items() if name.startswith("TRIPTYCH_")}
    return told
