"""The pure core: deciding, saying no, working time, money and codes. Standard library only."""
