"""The two durable stores: the landing zone (what vendors said) and the journal (what we decided)."""
