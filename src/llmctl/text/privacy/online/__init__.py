"""What people have on the net: e-mail and Internet addresses, hardware addresses, handles, credentials in URLs."""
