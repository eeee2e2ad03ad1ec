"""Where things are kept: each module holds a port (Protocol), the real store and its in-memory twin.

The twin passes the same test-suite as the real store. Real stores build their client lazily,
on first use, from `stores.clients`; importing opens nothing.
"""
