"""Prometheus's configuration of the local suite."""

import json

from triptych.local.next_pack import next_link_of
from triptych.local.parts import parts_of
from triptych.local.prometheus import RULES, config_text, write_config


def jobs(config: str) -> dict[str, list[str]]:
    return {
        each["job_name"]: each["static_configs"][0]["targets"]
        for each in json.loads(config)["scrape_configs"]
    }


def test_every_part_is_a_job(settings):
    """Under the name that the rules ask for, where it shows its metrics."""
    found = jobs(config_text(parts_of(settings)))

    assert {f"triptych-{part.name}" for part in parts_of(settings)} == found.keys()
    assert [f"127.0.0.1:{settings.gateway_metrics_port}"] == found["triptych-gateway"]
    assert [f"127.0.0.1:{settings.triton_metrics_port}"] == found["triptych-triton"]
    assert [f"127.0.0.1:{settings.milvus_metrics_port}"] == found["triptych-milvus"]


def test_the_parts_of_a_second_pack_are_further_replicas(settings, tmp_path):
    """Their jobs are those of the first."""
    next_link_of(settings).parent.mkdir(parents=True, exist_ok=True)
    next_link_of(settings).symlink_to(tmp_path)
    found = jobs(config_text(parts_of(settings)))

    assert {
        f"127.0.0.1:{settings.encoder_metrics_port}",
        f"127.0.0.1:{settings.encoder_next_metrics_port}",
    } == set(found["triptych-encoder"])


def test_the_rules_of_the_checkout_are_evaluated(settings, tmp_path):
    """The file names all of them."""
    write_config(parts_of(settings), tmp_path)

    named = json.loads((tmp_path / "prometheus.yml").read_text())["rule_files"]
    assert [str(RULES / "*.yaml")] == named
    assert {"alerts.yaml", "objectives.yaml", "recording.yaml"} == {path.name for path in RULES.iterdir()}
