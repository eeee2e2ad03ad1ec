"""A made-up company whose whole month of calls and texts is known, told as its providers would tell it.

people -> history (what happened) -> truth (what must be counted)
                                  -> render (what the providers send) -> deliver (how badly it arrives)

Nothing of these imports `ringlake`: a truth that was computed with the product's own code would prove
nothing. Everything follows from a seed. `seeding` alone knows the product: it writes the company into a directory.
"""
