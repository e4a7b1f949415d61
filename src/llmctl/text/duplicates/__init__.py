"""Near-duplicates: shingles, MinHash signatures, true Jaccard similarity."""
