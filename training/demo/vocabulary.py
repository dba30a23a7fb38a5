"""The words of the demonstration catalogue: categories, colours, patterns and materials in English and Chinese.

Each mapping is ordered; its keys are the values that items and queries use ("mug", "blue", "striped", "wood").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

LANGUAGES = ("en", "zh")


class Colour(NamedTuple):
    """Red, green and blue, each 0..255."""

    red: int
    green: int
    blue: int


@dataclass(frozen=True)
class Category:
    """How people call one kind of product; the first name of each language is the usual one."""

    english: tuple[str, ...]
    chinese: tuple[str, ...]
    plural: bool = False


@dataclass(frozen=True)
class Value:
    """How people name one attribute value: words before the noun, phrases after it, words in Chinese."""

    adjectives: tuple[str, ...]
    phrases: tuple[str, ...]
    chinese: tuple[str, ...]


def _category(english: str, chinese: str, *, plural: bool = False) -> Category:
    return Category(tuple(english.split("/")), tuple(chinese.split("/")), plural)


CATEGORIES: Mapping[str, Category] = MappingProxyType(
    {
        "mug": _category("mug/coffee cup/cup", "杯子/马克杯/咖啡杯"),
        "bottle": _category("bottle/water bottle/flask", "瓶子/水瓶/水壶"),
        "teapot": _category("teapot/tea kettle", "茶壶/泡茶壶"),
        "bowl": _category("bowl/salad bowl/dish", "碗/沙拉碗/大碗"),
        "vase": _category("vase/flower vase", "花瓶/插花瓶"),
        "pan": _category("pan/frying pan/skillet", "平底锅/煎锅"),
        "lamp": _category("lamp/table lamp/desk light", "台灯/桌灯"),
        "chair": _category("chair/dining chair/seat", "椅子/餐椅/座椅"),
        "table": _category("table/side table/desk", "桌子/书桌/餐桌"),
        "sofa": _category("sofa/couch/settee", "沙发/长沙发"),
        "clock": _category("clock/wall clock", "时钟/挂钟"),
        "watch": _category("watch/wristwatch", "手表/腕表"),
        "shirt": _category("shirt/t-shirt/tee", "衬衫/短袖/上衣"),
        "trousers": _category("trousers/pants/slacks", "裤子/长裤", plural=True),
        "dress": _category("dress/frock/gown", "连衣裙/裙子"),
        "hat": _category("hat/sun hat/brimmed hat", "帽子/遮阳帽"),
        "shoe": _category("shoe/sneaker/trainer", "鞋子/运动鞋/球鞋"),
        "boot": _category("boot/winter boot/high boot", "靴子/长靴"),
        "sock": _category("sock/stocking", "袜子/长袜"),
        "glove": _category("glove/winter glove", "手套/保暖手套"),
        "handbag": _category("handbag/purse/tote bag", "手提包/女包"),
        "backpack": _category("backpack/rucksack/school bag", "背包/双肩包/书包"),
        "suitcase": _category("suitcase/luggage/trolley case", "行李箱/旅行箱/拉杆箱"),
        "umbrella": _category("umbrella/parasol", "雨伞/阳伞"),
        "guitar": _category("guitar/acoustic guitar", "吉他/民谣吉他"),
        "camera": _category("camera/photo camera", "相机/照相机"),
        "cushion": _category("cushion/pillow", "抱枕/靠垫/枕头"),
        "toy car": _category("toy car/model car", "玩具车/玩具汽车/小汽车"),
        "teddy bear": _category("teddy bear/teddy/toy bear", "泰迪熊/玩具熊/小熊"),
        "headphones": _category("headphones/headset", "耳机/头戴式耳机", plural=True),
    }
)


def _colour(english: str, chinese: str) -> Value:
    names = tuple(english.split("/"))
    return Value(names, tuple(f"in {name}" for name in names), tuple(chinese.split("/")))


COLOURS: Mapping[str, Value] = MappingProxyType(
    {
        "red": _colour("red", "红色/大红色"),
        "orange": _colour("orange", "橙色/橘色"),
        "yellow": _colour("yellow", "黄色"),
        "green": _colour("green", "绿色"),
        "blue": _colour("blue", "蓝色"),
        "purple": _colour("purple/violet", "紫色"),
        "pink": _colour("pink", "粉色/粉红色"),
        "brown": _colour("brown", "棕色/褐色"),
        "black": _colour("black", "黑色"),
        "white": _colour("white", "白色"),
    }
)

COLOURS_RGB: Mapping[str, Colour] = MappingProxyType(
    {
        "red": Colour(208, 26, 36),
        "orange": Colour(246, 128, 14),
        "yellow": Colour(250, 214, 26),
        "green": Colour(38, 148, 62),
        "blue": Colour(32, 88, 208),
        "purple": Colour(122, 44, 164),
        "pink": Colour(248, 140, 186),
        "brown": Colour(116, 66, 32),
        "black": Colour(36, 36, 40),
        "white": Colour(240, 239, 234),
    }
)

PATTERNS: Mapping[str, Value] = MappingProxyType(
    {
        "plain": Value(("plain", "solid"), ("without a pattern", "in one colour"), ("纯色", "素色")),
        "striped": Value(("striped", "stripy"), ("with stripes",), ("条纹",)),
        "dotted": Value(
            ("dotted", "polka dot", "spotted"), ("with dots", "with polka dots"), ("波点", "圆点")
        ),
        "checked": Value(("checked", "checkered"), ("with checks", "with squares"), ("格子", "格纹")),
    }
)

MATERIALS: Mapping[str, Value] = MappingProxyType(
    {
        "cotton": Value(("cotton", "cloth"), ("made of cotton", "in cotton"), ("棉质", "棉布", "纯棉")),
        "leather": Value(("leather",), ("made of leather", "in leather"), ("皮革", "皮质", "真皮")),
        "metal": Value(("metal", "metallic"), ("made of metal",), ("金属", "金属制")),
        "wood": Value(("wooden", "wood"), ("made of wood", "of wood"), ("木质", "木制", "实木")),
    }
)

ATTRIBUTES: Mapping[str, Mapping[str, Value]] = MappingProxyType(
    {"colour": COLOURS, "pattern": PATTERNS, "material": MATERIALS}
)
