"""What tests share: small oceans, backends, ranks."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")
