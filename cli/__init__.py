"""The command `lienthong`: one file for each group of commands."""
