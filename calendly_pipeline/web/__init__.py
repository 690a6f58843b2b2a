"""The ASGI app of the product: what comes in over HTTP."""
