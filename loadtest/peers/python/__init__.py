"""The peers that are written in Python: programs that run in a virtual environment of their own."""
