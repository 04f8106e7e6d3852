"""Who did what with a store's posts: engagements of people who linked, counts of all others."""
