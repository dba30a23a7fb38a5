"""What benchmarks leave."""

import json

import pytest

from bench import reporting


def test_a_table_and_a_file(tmp_path, capsys):
    """Numbers are rounded on the screen, and in the file as they are."""
    rows = [{"way": "words", "ndcg@10": 0.123456}, {"way": "both", "ndcg@10": 1}]
    reporting.show(rows, "Figures", 60)
    reporting.keep(rows, tmp_path / "out" / "figures.json")

    shown = capsys.readouterr().out
    assert all(text in shown for text in ("Figures", "ndcg@10", "words", "0.1235", " 1 "))
    assert rows == json.loads((tmp_path / "out" / "figures.json").read_text())


def test_data_that_is_not_there(tmp_path):
    """Is named, and nothing else is tried."""
    reporting.needs(tmp_path)
    with pytest.raises(SystemExit, match="none is not there"):
        reporting.needs(tmp_path / "none")
