"""How points are earned: the owner's rules as data, checked, and worked out in whole numbers."""
