"""What the post can look up: its work, and every parcel there was."""
