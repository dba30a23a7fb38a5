"""The client for a shop's backend.

    from triptych.client import Client

    with Client("localhost:7100") as shop:
        for result in shop.search(text="red mug", image="photo.jpg").results:
            print(result.score, result.product.title)

Stands on the generated stubs only. Messages are those of `triptych.v1`; what they mean is written in protos/.
"""

from triptych.client.calls import OPTIONS, MediaSource, TriptychClientError
from triptych.client.connection import Client
from triptych.client.requests import SearchChoices, media, new_request_id, part

__all__ = [
    "OPTIONS",
    "Client",
    "MediaSource",
    "SearchChoices",
    "TriptychClientError",
    "media",
    "new_request_id",
    "part",
]
