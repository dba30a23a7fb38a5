"""Products with their vectors, out of a catalogue and into one; backups and their restoration."""

import asyncio
import json
import os
import uuid

import pytest
from typer.testing import CliRunner

from triptych.cli.main import app
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import maintenance_service_pb2 as pb
from triptych.v1 import types_pb2

CURVES = {
    "text": catalog_pb.Calibration.Curve(intercept=-1, weights={"cosine": 4.5}, judgements=7, error=0.25)
}


@pytest.fixture
async def shop(stubs):
    """A catalogue of products with words, pictures and sounds, and a calibration."""
    catalog = f"c{uuid.uuid4().hex[:12]}"
    products = []
    for n in range(23):
        product = types_pb2.Product(id=f"p{n:02}", title=f"red mug {n}", brand="Acme" if n % 2 else "Other")
        for view in range(n % 4):
            product.images.add(data=f"picture {n} {view}".encode())
        if n % 5 == 0:
            product.audio.add(data=b"ring")
        product.update_time.seconds = 1_700_000_000 + n
        products.append(product)
    response = await stubs.catalog.UpsertProducts(
        catalog_pb.UpsertProductsRequest(catalog=catalog, products=products)
    )
    assert not any(each.HasField("error") for each in response.results)
    await stubs.catalog.SetCalibration(
        catalog_pb.SetCalibrationRequest(catalog=catalog, calibration=catalog_pb.Calibration(curves=CURVES))
    )
    return catalog


async def exported(stubs, catalog, page_size=0, **more):
    """Return all that is exported: the products by id, and the spaces."""
    request, products = pb.ExportProductsRequest(catalog=catalog, page_size=page_size, **more), {}
    while True:
        page = await stubs.maintenance.ExportProducts(request)
        assert not products.keys() & {each.product.id for each in page.products}
        products |= {each.product.id: each for each in page.products}
        if not page.next_page_token:
            return products, list(page.spaces)
        request.page_token = page.next_page_token


async def run(stubs, *arguments):
    """Run a command against the gateway."""
    told = [*map(str, arguments), "--address", stubs.address]
    return await asyncio.to_thread(CliRunner().invoke, app, told)


def plain(products):
    """Return the products without what the store says of them."""
    for each in products.values():
        each.product.ClearField("etag")
    return products


async def test_what_is_exported_can_be_imported(stubs, shop):
    """Every product comes once with all its vectors; imported elsewhere, it is the same and found the same."""
    products, spaces = await exported(stubs, shop, page_size=10)
    counts = {each.product.id: [vector.space for vector in each.vectors] for each in products.values()}
    other = f"{shop}_copy"

    response = await stubs.maintenance.ImportProducts(
        pb.ImportProductsRequest(catalog=other, spaces=spaces, products=list(products.values()))
    )

    assert [0] * 23 == [each.code for each in response.outcomes]
    assert [1, 2] + [3] * 3 == counts["p03"]
    assert [1, 2, 3, 4] == counts["p05"]
    again, spaces_again = await exported(stubs, other)
    assert (plain(products), spaces) == (plain(again), spaces_again)
    only = await exported(stubs, shop, filter='brand = "Acme"')
    assert {f"p{n:02}" for n in range(23) if n % 2} == set(only[0])


async def test_a_broken_product_keeps_no_other_from_being_imported(stubs, shop):
    """Each outcome names the field to blame."""
    products, spaces = await exported(stubs, shop)
    whole, nameless, bare, wrong, twice = (products[f"p{n:02}"] for n in (1, 2, 3, 4, 5))
    nameless.product.id = ""
    del bare.vectors[0]
    wrong.vectors[1].vector.space = "other-1/text"
    sent = [twice, whole, nameless, bare, wrong, twice]

    response = await stubs.maintenance.ImportProducts(
        pb.ImportProductsRequest(catalog=f"{shop}_new", spaces=spaces, products=sent)
    )

    assert [3, 0, 3, 3, 3, 0] == [each.code for each in response.outcomes]
    assert "products[2].product.id" in str(response.outcomes[2])
    assert "products[4].vectors[1].vector.space" in str(response.outcomes[4])
    assert {"p01", "p05"} == set((await exported(stubs, f"{shop}_new"))[0])


async def test_a_backup_is_restored(stubs, shop, tmp_path):
    """With its calibration; into a new catalogue, and into one that has products only when told to."""
    folder, other = tmp_path / "backup", f"{shop}_back"

    made = await run(stubs, "backup", folder, "--catalog", shop)
    restored = await run(stubs, "restore", folder, "--catalog", other)

    assert (0, 0) == (made.exit_code, restored.exit_code), made.output + restored.output
    assert plain((await exported(stubs, shop))[0]) == plain((await exported(stubs, other))[0])
    facts = await stubs.catalog.GetCatalog(catalog_pb.GetCatalogRequest(catalog=other))
    assert CURVES == dict(facts.calibration.curves)
    refused = await run(stubs, "restore", folder, "--catalog", other)
    assert 2 == refused.exit_code
    again = await run(stubs, "restore", folder, "--catalog", other, "--into-existing")
    assert 0 == again.exit_code


async def test_an_empty_catalogue_is_restored_too(stubs, shop, tmp_path):
    """It exists afterwards, without products."""
    empty = f"{shop}_empty"
    await stubs.catalog.CreateCatalog(catalog_pb.CreateCatalogRequest(catalog=empty))

    assert 0 == (await run(stubs, "backup", tmp_path / "b", "--catalog", empty)).exit_code
    result = await run(stubs, "restore", tmp_path / "b", "--catalog", f"{empty}_2")

    assert 0 == result.exit_code, result.output
    assert {} == (await exported(stubs, f"{empty}_2"))[0]


def cut(folder):
    """Damage a file."""
    path = folder / "products-00000.parquet"
    os.truncate(path, path.stat().st_size - 1)


def lose(folder):
    """Lose a file."""
    (folder / "products-00000.parquet").unlink()


def no_manifest(folder):
    """Break off before the manifest."""
    (folder / "manifest.json").unlink()


def other_format(folder):
    """An archive of another version."""
    facts = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(facts | {"format": "triptych-archive-9"}))


def climb(folder):
    """A name that leads out of the folder."""
    facts = json.loads((folder / "manifest.json").read_text())
    facts["parts"][0]["name"] = "../secret"
    (folder / "manifest.json").write_text(json.dumps(facts))


@pytest.mark.parametrize(
    "harm", [cut, lose, no_manifest, other_format, climb], ids=lambda each: each.__name__
)
async def test_a_damaged_backup_is_not_restored(stubs, shop, tmp_path, harm):
    """It is said what is wrong, and nothing is stored."""
    folder = tmp_path / "backup"
    assert 0 == (await run(stubs, "backup", folder, "--catalog", shop)).exit_code
    harm(folder)

    result = await run(stubs, "restore", folder, "--catalog", f"{shop}_none")

    assert 2 == result.exit_code
    assert str(folder) in result.output.replace("\n", "")
    assert result.exception is None or isinstance(result.exception, SystemExit)
    listed = await stubs.catalog.ListCatalogs(catalog_pb.ListCatalogsRequest(page_size=1000))
    assert f"{shop}_none" not in {each.catalog for each in listed.catalogs}


async def test_a_backup_that_breaks_off_leaves_nothing(stubs, shop, tmp_path):
    """A folder that is there is not touched; a catalogue that is not there leaves no folder."""
    taken = tmp_path / "taken"
    taken.mkdir()

    assert 2 == (await run(stubs, "backup", taken, "--catalog", shop)).exit_code
    assert 2 == (await run(stubs, "backup", tmp_path / "none", "--catalog", "nowhere")).exit_code
    assert [taken] == list(tmp_path.iterdir())


async def test_what_is_imported_is_as_it_was_exported(stubs, shop):
    """Also over products that were changed since, whatever the times of the changes."""
    products, spaces = await exported(stubs, shop)
    later = types_pb2.Product(id="p01", brand="Later")
    later.update_time.seconds = 1_700_001_000
    await stubs.catalog.UpdateProduct(catalog_pb.UpdateProductRequest(catalog=shop, product=later))

    response = await stubs.maintenance.ImportProducts(
        pb.ImportProductsRequest(catalog=shop, spaces=spaces, products=products.values())
    )

    assert {0} == {each.code for each in response.outcomes}
    again, _ = await exported(stubs, shop)
    assert plain(products) == plain(again)
