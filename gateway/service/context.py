"""What every RPC is handed besides its request."""

from typing import Any, TypeAlias

import grpc

# Generic for the type checker only.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
