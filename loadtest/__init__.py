"""The load test: bots that play on the real wire, and a verdict on the server they played on."""
