"""Every RPC of the public API, as the schema has it."""

from triptych.v1 import (
    catalog_service_pb2,
    feedback_service_pb2,
    maintenance_service_pb2,
    product_search_service_pb2,
    upgrade_service_pb2,
)

FILES = (
    catalog_service_pb2,
    feedback_service_pb2,
    maintenance_service_pb2,
    product_search_service_pb2,
    upgrade_service_pb2,
)
# "CatalogService/GetProduct": its descriptor.
METHODS = {
    f"{service.name}/{method.name}": method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
