"""Spoken queries with a price limit and a denial: constraints understood, from the sound to the filter.

    python -m bench.voice_queries [--pack triton/model_repository] [--count 20] [--part held_out] [--voices en-us …]
    python -m bench.voice_queries --text

Each query names a product of the demonstration, limits its price and denies one value: "show me a red chair under fifty
euros but not leather". eSpeak says it, the pack's transcriber hears it as Triton would run it, the gateway's core
understands it. It counts when the limits and denials are exactly those that were said. "plain" has the same queries
without limit and denial, where none may be understood. --text skips the sound and judges understanding alone, with
phrasings that no grammar of a transcriber knows.

Settings were chosen on part "tuned" (products of dev, its own seed); "held_out" (products of test) had no say in them.
Prints a row for each voice and writes bench/out/voice_queries.json.
"""

import multiprocessing
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import reporting
from gateway.core.model.words import Operator
from gateway.core.understanding import understand
from training.demo.items import BRANDS, items
from training.demo.texts import query_text
from training.demo.vocabulary import ATTRIBUTES, CATEGORIES
from training.demo.voices import VOICES_BY_NAME, speak
from training.speech.heard import Recogniser
from training.speech.transcriber import load_transcriber
from training.speech.write import MODEL
from training.triton_config import VERSION_FOLDER

# eSpeak's voices that an acoustic model of American adults can hear; the others are reported by --voices all.
PLAIN_VOICES = ("en-us", "en-us-f2", "en-us-m3", "en-us-m7", "en-m5", "en-gb-x-rp")
OUT = Path(__file__).parent / "out" / "voice_queries.json"
PACK = Path("triton/model_repository")
VOCABULARY = {
    "category": list(CATEGORIES),
    "brand": list(BRANDS),
    **{name: list(values) for name, values in ATTRIBUTES.items()},
}
SPLITS = {"tuned": "dev", "held_out": "test"}

Said = tuple[tuple[str, Operator, str], ...]

_AT_MOST = ("under {} euros", "below {} dollars", "less than {} euros", "at most {}", "no more than {} pounds",
            "cheaper than {} dollars", "up to {} euros", "for less than {} euros")  # fmt: skip
_AT_LEAST = ("over {} euros", "more than {} dollars", "at least {}", "above {} pounds")
_DENIED = ("but not {}", "not {}", "and not {}", "anything but {}")
# What people write, and what no transcriber's grammar has.
_WRITTEN_AT_MOST = ("max {}", "maximum {} €", "that costs less than {}", "with a budget of {}", "priced under ${}",
                    "nothing over {}", "not more expensive than {} euros", "{} € tops", "(under {} bucks)")  # fmt: skip
_WRITTEN_DENIED = ("I don't want {}", "non-{}", "no {}", "without any {}", "except {}", "other than {}, please",
                   "definitely not {}", "not too {}")  # fmt: skip
_ONES = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
         "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


@dataclass(frozen=True)
class Spoken:
    """A sentence, what it limits and denies, and the same sentence without that."""

    text: str
    said: Said
    plain: str

    @property
    def is_literal(self) -> bool:
        """Whether what it denies is said as the catalogue writes it: without a transcriber nothing knows synonyms."""
        return all(
            value in self.text.split() for _, operator, value in self.said if operator is Operator.IS_NOT
        )


@dataclass(frozen=True)
class Outcome:
    """What became of one sentence by one voice."""

    voice: str
    query: Spoken
    heard: str
    confidence: float
    is_right: bool
    is_plain_right: bool


def spoken_queries(part: str, count: int, *, written: bool = False) -> list[Spoken]:
    """Return *count* queries for products of *part*; *written* as people type them."""
    rng = random.Random(f"voice queries {part} {written}")
    pool = [item for item in items() if item.split == SPLITS[part]]
    return [_query(rng, rng.choice(pool), written=written) for _ in range(count)]


def _query(rng: random.Random, item: object, *, written: bool) -> Spoken:
    named = rng.choice(list(ATTRIBUTES))
    plain = query_text({"category": item.category, named: getattr(item, named)}, "en", rng).lower()  # type: ignore[attr-defined]
    plain = plain.removesuffix("please").rstrip(" ?").removesuffix(" for sale")
    denied = rng.choice([name for name in ATTRIBUTES if name != named])
    value = rng.choice([each for each in ATTRIBUTES[denied] if each != "plain"])
    limit, limits = _limit(rng, written=written)
    denials = _WRITTEN_DENIED if written else _DENIED
    # Written, a value stands as the catalogue has it; said, in any of the words that the transcriber knows.
    way = value if written else rng.choice(ATTRIBUTES[denied][value].adjectives)
    wishes = [limit, rng.choice(denials).format(way)]
    rng.shuffle(wishes)
    said = (*limits, (denied, Operator.IS_NOT, value))
    return Spoken(f"{plain} {' '.join(wishes)}", tuple(sorted(said)), plain)


def _limit(rng: random.Random, *, written: bool) -> tuple[str, Said]:
    amount = rng.choice([rng.randrange(20, 100), rng.randrange(4, 100) * 5, rng.randrange(1, 20) * 100])
    number = str(amount) if written else words(amount)
    if rng.random() < 0.15:
        more = amount + rng.choice((5, 10, 50))
        far = str(more) if written else words(more)
        said = (("price", Operator.AT_MOST, str(more)), ("price", Operator.AT_LEAST, str(amount)))
        return f"between {number} and {far} euros", said
    least = rng.random() < 0.25
    templates = _AT_LEAST if least else _WRITTEN_AT_MOST if written else _AT_MOST
    operator = Operator.AT_LEAST if least else Operator.AT_MOST
    return rng.choice(templates).format(number), (("price", operator, str(amount)),)


def words(number: int) -> str:
    """Return *number*, 1 to 9999, as it is said."""
    for unit, name in ((1000, "thousand"), (100, "hundred")):
        if number >= unit:
            rest = number % unit
            joint = " and " if rest and unit == 100 else " "
            return (
                f"{_ONES[number // unit]} {name}{joint}{words(rest)}".strip()
                if rest
                else f"{_ONES[number // unit]} {name}"
            )
    return _ONES[number] if number < 20 else f"{_TENS[number // 10]} {_ONES[number % 10]}".strip()


def understood(text: str, slots: Mapping[str, str]) -> Said:
    """Return the limits and denials of *text*."""
    meaning = understand(text, slots, VOCABULARY)
    held = [each for each in meaning.constraints if each.operator is not Operator.IS]
    return tuple(sorted((each.name, each.operator, each.value) for each in held))


@cache
def recogniser(pack: Path) -> Recogniser:
    """Return the transcriber of *pack*, loaded once in a process."""
    return load_transcriber(pack / MODEL / VERSION_FOLDER)


def outcome(job: tuple[str, Spoken], pack: Path) -> Outcome:
    """Let a voice say a query, with its wishes and without."""
    voice, query = job
    listener = recogniser(pack)
    heard = listener.hear(speak(query.text, VOICES_BY_NAME[voice]))
    plain = listener.hear(speak(query.plain, VOICES_BY_NAME[voice]))
    return Outcome(
        voice,
        query,
        heard.text,
        heard.confidence,
        understood(heard.text, heard.slots) == query.said,
        understood(plain.text, plain.slots) == (),
    )


def row(name: str, found: Sequence[Outcome]) -> dict[str, object]:
    """Return the figures of a voice."""
    claimed = [each for each in found if each.heard]
    return {
        "voice": name,
        "queries": len(found),
        "anything claimed": _share(len(claimed), len(found)),
        "constraints right": _share(sum(each.is_right for each in found), len(found)),
        "right where claimed": _share(sum(each.is_right for each in claimed), len(claimed)),
        "plain: none": _share(sum(each.is_plain_right for each in found), len(found)),
    }


def _share(part: int, whole: int) -> float:
    return round(part / max(whole, 1), 3)


def show(rows: Sequence[Mapping[str, object]]) -> None:
    """Print *rows*."""
    table = Table(*rows[0])
    for each in rows:
        table.add_row(*(str(value) for value in each.values()))
    Console().print(table)


def judge_text(part: str, count: int) -> None:
    """Print how many written and spoken phrasings are understood from their words alone."""
    rows = []
    for written in (False, True):
        queries = [query for query in spoken_queries(part, 3 * count, written=written) if query.is_literal][
            :count
        ]
        wrong = [query for query in queries if understood(query.text, {}) != query.said]
        plain = sum(understood(query.plain, {}) == () for query in queries)
        rows.append(
            {
                "phrasing": "as typed" if written else "as said",
                "queries": count,
                "constraints right": _share(count - len(wrong), count),
                "plain: none": _share(plain, count),
            }
        )
        for query in wrong[:8]:
            Console(stderr=True).print(query.text, understood(query.text, {}), query.said)
    show(rows)


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--pack", type=Path, default=PACK)
    parser.add_argument("--part", choices=SPLITS, default="held_out")
    parser.add_argument("--count", type=int, default=20, help="queries for each voice")
    parser.add_argument("--voices", nargs="+", default=list(PLAIN_VOICES), help="names, or all")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--text", action="store_true", help="judge the words alone")
    arguments = parser.parse_args()
    if arguments.text:
        judge_text(arguments.part, arguments.count)
        return
    names = arguments.voices
    if names == ["all"]:
        names = [name for name, voice in VOICES_BY_NAME.items() if voice.language == "en"]
    queries = spoken_queries(arguments.part, arguments.count * len(names))
    jobs = [(names[at % len(names)], query) for at, query in enumerate(queries)]
    with multiprocessing.get_context("fork").Pool(arguments.processes) as pool:
        found = pool.map(partial(outcome, pack=arguments.pack), jobs, chunksize=2)
    rows = [row(name, [each for each in found if each.voice == name]) for name in names]
    rows.append(row("all of these", found))
    show(rows)
    reporting.keep(rows, OUT)
    for each in found:
        if each.heard and not each.is_right:
            Console(stderr=True).print(
                f"{each.confidence:.2f} {each.voice}: {each.query.text!r} → {each.heard!r}"
            )


if __name__ == "__main__":
    main()
