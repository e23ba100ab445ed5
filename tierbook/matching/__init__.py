"""One customer, one record: which records belong together, and what the joined record says."""
