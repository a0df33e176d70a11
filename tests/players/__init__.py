"""The people of a province: their plans, their acts, and that both stages play the same."""
