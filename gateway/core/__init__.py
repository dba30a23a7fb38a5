"""The walk of a request, free of transport."""
