"""Vectors in Milvus.

connection.py   one channel to Milvus: address, token, deadline, status
errors.py       what Milvus says, in our own terms
schema.py       names and shapes of collections
rows.py         rows as the columns of Milvus's messages, and back
directory.py    which collection serves what
making.py       collections made and removed
loading.py      collections loaded
collections.py  the `CollectionStore` port
reading.py      rows asked for by keys and conditions
index.py        the `VectorIndex` port
fields.py       the `FieldIndex` port
lexical/        the `LexicalIndex` port

Milvus is called through its protobuf API, with the stubs that pymilvus carries. pymilvus' own clients were measured
beside it: they add two to three times the cost per search, and try a dead server again until the deadline has passed.
"""
