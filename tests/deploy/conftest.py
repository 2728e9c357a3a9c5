"""What needs the real Prometheus is tried where it is; that it was not is said by tests/conftest.py."""

import os

from tests.deploy.programs import left_out

collect_ignore = ["test_prometheus.py"] if left_out(os.environ) else []
