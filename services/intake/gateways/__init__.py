"""The outside world of the desk: the national public service portal."""
