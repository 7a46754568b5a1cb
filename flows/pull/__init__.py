"""Connectors: one file a vendor, each yields pages of records and the cursor that follows them."""
