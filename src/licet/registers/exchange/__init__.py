"""Register data in and out of files: readers, validation, staging, merge, export. Columns come from ``kinds.py``."""
