"""What every test shares: how property tests run on a machine that has other work to do."""

from hypothesis import HealthCheck, settings

# A deadline per example measures the neighbours' load, not ours; the first text strategy of a run
# builds a table of Unicode, which alone can look like slow generation.
settings.register_profile("city", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("city")
