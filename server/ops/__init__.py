"""What an operator sees of the server: metrics, health and the public status."""
