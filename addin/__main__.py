"""`python -m addin` is the `tierbook` command."""

from addin.cli import main

main()
