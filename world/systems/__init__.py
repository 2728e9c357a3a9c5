"""One file per thing that runs by itself, every tick. `world.tick` lists them in order."""
