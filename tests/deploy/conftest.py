"""What needs the real Prometheus is tried where it is; that it was not is said by tests/conftest.py."""

import os

from tests.programs import PROMETHEUS, left_out

collect_ignore_glob = ["test_prometheus*"] if left_out(PROMETHEUS, os.environ) else []
