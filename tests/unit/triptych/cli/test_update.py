"""`triptych update` and the client's updates, against a gateway that notes what it is asked."""

import pytest
from typer.testing import CliRunner

from triptych.cli.main import app
from triptych.client import Client, TriptychClientError
from triptych.v1 import catalog_service_pb2 as pb
from triptych.v1 import types_pb2


@pytest.fixture
def run(gateway):
    """Run `triptych` against the fake gateway."""
    environment = {"TRIPTYCH_ADDRESS": gateway.address}
    return lambda *arguments: CliRunner().invoke(app, list(arguments), env=environment)


def test_fields_are_set_and_emptied(run, gateway):
    """Prices with and without a currency, truths, numbers, texts and attributes; a time and an etag."""
    ran = run(
        *("update", "a", "--set", "price=-7.25 EUR", "--set", "in_stock=true", "--set", "popularity=3"),
        *("--set", "title=1 red mug", "--set", "attributes.colour=red", "--set", "attributes.size=4.5"),
        *("--unset", "brand", "--time", "2026-05-31T12:00:00Z", "--if-etag", "known", "--request-id", "r1"),
    )

    assert (0, "etag new, newer there: brand\n") == (ran.exit_code, ran.stdout)
    (request,) = gateway.updates
    product = request.product
    assert ("a", -7, -250_000_000, "EUR") == (
        product.id,
        product.price.units,
        product.price.nanos,
        product.price.currency_code,
    )
    assert (True, 3, "1 red mug", "known", 1_780_228_800) == (
        product.in_stock,
        product.popularity,
        product.title,
        product.etag,
        product.update_time.seconds,
    )
    assert ("red", 4.5) == (
        product.attributes["colour"].string_value,
        product.attributes["size"].number_value,
    )
    names = ["price", "in_stock", "popularity", "title", "attributes.colour", "attributes.size", "brand"]
    assert (names, "r1") == (list(request.update_mask.paths), request.request_id)


def test_what_was_newer_is_told(run, gateway):
    """A late event is no error."""
    assert "nothing written: newer is there\n" == run("update", "a", "--unset", "brand").stdout
    assert '"superseded": true' in run("update", "a", "--unset", "brand", "--json").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "say what to --set or to --unset"),
        (["--set", "price"], "FIELD=VALUE"),
        (["--set", "price=cheap"], "a price is 7.50 or 7.50 EUR"),
        (["--set", "price=inf"], "a price is 7.50 or 7.50 EUR"),
        (["--set", "prize=5"], "prize"),
        (["--set", "title=mug", "--time", "yesterday"], "--set"),
    ],
)
def test_what_cannot_be_understood_is_told_in_a_line(run, gateway, arguments, says):
    """Nothing is sent."""
    ran = run("update", "a", *arguments)

    assert (2, []) == (ran.exit_code, gateway.updates)
    assert says in ran.output


def test_another_etag_is_an_error(run, gateway):
    """One line, and a code of its own for a failure."""
    ran = run("update", "a", "--set", "price=5", "--if-etag", "other")

    assert 1 == ran.exit_code
    assert "Another one now." in ran.output


def test_every_call_of_the_client_has_a_name_of_its_own(gateway):
    """So that what is tried again on the way is written once; products stand for updates of what they have."""
    with Client(gateway.address) as client:
        client.update(types_pb2.Product(id="a", brand="B"), ["title"])
        results = client.update_all(
            [types_pb2.Product(id="a"), pb.ProductUpdate(product=types_pb2.Product(id="b"))], request_id="r"
        )
        with pytest.raises(TriptychClientError) as error:
            client.update(types_pb2.Product(id="a", etag="other"))

    assert ("ETAG_MISMATCH", "product.etag") == (error.value.reason, error.value.field)
    first, all_, last = gateway.updates
    assert 32 == len(first.request_id) == len(last.request_id)
    assert first.request_id != last.request_id
    assert ("r", ["a", "b"]) == (all_.request_id, [each.product.id for each in all_.updates])
    assert ["a", "b"] == [each.id for each in results]
