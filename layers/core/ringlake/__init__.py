"""Ringlake's own library: the only code that functions share.

Reading order: `model` (words), `providers` (a delivery becomes facts), `fold` (facts become
records), `metrics` (records become numbers), `access` and `query` (who may see which of
them), `files` (rows become CSV), `stores` (where things are kept), `flows` (the paths from
webhook to mail that functions run).
"""

__version__ = "0.1.0"
