"""Writes Prometheus's rules as the PrometheusRule that its operator reads: `python scripts/rules.py`.

    --check         only tell whether it is stale
    --runbooks URL  where docs/runbook.md is served: links in alerts begin with it; then it is printed, not written

The rules themselves are the plain files in k8s/components/monitoring/rules/, for a Prometheus without an operator.
"""

import argparse
import sys
from pathlib import Path

import yaml

MONITORING = Path(__file__).resolve().parent.parent / "k8s" / "components" / "monitoring"
OUT = MONITORING / "prometheusrule.yaml"
HEAD = "# Written by scripts/rules.py from the files in rules/.\n"
RUNBOOK = "docs/runbook.md"


def manifest(runbooks: str = RUNBOOK) -> str:
    """Return the PrometheusRule; links begin with *runbooks*."""
    groups = [
        group
        for path in sorted((MONITORING / "rules").glob("*.yaml"))
        for group in yaml.safe_load(path.read_text())["groups"]
    ]
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "triptych"},
        "spec": {"groups": groups},
    }
    text: str = yaml.safe_dump(rule, sort_keys=False, width=1000, allow_unicode=True)
    return HEAD + text.replace(f"runbook_url: {RUNBOOK}", f"runbook_url: {runbooks}")


def main() -> int:
    """Run as the usage at the head says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--runbooks", default="")
    arguments = parser.parse_args()
    if arguments.runbooks:
        print(manifest(arguments.runbooks), end="")
        return 0
    if OUT.exists() and OUT.read_text() == manifest():
        return 0
    if arguments.check:
        print("stale: k8s/components/monitoring/prometheusrule.yaml (run `python scripts/rules.py`)")
        return 1
    OUT.write_text(manifest())
    return 0


if __name__ == "__main__":
    sys.exit(main())
