"""The silhouette of each category."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from training.demo import shapes_goods, shapes_home, shapes_worn
from training.demo.geometry import Part, fitted
from training.demo.shapes_home import Variation

VARIATIONS = 6

_SHAPES: Mapping[str, Callable[[Variation], list[Part]]] = MappingProxyType(
    {
        "mug": shapes_home.mug,
        "bottle": shapes_home.bottle,
        "teapot": shapes_home.teapot,
        "bowl": shapes_home.bowl,
        "vase": shapes_home.vase,
        "pan": shapes_home.pan,
        "lamp": shapes_home.lamp,
        "chair": shapes_home.chair,
        "table": shapes_home.table,
        "sofa": shapes_home.sofa,
        "clock": shapes_home.clock,
        "cushion": shapes_home.cushion,
        "watch": shapes_worn.watch,
        "shirt": shapes_worn.shirt,
        "trousers": shapes_worn.trousers,
        "dress": shapes_worn.dress,
        "hat": shapes_worn.hat,
        "shoe": shapes_worn.shoe,
        "boot": shapes_worn.boot,
        "sock": shapes_worn.sock,
        "glove": shapes_worn.glove,
        "handbag": shapes_worn.handbag,
        "backpack": shapes_worn.backpack,
        "suitcase": shapes_worn.suitcase,
        "umbrella": shapes_goods.umbrella,
        "guitar": shapes_goods.guitar,
        "camera": shapes_goods.camera,
        "toy car": shapes_goods.toy_car,
        "teddy bear": shapes_goods.teddy_bear,
        "headphones": shapes_goods.headphones,
    }
)


def parts(category: str, variation: Variation) -> list[Part]:
    """Return the parts of one product, its longer side spanning -1..1; *variation* holds six numbers in -1..1."""
    stretch_x, stretch_y = 1 + 0.1 * variation[4], 1 + 0.1 * variation[5]
    return fitted(_SHAPES[category](variation), stretch_x, stretch_y)
