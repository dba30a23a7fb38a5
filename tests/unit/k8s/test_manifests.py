"""The manifests fit the schemas of Kubernetes, and one another."""

import functools
import json
import re

import kubernetes_validate
import pytest
from kubernetes_validate import utils
from packaging.version import Version

from tests.unit.k8s.manifests import (
    NEXT_PACK,
    OVERLAYS,
    ROOMS,
    ROOT,
    container_of,
    containers_of,
    objects_of,
    of_kind,
    pod_of,
    workloads,
)

NEWEST = sorted({utils.major_minor(version) for version in utils.all_versions()}, key=Version)[-4:]
# Their schemas are not Kubernetes's own.
CUSTOM = {"Milvus", "PodMonitor", "PrometheusRule", "Certificate", "Issuer"}


@pytest.fixture(params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    """The name of each overlay."""
    return request.param


@pytest.mark.parametrize("version", NEWEST)
def test_objects_are_valid(version: str, monkeypatch: pytest.MonkeyPatch):
    """Every object of every overlay fits the schema of its kind, with no field that it does not know."""
    # Otherwise megabytes of definitions are read for each object.
    monkeypatch.setattr(utils, "schema_contents", functools.cache(utils.schema_contents))
    different = {
        json.dumps(each, sort_keys=True) for name in (*OVERLAYS, NEXT_PACK) for each in objects_of(name)
    }

    for each in map(json.loads, sorted(different)):
        if each["kind"] not in CUSTOM:
            kubernetes_validate.validate(each, version, strict=True)


def test_an_unknown_field_is_refused():
    """A misspelt field would be seen."""
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"prots": []}}

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(service, NEWEST[-1], strict=True)


def test_every_pod_is_locked_down(overlay: str):
    """No root, no privileges, no account, a read-only root but for Milvus's, and a bound on memory."""
    for name, workload in workloads(overlay).items():
        pod = pod_of(workload)
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert {"type": "RuntimeDefault"} == pod["securityContext"]["seccompProfile"]
        assert pod["automountServiceAccountToken"] is False
        for container in containers_of(workload):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert {"drop": ["ALL"]} == context["capabilities"]
            assert context["readOnlyRootFilesystem"] is (name != "milvus")
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert "memory" in container["resources"]["limits"]


def test_no_secret_is_committed(overlay: str):
    """Secrets are made in the cluster."""
    assert {} == of_kind(overlay, "Secret")


def test_every_image_has_a_target_and_a_tag(overlay: str):
    """Our images are those of the Dockerfile, and none is `latest`."""
    targets = set(re.findall(r"^FROM .* AS (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))

    for workload in workloads(overlay).values():
        for container in containers_of(workload):
            image, _, tag = container["image"].partition(":")
            assert tag not in ("", "latest")
            assert image == "milvusdb/milvus" or image.removeprefix("triptych/") in targets


def test_pods_survive_drained_nodes(overlay: str):
    """Every room and Triton is spread over nodes, and evicted one by one."""
    budgets = of_kind(overlay, "PodDisruptionBudget")

    for name in (*ROOMS, "triton"):
        workload = workloads(overlay)[name]
        selector = workload["spec"]["selector"]
        assert selector == budgets[name]["spec"]["selector"]
        assert 1 == budgets[name]["spec"]["maxUnavailable"]
        (spread,) = pod_of(workload)["topologySpreadConstraints"]
        assert selector == spread["labelSelector"]


def test_a_roll_out_takes_no_pod_away_before_another_is_ready(overlay: str):
    """Rooms come before they go; Triton on GPUs goes before it comes, where there are two or more."""
    for name, workload in workloads(overlay).items():
        if workload["kind"] == "Deployment":
            on_gpu = "nvidia.com/gpu" in container_of(workload)["resources"]["limits"]
            update = workload["spec"]["strategy"]["rollingUpdate"]
            assert ((0, 1) if on_gpu else (1, 0)) == (update["maxSurge"], update["maxUnavailable"]), name
    for name in (*ROOMS, "triton") if overlay != "dev" else ():
        assert of_kind(overlay, "HorizontalPodAutoscaler")[name]["spec"]["minReplicas"] >= 2


def test_services_find_their_pods(overlay: str):
    """Each Service selects the Pods of one workload and leads to ports that they have, without an address of its own."""
    for name, service in of_kind(overlay, "Service").items():
        workload = workloads(overlay)[name]
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert service["spec"]["selector"].items() <= labels.items()
        assert "None" == service["spec"]["clusterIP"]
        ports = {(each["name"], each["containerPort"]) for each in container_of(workload)["ports"]}
        assert {(each["name"], each["port"]) for each in service["spec"]["ports"]} <= ports


def test_what_is_scaled_has_no_number_of_replicas_and_at_least_two():
    """An autoscaler and a manifest never disagree on how many there are."""
    scalers = of_kind("production", "HorizontalPodAutoscaler")

    assert {*ROOMS, "triton"} == set(scalers)
    for name, scaler in scalers.items():
        workload = workloads("production")[name]
        target = scaler["spec"]["scaleTargetRef"]
        assert (workload["kind"], name) == (target["kind"], target["name"])
        assert "replicas" not in workload["spec"]
        assert scaler["spec"]["minReplicas"] >= 2


def test_volumes_are_there(overlay: str):
    """Every mount has its volume, every volume of a claim or a ConfigMap what it names."""
    for workload in workloads(overlay).values():
        claims = {each["metadata"]["name"] for each in workload["spec"].get("volumeClaimTemplates", ())}
        volumes = {each["name"]: each for each in pod_of(workload).get("volumes", ())}
        for container in containers_of(workload):
            assert {each["name"] for each in container.get("volumeMounts", ())} <= {*volumes, *claims}
        for volume in volumes.values():
            if claim := volume.get("persistentVolumeClaim"):
                assert claim["claimName"] in of_kind(overlay, "PersistentVolumeClaim")
            if config := volume.get("configMap"):
                assert config["name"] in of_kind(overlay, "ConfigMap")
