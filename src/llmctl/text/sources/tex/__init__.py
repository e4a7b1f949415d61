"""TeX: a project of files in, the text of a paper out; our own tokens, macros and writer."""
