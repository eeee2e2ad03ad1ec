"""Tools for people who work on Ringlake; never deployed."""
