"""The wire: bytes to typed messages and back, with no socket, clock or randomness in sight."""
