"""The examples of the README and the pages: code, commands and names, as a reader would copy them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "services").glob("*/README.md"),
        *(ROOT / name / "README.md" for name in ("bulk", "gateway")),
    ]
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TICKED = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
# What a shell would split a line into commands at, and what may stand before one.
SEPARATORS = {"|", "&&", ";"}
ASSIGNMENT = re.compile(r"\w+=")


@dataclass(frozen=True)
class Example:
    """A piece of a page; *is_whole* where a reader would run it as it stands, in place of a mention in a sentence."""

    page: Path
    text: str
    is_whole: bool = True

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.text}"


def fenced(language: str) -> Iterator[Example]:
    """Yield the blocks of that language, "" for none."""
    for page in PAGES:
        for found, text in FENCE.findall(page.read_text()):
            if found == language:
                yield Example(page, text)


def ticked() -> Iterator[Example]:
    """Yield what stands between single backticks."""
    for page in PAGES:
        for text in TICKED.findall(FENCE.sub("", page.read_text())):
            yield Example(page, text, is_whole=False)


def shown(program: str) -> Iterator[tuple[Example, list[str]]]:
    """Yield the calls of *program* ("triptych", "python -m", "buf curl") with their arguments."""
    lines = [
        Example(block.page, line)
        for block in fenced("")
        for line in block.text.replace("\\\n", " ").splitlines()
        if program.partition(" ")[0] in line
    ]
    start = program.split()
    for example in (*lines, *(each for each in ticked() if each.text.startswith(program))):
        # Square brackets stand around what may be left out, by custom.
        text = re.sub(r"\[(?=-)|(?<=\S)\](?=\s|$)", "", example.text)
        for words in commands(text):
            words[0] = words[0].rpartition("/")[2]
            if words[: len(start)] == start:
                yield example, words[len(start) :]


def commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each command of a shell's *line*; of what is no such line none."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return
    command: list[str] = []
    for word in (*words, ";"):
        if word in SEPARATORS:
            if command:
                yield command
            command = []
        elif command or not ASSIGNMENT.match(word):
            command.append(word)
