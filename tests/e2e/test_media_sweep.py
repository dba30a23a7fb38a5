"""Kept pictures that no product names: told by `triptych check --media`, and removed with --repair."""

import io
import json
import os
import time

from PIL import Image

from triptych.client import Client
from triptych.v1.types_pb2 import Media, Product

CATALOG = "swept"
TWO_HOURS_S = 7_200


def picture(red: int) -> bytes:
    """A picture that no other test has."""
    data = io.BytesIO()
    Image.new("RGB", (40, 40), (red, 3, 251)).save(data, "PNG")
    return data.getvalue()


def test_what_no_product_names_is_told_and_removed(suite, shop):
    """The picture of a product that was deleted goes; all others stay, and their products too."""
    with Client(suite.address) as client:
        client.upsert(
            [
                Product(id=name, title=f"swept {name}", images=[Media(data=picture(red))])
                for name, red in (("kept", 11), ("gone", 12))
            ],
            catalog=CATALOG,
        )
        content_id = {
            each: client.get(each, catalog=CATALOG).images[0].content_id for each in ("kept", "gone")
        }
        client.delete(["gone"], catalog=CATALOG)
    media = suite.folder / "media"
    files = [path for path in media.rglob("*") if path.is_file() and len(path.name) == 64]
    for path in files:
        os.utime(path, (time.time() - TWO_HOURS_S,) * 2)

    told = suite.run("check", "--media", "--json", "--address", suite.address)
    assert 1 == told.returncode, told.stderr
    assert [content_id["gone"]] == json.loads(told.stdout)["unnamedContentIds"]

    mended = suite.run("check", "--media", "--repair", "--address", suite.address)
    assert 0 == mended.returncode, mended.stdout + mended.stderr
    left = {path.name for path in media.rglob("*") if path.is_file()}
    assert {path.name for path in files} - left == {content_id["gone"].removeprefix("sha256:")}
    again = suite.run("check", "--media", "--address", suite.address)
    assert 0 == again.returncode, again.stdout
