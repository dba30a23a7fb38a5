"""The metrics of Triton and Milvus that rules and boards ask for; tests/e2e/test_monitoring.py looks whether they are there."""

TRITON = (
    "nv_inference_request_success",
    "nv_inference_request_failure",
    "nv_inference_count",
    "nv_inference_exec_count",
    "nv_inference_queue_duration_us",
    "nv_inference_pending_request_count",
)
MILVUS = (
    "milvus_proxy_req_count",
    "milvus_proxy_sq_latency_bucket",
    "milvus_querynode_entity_num",
    "milvus_querynode_consume_tt_lag_ms",
)
