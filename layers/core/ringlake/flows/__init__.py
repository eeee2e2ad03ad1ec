"""The paths from webhook to mail that functions run: each takes its stores and its clock as arguments."""
