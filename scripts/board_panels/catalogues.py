"""What is kept and what comes in: vectors, streams, upgrades, Triton, Milvus."""

from board_panels.panel import Panel, mean, quantile, rate

CATALOGUES = {
    "What is kept": [
        Panel(
            "Vectors", "none", {"max by (catalog, space) (triptych_search_vectors)": "{{catalog}} {{space}}"}
        ),
        Panel("Catalogues", "none", {"max(triptych_search_catalogs)": "catalogues"}, kind="numbers"),
        Panel(
            "Findings of checks",
            "none",
            {
                "sum by (kind, repaired) (increase(triptych_search_inconsistencies_total[1h]))": "{{kind}} mended: {{repaired}}"
            },
        ),
        Panel(
            "Stores",
            "bytes",
            {
                "triptych_store_bytes": "{{instance}} {{store}}",
                "triptych_store_limit_bytes": "{{instance}} {{store}}: bound",
            },
        ),
        Panel(
            "Disks, free",
            "percentunit",
            {"triptych_store_disk_free_bytes / triptych_store_disk_size_bytes": "{{instance}} {{store}}"},
        ),
    ],
    "Products that come in": [
        Panel("Products", "reqps", {rate("triptych_gateway_products_total", "outcome"): "{{outcome}}"}),
        Panel("Open streams", "none", {"sum(triptych_gateway_ingest_streams)": "streams"}),
        Panel(
            "Taken and not acknowledged",
            "none",
            {"sum by (instance) (triptych_gateway_ingest_waiting_products)": "{{instance}}"},
        ),
        Panel(
            "Time to the acknowledgement",
            "s",
            {
                quantile(share, "triptych_gateway_ingest_lag_seconds"): f"p{share * 100:g}"
                for share in (0.5, 0.99)
            },
        ),
        Panel(
            "Products written together, mean",
            "none",
            {mean("triptych_gateway_ingest_batch_items", ""): "products"},
        ),
        Panel(
            "Clients asked to send less",
            "reqps",
            {rate("triptych_gateway_ingest_back_offs_total", "reason"): "{{reason}}"},
        ),
    ],
    "Upgrades": [
        Panel(
            "Phase",
            "none",
            {"max by (catalog) (triptych_gateway_upgrade_phase)": "{{catalog}}"},
            "1 backfilling, 2 comparing, 3 ready, 4 switched, 5 rolled back, 6 finished, 7 cancelled.",
        ),
        Panel(
            "Products without vectors of one of the packs",
            "none",
            {"min by (catalog) (triptych_gateway_upgrade_missing_products)": "{{catalog}}"},
        ),
        Panel("Failures", "reqps", {rate("triptych_gateway_upgrade_failures_total", "reason"): "{{reason}}"}),
    ],
    "Triton": [
        Panel("Requests", "reqps", {rate("nv_inference_request_success", "model"): "{{model}}"}),
        Panel(
            "Failures",
            "reqps",
            {rate("nv_inference_request_failure", "model, reason"): "{{model}} {{reason}}"},
        ),
        Panel("Waiting", "none", {"sum by (model) (nv_inference_pending_request_count)": "{{model}}"}),
        Panel(
            "Time in the queue",
            "µs",
            {
                rate("nv_inference_queue_duration_us", "model")
                + " / "
                + rate("nv_inference_request_success", "model"): "{{model}}"
            },
        ),
        Panel(
            "Inputs in one execution",
            "none",
            {
                rate("nv_inference_count", "model")
                + " / "
                + rate("nv_inference_exec_count", "model"): "{{model}}"
            },
        ),
    ],
    "Milvus": [
        Panel(
            "Requests",
            "reqps",
            {rate("milvus_proxy_req_count", "function_name", 'status="total"'): "{{function_name}}"},
        ),
        Panel(
            "Searches and look-ups, p99",
            "ms",
            {quantile(0.99, "milvus_proxy_sq_latency", "query_type"): "{{query_type}}"},
        ),
        Panel(
            "Vectors in memory",
            "none",
            {"sum by (segment_state) (milvus_querynode_entity_num)": "{{segment_state}}"},
        ),
        Panel(
            "How far searches are behind writes",
            "ms",
            {"max by (instance) (milvus_querynode_consume_tt_lag_ms)": "{{instance}}"},
        ),
    ],
}
