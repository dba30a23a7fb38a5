"""Words in Milvus 2.5 and later, and in Milvus Lite: found by its own BM25.

collections.py   the collection of a catalogue's words
rows.py          products as its rows
reading.py       rows searched and read
vocabulary.py    the words that can be offered for misspelt ones
index.py         the `LexicalIndex` port

Fields are counted in the record itself: see ../fields.py.
"""
