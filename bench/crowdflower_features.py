"""What a search stage can say of a query and a product: likeness of text vectors, and how words meet.

BM25 is Robertson & Zaragoza 2009, section 3.2, with the idf of Lucene, over the products of the data themselves.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
K1, B = 1.2, 0.75
FEEDBACK = 10
_WORD = re.compile(r"[a-z0-9]+")


def words(text: str) -> list[str]:
    """Return the words of *text* in lower case."""
    return _WORD.findall(text.lower())


def stem(word: str) -> str:
    """Return *word* without the s of a plural."""
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


class Bm25:
    """Scores of queries against documents, one document each."""

    def __init__(self, documents: Sequence[str]) -> None:
        self._counts = [Counter(words(document)) for document in documents]
        self._lengths = np.array([counts.total() for counts in self._counts], float)
        self._frequency = Counter(word for counts in self._counts for word in counts)

    def idf(self, word: str) -> float:
        """Return log(1 + (N - n + 1/2) / (n + 1/2)) of a word in n of N documents."""
        found = self._frequency[word]
        return float(np.log1p((len(self._counts) - found + 0.5) / (found + 0.5)))

    def scores(self, queries: Sequence[str]) -> Values:
        """Return the score of each query against the document at its place."""
        norms = K1 * (1 - B + B * self._lengths / self._lengths.mean())
        return np.array([self._score(*each) for each in zip(queries, self._counts, norms, strict=True)])

    def _score(self, query: str, counts: Counter[str], norm: float) -> float:
        met = [word for word in words(query) if counts[word]]
        return sum(self.idf(word) * counts[word] * (K1 + 1) / (counts[word] + norm) for word in met)

    def best(self, query: str) -> float:
        """Return the limit of the scores of *query* as its words fill a document; 1 where it has no words."""
        return sum(self.idf(word) * (K1 + 1) for word in words(query)) or 1.0


def coverage(query: str, text: str) -> float:
    """Return the share of the query's words that the text has."""
    asked, there = [stem(word) for word in words(query)], {stem(word) for word in words(text)}
    return sum(word in there for word in asked) / max(1, len(asked))


def trigrams(query: str, text: str) -> float:
    """Return the share of the query's runs of three characters that the text has; misspelt words still count."""
    asked, there = _trigrams(query), _trigrams(text)
    return len(asked & there) / max(1, len(asked))


def _trigrams(text: str) -> set[str]:
    padded = f" {' '.join(words(text))} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


def names_thing(query: str, text: str) -> float:
    """Return 1 where the text has the query's last word, which in English names the thing itself, else 0."""
    return float(bool(words(query)) and coverage(words(query)[-1], text) == 1)


def feedback(ids: NDArray[np.int64], cosines: Values, vectors: NDArray[np.float32]) -> Values:
    """Return each product's cosine (N,) to the mean of the ten that its query finds most alike.

    Blind relevance feedback (Rocchio 1971): what the first results have in common is mostly what was meant, and what
    differs from them mostly is not. No judgement is looked at.

    Args:
        ids: of the query of each pair (N,), from 0.
        cosines: of query and product (N,).
        vectors: of the products, of length 1, (N, D).
    """
    likeness = np.empty(len(ids))
    for query in range(ids.max() + 1):
        rows = np.flatnonzero(ids == query)
        first = rows[np.argsort(-cosines[rows], kind="stable")[:FEEDBACK]]
        centre = vectors[first].mean(0)
        likeness[rows] = vectors[rows] @ (centre / np.linalg.norm(centre))
    return likeness


def features(
    queries: Sequence[str], titles: Sequence[str], descriptions: Sequence[str], cosines: Values
) -> dict[str, Values]:
    """Return the features (N,) of N pairs by name; *cosines* (N,) are those of the query's and the title's vectors."""
    both = [f"{title} {description}" for title, description in zip(titles, descriptions, strict=True)]
    in_title = Bm25(titles)
    lexical = in_title.scores(queries)

    def each(measure: Callable[[str, str], float], texts: Sequence[str]) -> Values:
        return np.array([measure(query, text) for query, text in zip(queries, texts, strict=True)])

    return {
        "similarity_text": cosines,
        "lexical": lexical,
        "lexical_share": lexical / np.array([in_title.best(query) for query in queries]),
        "lexical_product": Bm25(both).scores(queries),
        "lexical_description": Bm25(descriptions).scores(queries),
        "coverage_title": each(coverage, titles),
        "coverage_description": each(coverage, descriptions),
        "trigrams_title": each(trigrams, titles),
        "thing_in_title": each(names_thing, titles),
        "words_title": np.array([len(words(title)) for title in titles], float),
        "characters_description": np.array([len(text) for text in descriptions], float),
    }
