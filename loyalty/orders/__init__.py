"""What somebody ordered to collect: slots, the way of each line, and the handoff, once."""
