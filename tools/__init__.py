"""What the makers of this repository run; nothing of it is installed or served."""
