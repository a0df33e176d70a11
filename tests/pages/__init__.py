"""The pages as people see them: every role, both languages, and a real browser."""
