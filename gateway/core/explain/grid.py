"""A grid over a picture, whose cells are covered one by one."""

from triptych.vocabulary.media import Box, Focus

SIDE = 3


def cells() -> list[Box]:
    """Return the SIDE × SIDE cells of a picture, row by row."""
    edges = [step / SIDE for step in range(SIDE + 1)]
    return [
        Box(edges[column], edges[row], edges[column + 1], edges[row + 1])
        for row in range(SIDE)
        for column in range(SIDE)
    ]


def in_picture(cell: Box, focus: Focus) -> Box:
    """Return where a *cell* of what is looked at lies in the whole picture."""
    region = focus.region
    if region is None:
        return cell
    width, height = region.right - region.left, region.bottom - region.top
    return Box(
        region.left + cell.left * width,
        region.top + cell.top * height,
        min(region.left + cell.right * width, region.right),
        min(region.top + cell.bottom * height, region.bottom),
    )
