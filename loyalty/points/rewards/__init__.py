"""What points can be redeemed for, one file per kind of reward. Pure."""
