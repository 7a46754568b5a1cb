"""A simulated SaaS company and local emulators of the vendors it uses."""
