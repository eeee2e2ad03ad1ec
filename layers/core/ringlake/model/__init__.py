"""The words of design: frozen types without I/O."""
