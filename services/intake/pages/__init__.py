"""The papers of the one-stop desk as people hold them: printable pages, one template for each form."""
