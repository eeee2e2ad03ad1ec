"""What people do with the directory: each module has the use cases of one kind of thing.

Every change is made from a version that the caller names, is checked against what the caller may do,
and is written in one step with a line that says who did it. Nothing is removed: things are marked
deleted, so that history keeps its names (demands.md D72).
"""
