"""Benchmarks: each bar as a ratio against a named peer that runs in the same minute on the same machine.

    python -m tests.bench [name ...] [--json]

Times are CPU seconds of the process that does the work: a busy machine moves the clock on the
wall, not them. Repetitions of both sides alternate; what is printed is the median with the
quartiles. Whoever needs memory measured runs in a process of its own. The tests beside the
benches run each of them on tiny sizes; they assert no time.
"""
