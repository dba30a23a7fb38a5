"""The words of the walk: what is looked for, what is stored, what is answered."""
