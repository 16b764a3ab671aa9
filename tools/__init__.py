"""What the Makefile calls: the standard library only, so that any Python >= 3.8 can start it."""
