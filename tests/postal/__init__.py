"""The public post: what it must do and what it must refuse."""
