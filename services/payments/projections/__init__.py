"""What the accountant, the desk and the payer can look up."""
