"""Typst in a process of its own, which ends with its document: its cache would grow by a megabyte a page.

What goes in and what comes out pass through pipes; nothing is written to a file.
"""

import json
import subprocess
import sys
from pathlib import Path

MODULE = "idp.delivery.typesetting"
MOST_SECONDS = 300


class NotTypeset(Exception):
    """Typst refused the document; the message is its own and holds none of the data."""


def make_pdf(template: Path, data: bytes) -> bytes:
    """The PDF/UA-1 document of a template and its data (JSON). Raises NotTypeset."""
    command = [sys.executable, "-m", MODULE, str(template)]
    done = subprocess.run(command, input=data, capture_output=True, timeout=MOST_SECONDS, check=False)  # noqa: S603
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF"):
        raise NotTypeset(f"{template.name}: exit {done.returncode}")
    return done.stdout


def main() -> None:
    """Read the data from the standard input, write the document to the standard output."""
    import typst

    template, data = Path(sys.argv[1]), sys.stdin.buffer.read()
    json.loads(data)  # What is not JSON never reaches Typst.
    pdf = typst.compile(
        str(template),
        root=str(template.parent),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"data": data.decode()},
        pdf_standards=["ua-1"],
    )
    assert isinstance(pdf, bytes), "one document"
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    main()
