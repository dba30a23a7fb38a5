"""`triptych backup` and `triptych restore` against a gateway of fakes; with real ones in tests/integration/gateway."""

import pytest
from typer.testing import CliRunner

from triptych.archive.files import write_archive
from triptych.cli.main import app
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import maintenance_service_pb2 as pb

SPACES = [pb.VectorSpace(space=1, id="demo-1/fused", dimension=2, metric=1, unit_length=True)]


@pytest.fixture
def empty(tmp_path):
    """A backup without products."""
    page = pb.ExportProductsResponse(spaces=SPACES)
    write_archive(tmp_path / "empty", catalog_pb.GetCatalogResponse(catalog="shop", pack="demo-1"), [page])
    return tmp_path / "empty"


@pytest.mark.parametrize("more", [[], ["--into-existing"]], ids=" ".join)
def test_nothing_is_restored_into_a_catalogue_that_is_there(gateway, empty, more):
    """One without products need not be made, and is not in the way."""
    done = CliRunner().invoke(app, ["restore", str(empty), "--address", gateway.address, *more])

    assert (0, []) == (done.exit_code, gateway.made), done.output


def test_nothing_is_restored_into_a_new_catalogue(gateway, empty):
    """Which is made."""
    gateway.unknown = True

    done = CliRunner().invoke(app, ["restore", str(empty), "--address", gateway.address])

    assert (0, ["shop"]) == (done.exit_code, gateway.made), done.output
