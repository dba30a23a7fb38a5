"""What keeping and finding products means; knows no transport and no storage."""
