"""Stack Exchange: rows of a dump, their HTML as plain text, a question with its answers."""
