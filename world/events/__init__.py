"""One file per deed: its Command, its Event and its rule. `world.catalogue` lists them."""
