"""The rules, the wire format and the borders of payments."""
