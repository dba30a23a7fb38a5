"""Words and fields of products in one SQLite file: full-text search by FTS5.

store.py     the file: its connections, threads, deadlines
errors.py    what SQLite says, in our own terms
tables.py    the tables of a catalogue
rows.py      products as rows of these tables
filters.py   filters as SQL
lexical.py   the `LexicalIndex` port
fields.py    the `FieldIndex` port
"""
