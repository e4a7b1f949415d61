"""Names of persons, by script."""
