"""What earlier versions of the product wrote, read by this one."""
