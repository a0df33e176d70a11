"""How public events get from one service to another."""
