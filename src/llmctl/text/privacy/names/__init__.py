"""Names of people: gazetteers and the rules of the words around them."""
