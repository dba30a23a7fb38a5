"""How the service fares: objectives, requests, where the time goes, processes."""

from board_panels.panel import Panel, quantile, rate

PUBLIC = 'service=~"triptych[.]v1[.].+"'

SERVICE = {
    "Objectives": [
        Panel(
            "Errors of ours, last hour",
            "percentunit",
            {"triptych:api_errors:ratio_rate1h": "1 h"},
            "0.1 % over 30 days is the objective.",
            "numbers",
        ),
        Panel(
            "Searches above 0.5 s, last hour",
            "percentunit",
            {"triptych:searches_slow:ratio_rate1h": "1 h"},
            "1 % over 30 days is the objective.",
            "numbers",
        ),
        Panel(
            "Alerts",
            "none",
            {'sum by (alertname, severity) (ALERTS{alertname=~"Triptych.+", alertstate="firing"})': ""},
            kind="table",
        ),
        Panel(
            "How fast the errors of a month are used up",
            "none",
            {
                f"triptych:api_errors:ratio_rate{window} / 0.001": f"{window}"
                for window in ("5m", "1h", "6h", "3d")
            },
            "1: just used up after a month. 14.4 wakes somebody.",
        ),
        Panel(
            "How fast the slow searches of a month are used up",
            "none",
            {
                f"triptych:searches_slow:ratio_rate{window} / 0.01": f"{window}"
                for window in ("5m", "1h", "6h", "3d")
            },
        ),
    ],
    "Requests": [
        Panel(
            "Public requests by method",
            "reqps",
            {rate("triptych_rpc_requests_total", "method", PUBLIC): "{{method}}"},
        ),
        Panel(
            "Failures by method and code",
            "reqps",
            {
                rate(
                    "triptych_rpc_requests_total", "job, method, code", 'code!="OK"'
                ): "{{job}} {{method}} {{code}}"
            },
        ),
        Panel(
            "Duration of searches",
            "s",
            {
                quantile(
                    share, "triptych_rpc_duration_seconds", where='method="SearchProducts"'
                ): f"p{share * 100:g}"
                for share in (0.5, 0.9, 0.99)
            },
        ),
        Panel(
            "p99 by method of each room",
            "s",
            {"triptych:rpc_duration_seconds:p99_rate5m": "{{job}} {{method}}"},
        ),
        Panel("In flight", "none", {"sum by (job, method) (triptych_rpc_in_flight)": "{{job}} {{method}}"}),
        Panel(
            "Replicas that take requests",
            "none",
            {
                "sum by (job) (triptych_ready)": "{{job}}",
                'sum by (job) (up{job=~"triptych-(triton|milvus)"})': "{{job}}",
            },
        ),
    ],
    "Load": [
        Panel(
            "Refused for want of room",
            "reqps",
            {rate("triptych_rpc_shed_total", "share, reason"): "{{share}} {{reason}}"},
        ),
        Panel(
            "Requests at once, at most",
            "none",
            {"sum by (instance, share) (triptych_rpc_limit)": "{{instance}} {{share}}"},
        ),
        Panel(
            "Methods that are left alone",
            "none",
            {"max by (job, room, method) (triptych_breaker_state)": "{{job}} {{room}} {{method}}"},
            "0: called. 1: tried again. 2: not called.",
        ),
    ],
    "Callers": [
        Panel("Denied", "reqps", {rate("triptych_gateway_denied_total", "reason"): "{{reason}}"}),
        Panel(
            "Lines of the audit log that are missing",
            "none",
            {"sum by (instance) (increase(triptych_gateway_audit_failures_total[1h]))": "{{instance}}"},
        ),
    ],
    "Where the time of a search goes": [
        Panel("Stages, median", "s", {"triptych:stage_duration_seconds:p50_rate5m": "{{stage}}"}),
        Panel("Stages, p99", "s", {"triptych:stage_duration_seconds:p99_rate5m": "{{stage}}"}),
        Panel(
            "Encoders, p99 of a call of Triton",
            "s",
            {quantile(0.99, "triptych_encoder_model_seconds", "model"): "{{model}}"},
        ),
        Panel(
            "Fusion and ranking networks, p99",
            "s",
            {
                quantile(0.99, "triptych_fusion_model_seconds"): "fusion",
                quantile(0.99, "triptych_ranker_model_seconds"): "ranker",
            },
        ),
        Panel(
            "Milvus, p99 by call",
            "s",
            {quantile(0.99, "triptych_search_milvus_seconds", "method"): "{{method}}"},
        ),
        Panel(
            "Words, p99 by call",
            "s",
            {quantile(0.99, "triptych_search_lexical_seconds", "method"): "{{method}}"},
        ),
        Panel(
            "Decoding, p99",
            "s",
            {quantile(0.99, "triptych_encoder_decode_seconds", "modality"): "{{modality}}"},
        ),
    ],
    "Processes": [
        Panel(
            "CPU",
            "none",
            {
                'sum by (job) (rate(process_cpu_seconds_total{job=~"triptych-.+"}[$__rate_interval]))': "{{job}}"
            },
        ),
        Panel(
            "Memory", "bytes", {'max by (job) (process_resident_memory_bytes{job=~"triptych-.+"})': "{{job}}"}
        ),
        Panel(
            "Certificates, time left",
            "s",
            {"triptych_tls_certificate_not_after_seconds - time()": "{{instance}} {{file}}"},
        ),
        Panel("Versions", "none", {"count by (job, version) (triptych_build_info)": ""}, kind="table"),
        Panel(
            "Models",
            "none",
            {"count by (job, model, version, space) (triptych_model_info)": ""},
            kind="table",
        ),
    ],
}
