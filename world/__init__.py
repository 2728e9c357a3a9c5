"""The room where everything true is decided: state, rules and numbers, with no clock, socket or global randomness."""
