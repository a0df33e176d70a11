"""The rules of the one-stop desk: what a dossier may become, and which number it gets. Pure."""
