"""What people write: composed from phrases, never copied, the same for the same ticket every time."""
