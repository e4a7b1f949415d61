"""Web archives: where records begin and end in WARC and ARC, what they are packed in, and what servers did to bodies."""
