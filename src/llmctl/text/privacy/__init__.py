"""Personal data in text: a table of detectors, and the masking of what they find."""
