"""A citizen's day through every service, under the virtual clock and without HTTP."""
