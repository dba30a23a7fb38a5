"""Archives in several files, with products of any number of vectors."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from triptych.archive import files
from triptych.archive.files import read_products, spaces_of, write_archive
from triptych.archive.manifest import read_manifest
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import maintenance_service_pb2 as pb
from triptych.v1 import types_pb2

SPACES = [
    pb.VectorSpace(space=1, id="p-1/fused", dimension=3, metric=1, unit_length=True),
    pb.VectorSpace(space=3, id="p-1/image", dimension=2, metric=2),
]


def encoded(number, pictures):
    product = pb.EncodedProduct(product=types_pb2.Product(id=f"蓝 {number}", title="mug"))
    views = [(1, 0, 3), *((3, view, 2) for view in pictures)]
    for space, view, dimension in views:
        data = np.random.default_rng(number + view).normal(size=dimension).astype("<f4").tobytes()
        vector = types_pb2.Vector(data=data, dimension=dimension, space=SPACES[space // 2].id)
        product.vectors.add(space=space, view=view, vector=vector)
    return product


# A view may be missing, and a product may have none.
PRODUCTS = [encoded(n, pictures) for n, pictures in enumerate([(0, 1), (), (1,), (), (), (0, 2, 3), ()])]
PAGES = [pb.ExportProductsResponse(products=PRODUCTS[at : at + 2], spaces=SPACES) for at in range(0, 7, 2)]


def test_what_is_written_is_read_again(tmp_path, monkeypatch):
    """Over several files, in order, the vectors to the bit; and any reader of Parquet finds plain columns."""
    monkeypatch.setattr(files, "PART_PRODUCTS", 3)
    told = []

    written = write_archive(tmp_path / "a", catalog_pb.GetCatalogResponse(catalog="c"), PAGES, told.append)

    manifest = read_manifest(tmp_path / "a")
    assert written == manifest
    assert ([4, 3], 7, [2, 4, 6, 7]) == ([part.products for part in manifest.parts], manifest.products, told)
    assert SPACES == spaces_of(manifest)
    assert PRODUCTS == [each for batch in read_products(tmp_path / "a", manifest) for each in batch]
    table = pq.read_table(tmp_path / "a" / manifest.parts[0].name)
    assert ["蓝 0", "蓝 1", "蓝 2", "蓝 3"] == table.column("id").to_pylist()
    np.testing.assert_allclose(
        np.frombuffer(PRODUCTS[0].vectors[2].vector.data, "<f4"),
        table.column("image")[0].as_py()[1]["values"],
    )


def test_nothing_is_left_of_one_that_failed(tmp_path):
    """Neither the folder nor what was written of it."""

    def pages():
        yield PAGES[0]
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write_archive(tmp_path / "a", catalog_pb.GetCatalogResponse(), pages())

    assert [] == list(tmp_path.iterdir())
