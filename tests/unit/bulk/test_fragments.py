"""The input in pieces: every line once, whatever the size of the pieces."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bulk.fragments import fragments, lines_of


def json_lines(path, count):
    rows = [json.dumps({"id": f"蓝 {n}", "title": f"mug {n}"}, ensure_ascii=False) for n in range(count)]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def parquet(path, count):
    table = pa.table(
        {
            "id": [f"蓝 {n}" for n in range(count)],
            "title": [f"mug {n}" for n in range(count)],
            "brand": [None if n % 2 else "Acme" for n in range(count)],
            "attributes": pa.array(
                [[("colour", "red")] for _ in range(count)], pa.map_(pa.string(), pa.string())
            ),
        }
    )
    pq.write_table(table, path, row_group_size=3)
    return path


@pytest.mark.parametrize("write", [json_lines, parquet], ids=lambda each: each.__name__)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 100])
def test_every_line_stands_in_one_piece(tmp_path, write, size):
    """In order, none twice, with the number of its line; over several files."""
    suffix = "parquet" if write is parquet else "jsonl"
    paths = [write(tmp_path / f"{n}.{suffix}", count) for n, count in enumerate((7, 0, 4))]

    pieces = fragments(paths, size)

    lines = [(piece, line) for piece in pieces for line in lines_of(piece, tmp_path)]
    assert list(range(len(pieces))) == [piece.number for piece in pieces]
    assert [f"蓝 {n}" for n in (*range(7), *range(4))] == [line.product.id for _, line in lines]
    assert [*range(1, 8), *range(1, 5)] == [line.number for _, line in lines]
    assert size >= max(sum(1 for _ in lines_of(piece, tmp_path)) for piece in pieces)


def test_rows_of_parquet_are_products(tmp_path):
    """What is missing is left out; a map is a map."""
    (piece,) = fragments([parquet(tmp_path / "a.parquet", 2)], 10)

    first, second = (line.product for line in lines_of(piece, tmp_path))

    assert ("Acme", "") == (first.brand, second.brand)
    assert "red" == first.attributes["colour"].string_value


def test_a_broken_line_is_told(tmp_path):
    """It breaks no other line."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id": "a", "title": "x"}\nnot json\n\n\xff\xfe\n{"id": "b", "title": "y"}\n')

    (piece,) = fragments([path], 10)

    assert ["a", None, None, "b"] == [
        line.product.id if line.product else None for line in lines_of(piece, tmp_path)
    ]
