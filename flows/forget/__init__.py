"""`groundswell forget`: a person out of everything that is held here. Nothing is asked of a vendor or destination."""
