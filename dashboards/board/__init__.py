"""What the pages share: queries, formats, charts. No metric is computed here; that is SQL's."""
