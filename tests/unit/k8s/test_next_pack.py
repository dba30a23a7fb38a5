"""A second pack beside the first is another Triton, encoder and fusion, and nobody takes one for the other."""

import shutil
import subprocess
from pathlib import Path

import yaml

from tests.tools import kubectl
from tests.unit.k8s.manifests import NEXT_PACK, ROOT, Object, of_kind, pod_of, settings_of, workloads
from tests.unit.k8s.policies import PARTS

NAMES = {"encoder-next", "fusion-next", "triton-next"}


def labels_of(workload: Object) -> Object:
    """Return the labels of a workload's Pods."""
    return workload["spec"]["template"]["metadata"]["labels"]


def test_only_what_a_pack_needs_is_there_twice():
    """Search, ranker, gateway and volumes are those that serve already."""
    assert NAMES == set(workloads(NEXT_PACK)) == set(of_kind(NEXT_PACK, "Service"))
    assert {} == of_kind(NEXT_PACK, "PersistentVolumeClaim", "StatefulSet")


def test_services_and_budgets_select_the_pods_of_their_own_pack():
    """Neither Service has the other's Pods behind it."""
    for overlay, other in (("production", NEXT_PACK), (NEXT_PACK, "production")):
        strangers = [labels_of(each) for each in workloads(other).values()]
        for name in NAMES if overlay == NEXT_PACK else {name.removesuffix("-next") for name in NAMES}:
            selector = of_kind(overlay, "Service")[name]["spec"]["selector"]
            assert selector.items() <= labels_of(workloads(overlay)[name]).items()
            assert not any(selector.items() <= labels.items() for labels in strangers)


def test_its_rooms_call_its_triton_under_the_policies_of_the_others():
    """Policies choose by name and part, which are the same; addresses are of the second Triton."""
    told = settings_of(NEXT_PACK)

    assert (
        told["TRIPTYCH_ENCODER_TRITON_URL"] == told["TRIPTYCH_FUSION_TRITON_URL"] == "dns:///triton-next:7001"
    )
    assert {"encoder", "fusion", "triton"} == {
        labels_of(each)["app.kubernetes.io/name"] for each in workloads(NEXT_PACK).values()
    } & set(PARTS)


def test_both_encoders_keep_media_in_one_volume():
    """What the one kept can be encoded by the other."""
    claims = [
        [
            volume["persistentVolumeClaim"]["claimName"]
            for volume in pod_of(each)["volumes"]
            if "persistentVolumeClaim" in volume
        ]
        for each in (workloads("production")["encoder"], workloads(NEXT_PACK)["encoder-next"])
    ]

    assert [["media"], ["media"]] == claims


def test_with_tls_it_shows_the_certificates_of_the_first_pack(tmp_path: Path):
    """They are asked for once: two Certificates of one Secret would be issued again and again, each for the other."""
    shutil.copytree(ROOT / "k8s", tmp_path / "k8s")
    overlay = tmp_path / "k8s" / "overlays" / NEXT_PACK
    with (overlay / "kustomization.yaml").open("a") as file:
        file.write("components: [../../components/tls]\n")
    text = subprocess.run(
        [kubectl(), "kustomize", overlay], capture_output=True, text=True, check=True
    ).stdout
    objects = list(yaml.safe_load_all(text))

    assert set() == {each["kind"] for each in objects} & {"Certificate", "Issuer"}
    (encoder,) = (
        each for each in objects if each["metadata"]["name"] == "encoder-next" and "template" in each["spec"]
    )
    secrets = [each["secret"]["secretName"] for each in pod_of(encoder)["volumes"] if "secret" in each]
    certificate = of_kind("everything", "Certificate")["encoder-room"]["spec"]
    assert [certificate["secretName"]] == secrets
    assert "encoder-next" in certificate["dnsNames"]
