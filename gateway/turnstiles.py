"""Which requests share a turnstile: searches and writes each have their own, so that neither keeps the other out.

What looks after catalogues (listing, checking, upgrading) passes by both, and streams have bounds of their own.
"""

from gateway.settings import GatewaySettings
from triptych.runtime.limit import AdaptiveLimit
from triptych.runtime.turnstile import Turnstile, Turnstiles

# Many enough that a quiet gateway takes a burst; what that costs is known after a quarter of a second.
BEGIN = 32
# Of all requests in flight these shares at most, waiting ones too, so that there is always room for what passes by.
SEARCH_SHARE, WRITE_SHARE = 0.6, 0.25

SEARCHES = {
    "triptych.v1.ProductSearchService": (
        "SearchProducts",
        "SuggestQueries",
        "RecommendProducts",
        "RecognizeProduct",
        "DescribeImage",
        "TranscribeAudio",
    )
}
WRITES = {
    "triptych.v1.CatalogService": ("UpsertProducts", "UpdateProduct", "UpdateProducts", "DeleteProducts"),
    "triptych.v1.FeedbackService": ("RecordEvents",),
}


def turnstiles(settings: GatewaySettings) -> Turnstiles:
    """Return what lets searches and writes in."""
    search = turnstile("search", settings.searches_at_once_min, SEARCH_SHARE, settings)
    write = turnstile("write", settings.writes_at_once_min, WRITE_SHARE, settings)
    return Turnstiles(
        {
            f"/{service}/{method}": each
            for each, shares in ((search, SEARCHES), (write, WRITES))
            for service, methods in shares.items()
            for method in methods
        }
    )


def turnstile(share: str, least: int, of_all: float, settings: GatewaySettings) -> Turnstile:
    """Return the turnstile of a share of all requests in flight."""
    most = max(1, int(settings.requests_in_flight_max * of_all))
    return Turnstile(share, AdaptiveLimit(min(least, most), most, BEGIN), settings.requests_bytes_max // 2)
