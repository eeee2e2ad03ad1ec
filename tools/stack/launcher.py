"""Start ministack; runs inside its own environment."""

from __future__ import annotations

from ministack.app import main  # type: ignore[import-not-found]

if __name__ == "__main__":
    main()
