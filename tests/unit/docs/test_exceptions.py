"""What the rules of security are told to pass over has its reason beside it."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("triptych", "services", "gateway", "training", "bulk", "bench", "scripts")
EXCEPTION = re.compile(r"# noqa: [^#]*\bS\d{3}\b(?P<rest>.*)")


def test_every_exception_in_code_says_why():
    """After the rule's number, in words."""
    found = {
        f"{path.relative_to(ROOT)}: {line.strip()}": match["rest"]
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        for line in path.read_text().splitlines()
        if (match := EXCEPTION.search(line))
    }

    assert found
    assert [] == [where for where, rest in found.items() if not re.search(r" - \w+", rest)]


def test_no_folder_is_passed_over():
    """Exceptions of whole folders are single rules, and served code has none but those of SQL that is put together."""
    text = (ROOT / "pyproject.toml").read_text()
    ignored = tomllib.loads(text)["tool"]["ruff"]["lint"]["per-file-ignores"]

    assert [] == [folder for folder, rules in ignored.items() if "S" in rules]
    served = {
        folder: [rule for rule in rules if re.fullmatch(r"S\d{3}", rule)]
        for folder, rules in ignored.items()
        if folder.startswith(("triptych", "services", "gateway"))
    }
    assert {"S608"} == {rule for rules in served.values() for rule in rules}
