"""What the product promises, each promise as a test; the folders mirror the rooms."""
