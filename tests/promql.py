"""What a PromQL expression asks for, as far as tests need it: names of series, and labels by name."""

import re

WORDS = {
    "and",
    "or",
    "unless",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "offset",
    "bool",
}
STRING = re.compile(r'"[^"]*"')
MATCHER = re.compile(r"([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?")


def selectors(expression: str) -> list[tuple[str, set[str]]]:
    """The names of the series that are selected, each with the labels that it is selected by."""
    text = STRING.sub('""', expression)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", text)
    text = re.sub(r"\[[^\]]*\]", " ", text)
    text = re.sub(r"\boffset\s+\w+", " ", text)
    found = []
    for match in MATCHER.finditer(text):
        name, inside = match.groups()
        is_function = text[match.end(1) :].lstrip().startswith("(")
        is_number = match.start() > 0 and text[match.start() - 1].isdigit()
        if name not in WORDS and not is_function and not is_number:
            found.append((name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inside or ""))))
    return found


def grouped_by(expression: str) -> set[str]:
    """The labels that are grouped or matched by."""
    lists = re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expression)
    return {label.strip() for each in lists for label in each.split(",") if label.strip()}
