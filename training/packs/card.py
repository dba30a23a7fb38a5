"""The model card that travels with a pack (Mitchell et al. 2019)."""

from collections.abc import Mapping, Sequence
from typing import Any

from triptych.packs.pack import Pack

_TEMPLATE = """# {name} {version}

{about}

- Encodes: {modalities}, into one space of {dimension} dimensions.
- Languages: {languages}.
- Licence: {licence}.
- Needs the packages: {requires}.

## Models

| model | kind | parameters |
|---|---|---|
{models}

## Figures

{figures}

## Limits

{limits}

## Recipe

{recipe}

{head}

{checksums}
"""
CHECKSUMS_HEAD = "## Checksums (SHA-256)"
_LIMITS = (
    "The figures hold for data like that of the recipe; measure on your own with `triptych evaluate` before use.",
    "What the pack has never met still gives a vector, so a search always answers something.",
)


def card(pack: Pack, about: str, limits: Sequence[str] = ()) -> str:
    """Return the card of *pack* as Markdown.

    Args:
        pack: its facts; the checksums are those of the files that training has made.
        about: what it is and what it was trained on, in sentences.
        limits: what it cannot do, a sentence each; added to those of every pack.
    """
    return _TEMPLATE.format(
        name=pack.name,
        version=pack.version,
        about=about or "A pack of models for cross-modal product search.",
        modalities=", ".join(pack.modalities),
        dimension=pack.dimension,
        languages=", ".join(pack.languages) or "none in particular",
        licence=pack.licence,
        requires=", ".join(pack.requires) or "none",
        models="\n".join(
            f"| {name} | {entry.kind} | {entry.parameters:,} |" for name, entry in pack.models.items()
        ),
        figures=_figures(pack.figures),
        limits="\n".join(f"- {limit}" for limit in (*limits, *_LIMITS)),
        recipe="\n".join(_lines(pack.recipe)) or "Not told.",
        head=CHECKSUMS_HEAD,
        checksums=checksum_lines(pack.checksums),
    )


def checksum_lines(checksums: Mapping[str, str]) -> str:
    """Return a line a file."""
    return "\n".join(f"- `{path}` {digest}" for path, digest in checksums.items())


def _figures(figures: Mapping[str, float]) -> str:
    if not figures:
        return "None were measured."
    rows = "\n".join(f"| {name} | {value:.4f} |" for name, value in figures.items())
    return f"| figure | value |\n|---|---|\n{rows}"


def _lines(recipe: Mapping[str, Any], indent: str = "") -> list[str]:
    """Return *recipe* as a nested list."""
    lines: list[str] = []
    for name, value in recipe.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}- {name}:", *_lines(value, f"{indent}  ")]
        else:
            lines.append(f"{indent}- {name}: {value}")
    return lines
