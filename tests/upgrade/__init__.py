"""The previous release and this one on one topic."""
