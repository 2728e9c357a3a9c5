"""Other servers beside ours: the same crowd in the same plaza on each, every one run to its knee by the same bots."""
