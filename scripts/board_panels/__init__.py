"""What the boards show: rows of panels. See scripts/boards.py."""

from board_panels.answers import ANSWERS
from board_panels.catalogues import CATALOGUES
from board_panels.service import SERVICE

# By the id of the board, which is its file's name: title and rows.
BOARDS = {
    "triptych-service": ("Triptych: service", SERVICE),
    "triptych-answers": ("Triptych: answers", ANSWERS),
    "triptych-catalogues": ("Triptych: catalogues and engines", CATALOGUES),
}
