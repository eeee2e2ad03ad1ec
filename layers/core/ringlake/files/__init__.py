"""Rows become files, and files become mails."""
