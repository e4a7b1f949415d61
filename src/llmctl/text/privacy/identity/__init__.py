"""What a state knows a person by: national numbers, papers, the day of birth."""
