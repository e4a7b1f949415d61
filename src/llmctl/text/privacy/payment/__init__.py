"""What money moves by: card numbers, accounts, addresses of coins."""
