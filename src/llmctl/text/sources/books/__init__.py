"""Books: licences and credits taken off, chapters found, hard-wrapped lines joined, EPUB read; strings in, values out."""
