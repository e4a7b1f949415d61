"""Raw sources: what a file is, the records in it, and the text in a record; byte streams in, values out."""
