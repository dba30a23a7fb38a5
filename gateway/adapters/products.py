"""Packed products, read for the ranking networks, the boosts, recognition and encoding again; and written into."""

import math
import time
from collections.abc import Callable, Mapping

from google.protobuf.struct_pb2 import Value

from gateway.core.model.catalog import Labels, ProductFacts
from gateway.core.model.query import Content
from gateway.translate.products import stored_contents, with_content_ids
from triptych.v1.types_pb2 import Product

_SECONDS_PER_DAY = 86_400
_NANOS = 1e9


class PackedProducts:
    """Implements `ProductReader` and `ProductWriter`; *now* returns the seconds since 1970."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now

    def features(self, product: bytes) -> Mapping[str, float]:
        """Return log_price, log_popularity, in_stock and freshness_days, as far as they are known.

        Logarithms are those of 1 + x. A price is taken as it is: within one catalogue prices share a currency.
        """
        record = Product.FromString(product)
        features = {"log_popularity": math.log1p(record.popularity)}
        if record.HasField("price"):
            features["log_price"] = math.log1p(max(0.0, record.price.units + record.price.nanos / _NANOS))
        if record.HasField("in_stock"):
            features["in_stock"] = float(record.in_stock)
        age_s = self._age_s(record)
        if age_s is not None:
            features["freshness_days"] = age_s / _SECONDS_PER_DAY
        return features

    def facts(self, product: bytes) -> ProductFacts:
        """Return popularity, age and group; what was changed in the future has an age of 0."""
        record = Product.FromString(product)
        return ProductFacts(record.popularity, self._age_s(record), record.group_id)

    def labels(self, product: bytes) -> Labels:
        """Return the category and the attributes that are texts; one of a single text is a list of one."""
        record = Product.FromString(product)
        texts = {name: texts_of(value) for name, value in record.attributes.items()}
        return Labels(record.category, {name: each for name, each in sorted(texts.items()) if each})

    def contents(self, product: bytes) -> tuple[Content, ...]:
        """See the port."""
        return stored_contents(product)

    def with_content_ids(self, product: bytes, ids: Mapping[str, str]) -> bytes:
        """See the port."""
        return with_content_ids(product, ids)

    def _age_s(self, record: Product) -> float | None:
        if not record.HasField("update_time"):
            return None
        return max(0.0, self._now() - record.update_time.seconds)


def texts_of(value: Value) -> tuple[str, ...]:
    """Return the texts of an attribute; none where it is a number or a boolean."""
    items = value.list_value.values if value.HasField("list_value") else [value]
    return tuple(item.string_value for item in items if item.string_value)
