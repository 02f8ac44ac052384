"""The gate that keeps the ABI: see ../README.md."""
