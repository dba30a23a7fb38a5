"""What the manifests say of the code is so: ports, names of health, settings, callers, metrics."""

import importlib
import re
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from tests.unit.k8s.manifests import (
    OVERLAYS,
    ROOMS,
    ROOT,
    container_of,
    of_kind,
    pod_of,
    settings_of,
    workloads,
)
from tests.unit.k8s.policies import calls_let_in, calls_let_out
from triptych.local.triton import TritonPorts
from triptych.runtime.health import LIVENESS, TRAFFIC
from triptych.runtime.settings import ServerSettings

SECRETS = {"gateway": {"TRIPTYCH_GATEWAY_TOKEN_KEY": "k" * 32}}
KEY = re.compile(r"TRIPTYCH_[A-Z0-9_]+")
METRIC = re.compile(r"\b(?:triptych_[a-z0-9_]+|nv_[a-z0-9_]+)\b")


@pytest.fixture(params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    """The name of each overlay."""
    return request.param


def settings_class(room: str) -> type[ServerSettings]:
    """Return the class of *room*'s settings."""
    module = importlib.import_module("gateway.settings" if room == "gateway" else f"services.{room}.settings")
    return getattr(module, f"{room.title()}Settings")


def settings_in(overlay: str, room: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the settings of *room* as its Pod reads them."""
    for name, value in {**settings_of(overlay), **SECRETS.get(room, {})}.items():
        monkeypatch.setenv(name, value)
    return settings_class(room)()


@pytest.mark.parametrize("room", ROOMS)
def test_ports_and_probes_are_those_of_the_room(overlay: str, room: str, monkeypatch: pytest.MonkeyPatch):
    """Ports are those that the room listens on, and probes ask for names that it answers, without TLS.

    While a room misses the ranker, say, it answers without: it is taken out of DNS when it drains, and not before.
    """
    settings = settings_in(overlay, room, monkeypatch)
    container = container_of(workloads(overlay)[room])
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    probe_port = settings.probe_port or settings.port
    probes = {name: container[f"{name}Probe"]["grpc"] for name in ("startup", "liveness", "readiness")}

    assert (settings.port, settings.metrics_port) == (ports["grpc"], ports["metrics"])
    assert probe_port in ports.values()
    assert {"port": probe_port, "service": LIVENESS} == probes["startup"]
    assert {"port": probe_port, "service": LIVENESS} == probes["liveness"]
    assert {"port": probe_port, "service": TRAFFIC} == probes["readiness"]
    assert not (settings.tls_cert and not settings.probe_port)


def test_a_gateway_asks_who_calls_but_in_dev(overlay: str, monkeypatch: pytest.MonkeyPatch):
    """It starts on an address that others reach: with keys from its Secret, or told that it needs none."""
    monkeypatch.setenv("TRIPTYCH_GATEWAY_HOST", "0.0.0.0")
    settings = settings_in(overlay, "gateway", monkeypatch)
    (mount,) = [
        each["mountPath"]
        for each in container_of(workloads(overlay)["gateway"])["volumeMounts"]
        if each["name"] == "secrets"
    ]

    assert (overlay != "dev") == settings.asks_for_credentials
    assert overlay == "dev" or str(settings.keys_file).startswith(f"{mount}/")


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_ends_what_it_does_before_it_is_killed(
    overlay: str, room: str, monkeypatch: pytest.MonkeyPatch
):
    """The grace of the Pod is longer than the room drains and finishes; DNS forgets it while it drains."""
    settings = settings_in(overlay, room, monkeypatch)

    grace_s = pod_of(workloads(overlay)[room])["terminationGracePeriodSeconds"]
    assert grace_s * 1000 >= settings.drain_ms + settings.grace_ms + 10_000
    assert settings.drain_ms >= 10_000


@pytest.mark.parametrize("room", ROOMS)
def test_new_replicas_are_called_within_minutes(overlay: str, room: str, monkeypatch: pytest.MonkeyPatch):
    """Rooms end connections by their age: callers ask DNS again only then, and would not hear of what was scaled up."""
    assert 0 < settings_in(overlay, room, monkeypatch).connection_age_max_ms <= 300_000


def test_both_tritons_end_connections_by_their_age():
    """As the rooms do."""
    stages = (ROOT / "Dockerfile").read_text().split("\nFROM ")
    cpu, gpu = (next(each for each in stages if f" AS {name}\n" in each) for name in ("triton-cpu", "triton"))

    assert '"--connection-age-max-ms", "120000"' in cpu
    assert '"--grpc-max-connection-age=120000"' in gpu


def bytes_of(quantity: str) -> int:
    """Return a quantity of memory in bytes."""
    number, unit = re.fullmatch(r"(\d+)([KMG]i)", quantity).groups()
    return int(number) * 1024 ** (" KMG".index(unit[0]))


def test_what_rooms_may_hold_fits_into_their_memory(overlay: str, monkeypatch: pytest.MonkeyPatch):
    """The largest pictures decoded at once and full windows of streams end no room for lack of memory."""
    encoder, gateway = (settings_in(overlay, room, monkeypatch) for room in ("encoder", "gateway"))
    limits = {
        room: bytes_of(container_of(workloads(overlay)[room])["resources"]["limits"]["memory"])
        for room in ROOMS
    }
    itself = 256 * 1024 * 1024

    decoded = encoder.decode_threads * encoder.image_pixels_max * 10
    remembered = encoder.remembered_bytes_max + encoder.uri_recent_bytes_max
    assert limits["encoder"] >= itself + decoded + remembered
    # A product waits as it came and once more as its rooms are asked.
    assert limits["gateway"] >= itself + 2 * gateway.ingest_streams_max * gateway.ingest_window_bytes


def test_every_variable_is_a_setting(overlay: str):
    """Names of variables are those of settings: a misspelt one would be passed over in silence."""
    known = {
        f"{settings_class(room).model_config['env_prefix']}{field.upper()}"
        for room in ROOMS
        for field in settings_class(room).model_fields
    }
    own = {name for name in settings_of(overlay) if name.startswith("TRIPTYCH_")}

    assert set() == own - known
    commented = set(KEY.findall("".join(path.read_text() for path in (ROOT / "k8s").rglob("*.*"))))
    assert set() == {name for name in commented if not name.endswith("_")} - known - {"TRIPTYCH_SECRETS_DIR"}


def test_no_secret_is_in_a_config_map(overlay: str):
    """What is a secret in the settings is in no ConfigMap."""
    secrets = {
        f"{settings_class(room).model_config['env_prefix']}{name.upper()}"
        for room in ROOMS
        for name, field in settings_class(room).model_fields.items()
        if SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))
    }

    assert "TRIPTYCH_GATEWAY_TOKEN_KEY" in secrets
    assert set() == secrets & set(settings_of(overlay))


def calls_of(overlay: str) -> set[tuple[str, str, int]]:
    """Return who calls whom on which port, as the rooms are told."""
    calls = set()
    for name, value in settings_of(overlay).items():
        found = re.fullmatch(r"(?:dns:///|http://)([a-z-]+):(\d+)", value)
        if found and found[1] != "otel-collector":
            called = "milvus" if found[1] == "milvus-milvus" else found[1]
            calls.add((name.split("_")[1].lower(), called, int(found[2])))
    return calls


def test_addresses_lead_to_services(overlay: str):
    """Every address that a room is told is a Service of this overlay, but for Milvus's own by its operator."""
    calls = calls_of(overlay)
    services = {
        (name, port["port"])
        for name, each in of_kind(overlay, "Service").items()
        for port in each["spec"]["ports"]
    }

    assert {"encoder", "fusion", "search", "ranker", "triton", "milvus"} == {called for _, called, _ in calls}
    assert {each for each in services if each[0] == "milvus"} or of_kind(overlay, "Milvus")
    assert set() == {(called, port) for _, called, port in calls if called != "milvus"} - services


def test_policies_let_those_call_who_are_told_to(overlay: str):
    """Of every address a policy lets its caller out and another lets it in, and nobody else is let to a room."""
    assert calls_of(overlay) == calls_let_out(overlay)
    assert calls_of(overlay) == calls_let_in(overlay)


def test_spans_may_leave():
    """Every room is told of the collector, and a policy lets it out to where that listens."""
    told = {
        name: value for name, value in settings_of("everything").items() if name.endswith("_TRACING_ENDPOINT")
    }
    policy = of_kind("everything", "NetworkPolicy")["tracing"]["spec"]
    rooms = workloads("everything").keys() & set(ROOMS)

    assert {f"TRIPTYCH_{room.upper()}_TRACING_ENDPOINT" for room in ROOMS} == told.keys()
    assert {"http://otel-collector:4317"} == set(told.values())
    assert [[{"port": 4317}]] == [rule["ports"] for rule in policy["egress"]]
    for room in rooms:
        labels = workloads("everything")[room]["spec"]["template"]["metadata"]["labels"]
        assert policy["podSelector"]["matchLabels"].items() <= labels.items()


def test_whoever_is_not_named_is_refused(overlay: str):
    """Every Pod of ours is under a policy that lets nobody in and nothing out."""
    selector = of_kind(overlay, "NetworkPolicy")["nobody"]["spec"]["podSelector"]["matchLabels"]

    for workload in workloads(overlay).values():
        assert selector.items() <= workload["spec"]["template"]["metadata"]["labels"].items()


def test_triton_listens_where_it_is_called():
    """Triton's ports are the defaults of its command, on which both images serve."""
    ports = TritonPorts()
    triton = container_of(workloads("dev")["triton"])

    assert {"grpc": ports.grpc, "http": ports.http, "metrics": ports.metrics} == {
        each["name"]: each["containerPort"] for each in triton["ports"]
    }
    dockerfile = (ROOT / "Dockerfile").read_text()
    for kind in ("grpc", "http", "metrics"):
        assert f'"--{kind}-port={getattr(ports, kind)}"' in dockerfile


def test_metrics_are_shown_by_the_code():
    """Every metric of ours that the manifests name is in docs/metrics.md, which is tested to be what rooms register."""
    documented = set(METRIC.findall((ROOT / "docs" / "metrics.md").read_text()))
    triton = {"nv_inference_queue_duration_us", "nv_inference_request_success"}

    for path in (ROOT / "k8s" / "components" / "autoscaling").glob("*.yaml"):
        named = set(METRIC.findall(path.read_text()))
        assert set() == named - documented - triton


def test_autoscalers_ask_for_what_the_adapter_makes():
    """Each custom metric of an autoscaler is a rule of prometheus-adapter."""
    values = yaml.safe_load((ROOT / "k8s/components/autoscaling/adapter-values.yaml").read_text())
    made = {rule["name"]["as"] for rule in values["rules"]["custom"]}
    scalers = of_kind("production", "HorizontalPodAutoscaler").values()

    assert made == {
        metric["pods"]["metric"]["name"] for scaler in scalers for metric in scaler["spec"]["metrics"]
    }


def test_a_gateway_that_refuses_is_joined_by_another(monkeypatch: pytest.MonkeyPatch):
    """What a gateway's autoscaler aims at is less than what a gateway always lets in."""
    settings = settings_in("production", "gateway", monkeypatch)
    (metric,) = of_kind("production", "HorizontalPodAutoscaler")["gateway"]["spec"]["metrics"]

    assert int(metric["pods"]["target"]["averageValue"]) < settings.searches_at_once_min
