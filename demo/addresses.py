"""Where the town's programs are: `DEMO_PORT_BASE` moves their ports, `DEMO_DIR` their data."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Addresses:
    """Ports and folders of one town."""

    base: int
    directory: Path

    @classmethod
    def from_environment(cls) -> "Addresses":
        return cls(
            int(os.environ.get("DEMO_PORT_BASE", "8000")), Path(os.environ.get("DEMO_DIR", "var/demo")).resolve()
        )

    @property
    def ports(self) -> dict[str, int]:
        """Every port that the town listens on, by program."""
        return {"provider": self.base, "portal": self.base + 1, "lsu": self.base + 2} | {
            "franceconnect": self.base + 3,
            "tryit": self.base + 4,
            "mailbox": self.base + 25,
            "smtp": self.base + 26,
        }

    def url(self, program: str) -> str:
        return f"http://127.0.0.1:{self.ports[program]}"

    def file(self, name: str) -> Path:
        return self.directory / name
