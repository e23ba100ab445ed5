"""Data mining a manager can read: groups of like customers, goods bought together, unusual customers, a tree in sentences."""
