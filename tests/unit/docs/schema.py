"""What the public schema holds, by name."""

from triptych.v1 import (
    catalog_service_pb2,
    feedback_service_pb2,
    maintenance_service_pb2,
    product_search_service_pb2,
    types_pb2,
    upgrade_service_pb2,
)

PUBLIC = (
    catalog_service_pb2,
    feedback_service_pb2,
    maintenance_service_pb2,
    product_search_service_pb2,
    types_pb2,
    upgrade_service_pb2,
)
SERVICES = {name: each for module in PUBLIC for name, each in module.DESCRIPTOR.services_by_name.items()}
MESSAGES = {name: each for module in PUBLIC for name, each in module.DESCRIPTOR.message_types_by_name.items()}
