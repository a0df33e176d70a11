"""The promises of the one-stop desk that span services. Pure."""
