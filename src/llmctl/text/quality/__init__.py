"""How good a document looks: signals (numbers) and rules (rows of a table) that read them."""
