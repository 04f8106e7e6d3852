"""Programs, stores, tills, staff, and who is signed in."""
