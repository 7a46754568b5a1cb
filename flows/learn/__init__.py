"""What people did with findings becomes labels; findings are scored against planted truth."""
