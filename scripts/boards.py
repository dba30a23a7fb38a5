"""Writes the Grafana boards as JSON: `python scripts/boards.py`; with --check it only tells which are stale.

The boards are for Grafana 11; what they show stands in scripts/board_panels/.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from board_panels import BOARDS
from board_panels.panel import Panel
from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement, TooltipDisplayMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

OUT = Path(__file__).resolve().parent.parent / "k8s" / "components" / "monitoring" / "boards"
# Chosen by whoever looks, so that one board serves for every Prometheus.
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
HEIGHT, COLUMNS = 8, 24
WIDTH = 8


def board_text(uid: str) -> str:
    """Return the board *uid* as JSON."""
    title, rows = BOARDS[uid]
    board = (
        dashboard.Dashboard(title)
        .uid(uid)
        .tags(["triptych"])
        .editable()
        .refresh("30s")
        .time("now-3h", "now")
        .timezone("browser")
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    for name, panels in rows.items():
        board = board.with_row(dashboard.Row(name))
        for panel in panels:
            board = board.with_panel(built(panel))
    return JSONEncoder(sort_keys=True, indent=2).encode(board.build()) + "\n"


def built(panel: Panel) -> Any:
    """Return *panel* as Grafana's."""
    made: Any = {"lines": lines, "numbers": numbers, "table": rows}[panel.kind]()
    made = made.title(panel.title).unit(panel.unit).datasource(SOURCE).height(HEIGHT).span(WIDTH)
    if panel.help:
        made = made.description(panel.help)
    for number, (expression, legend) in enumerate(panel.queries.items()):
        query = prometheus.Dataquery().expr(expression).ref_id(chr(ord("A") + number)).datasource(SOURCE)
        query = query.legend_format(legend) if legend else query
        made = made.with_target(
            query.instant().format(PromQueryFormat.TABLE) if panel.kind == "table" else query.range()
        )
    return made


def lines() -> timeseries.Panel:
    """Return a panel of lines over time."""
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST)
    return (
        timeseries.Panel()
        .legend(legend.placement(LegendPlacement.BOTTOM).show_legend(True))
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
        .min(0)
        .fill_opacity(8)
    )


def numbers() -> stat.Panel:
    """Return a panel of the last values."""
    return stat.Panel()


def rows() -> table.Panel:
    """Return a panel of a row per series."""
    return table.Panel()


def main() -> int:
    """Run as the usage at the head says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    OUT.mkdir(parents=True, exist_ok=True)
    stale = [uid for uid in BOARDS if not is_current(uid)]
    if check:
        for uid in stale:
            print(f"stale: {uid} (run `python scripts/boards.py`)")
        return int(bool(stale))
    for uid in stale:
        path_of(uid).write_text(board_text(uid), encoding="utf-8")
    return 0


def is_current(uid: str) -> bool:
    """Return whether the file of the board is what would be written."""
    path = path_of(uid)
    return path.exists() and path.read_text(encoding="utf-8") == board_text(uid)


def path_of(uid: str) -> Path:
    """Return where the board lies."""
    return OUT / f"{uid}.json"


if __name__ == "__main__":
    sys.exit(main())
