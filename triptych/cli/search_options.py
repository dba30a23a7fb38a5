"""The options of `triptych search`."""

from pathlib import Path
from typing import Annotated

import typer

Texts = Annotated[list[str] | None, typer.Option("--text", help="Words to look for.")]
Images = Annotated[list[Path] | None, typer.Option("--image", help="A picture file.")]
Sounds = Annotated[list[Path] | None, typer.Option("--audio", help="A sound file.")]
Likes = Annotated[list[str] | None, typer.Option("--like", help="The id of a product.")]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        "--weight",
        help="How much a part counts: text=0.5, or image.2=-1 for the second picture; negative means not like this.",
    ),
]
Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--region",
        help="What is looked at of a picture: image.2=LEFT,TOP,RIGHT,BOTTOM, as shares of its width and height.",
    ),
]
Hearing = Annotated[
    str, typer.Option("--audio-mode", help="What is made of sounds: auto, speech, sound or both.")
]
NoTexts = Annotated[
    list[str] | None, typer.Option("--exclude-text", help="Leave out products that have all these words.")
]
NoImages = Annotated[
    list[Path] | None, typer.Option("--exclude-image", help="Leave out products that look like it.")
]
NoSounds = Annotated[
    list[Path] | None, typer.Option("--exclude-audio", help="Leave out products that sound like it.")
]
NoLikes = Annotated[
    list[str] | None, typer.Option("--exclude-like", help="Leave out this product and its variants.")
]
NoLikeness = Annotated[
    float | None,
    typer.Option(min=-1, max=1, help="From which cosine on a product is like an excluded picture or sound."),
]
Fusion = Annotated[str, typer.Option(help="concatenation, weighted_sum, bilinear or learned.")]
Similarity = Annotated[str, typer.Option(help="cosine or euclidean.")]
Ranking = Annotated[str, typer.Option(help="similarity, diverse, ranknet, listnet or learned.")]
Space = Annotated[str, typer.Option(help="Which vectors to search: fused, text, image or audio.")]
Lambda = Annotated[
    float | None, typer.Option(min=0, max=1, help="Similarity against diversity, for diverse.")
]
Filter = Annotated[
    str, typer.Option("--filter", help="Which products may be found, such as 'price < 50 AND brand = \"A\"'.")
]
Facets = Annotated[
    list[str] | None,
    typer.Option(
        "--facet", help="A field to count by; numbers in intervals that begin at bounds: price:10,50."
    ),
]
Group = Annotated[bool, typer.Option("--group", help="Of variants show the best alone.")]
Order = Annotated[str, typer.Option(help="A field to order by, such as 'price' or 'popularity desc'.")]
Boosts = Annotated[
    list[str] | None,
    typer.Option(
        "--boost",
        help="popularity:WEIGHT[:HALF], freshness:WEIGHT[:DAYS], or NAME:WEIGHT:FILTER; weights from -1 to 1.",
    ),
]
LexicalWeight = Annotated[
    float | None, typer.Option(min=0, max=1, help="How much words count as words, beside the vectors.")
]
HybridFusion = Annotated[str, typer.Option(help="How words and vectors become one order: scores or ranks.")]
Rescoring = Annotated[str, typer.Option(help="A second comparison: cosine, euclidean or mahalanobis.")]
Relevance = Annotated[
    float | None, typer.Option(min=0, max=1, help="Leave out what is less probably relevant.")
]
Explain = Annotated[str, typer.Option(help="Why products stand where they do: contributions or full.")]
Spelling = Annotated[str, typer.Option(help="Unknown words: suggest others, auto (search with them), off.")]
Consistency = Annotated[str, typer.Option(help="What was written lately: bounded, or strong (all of it).")]
DegradePolicy = Annotated[
    str, typer.Option(help="Where time is short: allow (leave something out, and say so), or forbid.")
]
Limit = Annotated[int, typer.Option(min=1, max=100, help="How many products a page.")]
Pages = Annotated[int, typer.Option(min=1, help="How many pages.")]
PageToken = Annotated[str, typer.Option(help="The token that an earlier answer gave for its next page.")]
