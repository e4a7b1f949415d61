"""llmctl: from raw crawl to a trained, evaluated, prompted language model, one artifact at a time."""

__version__ = "0.1.0"
