"""Alerts: rules that people keep, the run that looks at them every minute, and the worker of webhooks (docs/adr/0105).

Import the module that is meant: a function that posts webhooks needs nothing of what looks at calls.
"""
