"""Text in, signals out: pure functions on text and arrays, one file a signal."""
