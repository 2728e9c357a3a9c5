"""`make wire`: write what the TypeScript client shares with Python: its wire, and the walks that prove its steps."""

import sys

from tests.client import walks, wire

for target, text in ((wire.TARGET, wire.wire()), (walks.TARGET, walks.walks())):
    target.write_text(text, "utf-8")
    print(f"{target.relative_to(wire.ROOT)} is written", file=sys.stderr)
