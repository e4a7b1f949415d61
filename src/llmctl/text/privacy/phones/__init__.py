"""Phone numbers: what libphonenumber knows, and what the words around announce."""
