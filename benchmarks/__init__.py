"""What Tierbook costs: one module per claim, run by `python3 dev.py bench [NAMES]`, kept in RESULTS.md."""
