"""What people have on the net: e-mail and Internet addresses, hardware addresses, handles, credentials in URLs."""

from __future__ import annotations

from llmctl.text.privacy.online import handles, internet, macs, url_credentials

ROWS = (
    *url_credentials.ROWS,  # before the e-mail address that `password@host` looks like
    *handles.ROWS,  # before the e-mail address within `@name@host`
    *internet.ROWS,
    *macs.ROWS,
)
