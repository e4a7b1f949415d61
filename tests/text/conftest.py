"""Kernels are compiled when a test first calls them; that time is not the example's."""

from hypothesis import settings

settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")
