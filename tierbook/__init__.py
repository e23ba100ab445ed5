"""Customer value, tiers, lifecycle stage and churn flags: tables in, tables out."""
