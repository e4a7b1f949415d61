"""What a polite crawler decides, without the network: which address is asked next, which never, and why."""
