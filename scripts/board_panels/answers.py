"""What is answered: paths, what is found, encoding, customers."""

from board_panels.panel import Panel, mean, quantile, rate

ANSWERS = {
    "Searches": [
        Panel("By path", "reqps", {rate("triptych_gateway_searches_total", "path"): "{{path}}"}),
        Panel("By fusion", "reqps", {rate("triptych_gateway_searches_total", "fusion"): "{{fusion}}"}),
        Panel("By ranking", "reqps", {rate("triptych_gateway_searches_total", "ranking"): "{{ranking}}"}),
    ],
    "What is left out to be in time": [
        Panel(
            "By what and why",
            "reqps",
            {rate("triptych_gateway_degradations_total", "step, reason"): "{{step}} {{reason}}"},
        ),
        Panel(
            "Things left out of an answer, mean",
            "none",
            {
                "sum(rate(triptych_gateway_degradations_total[$__rate_interval]))"
                " / sum(rate(triptych_gateway_searches_total[$__rate_interval]))": "a search"
            },
        ),
    ],
    "What is found": [
        Panel(
            "Share of searches that find nothing",
            "percentunit",
            {"triptych:empty_answers:ratio_rate30m": "30 min"},
        ),
        Panel(
            "Products on a first page, mean", "none", {mean("triptych_gateway_results", "kind"): "{{kind}}"}
        ),
        Panel(
            "Relevance of the best product",
            "percentunit",
            {
                quantile(share, "triptych_gateway_best_relevance", "kind"): f"{{{{kind}}}} p{share * 100:g}"
                for share in (0.1, 0.5)
            },
            "A drop says that customers ask for what is not there, or that a model or a calibration is off.",
        ),
        Panel(
            "Found by words rather than vectors, and by their id",
            "reqps",
            {
                rate("triptych_search_hits_by_words_total", "space"): "words, {{space}}",
                "sum(rate(triptych_search_exact_matches_total[$__rate_interval]))": "id",
            },
        ),
        Panel(
            "Products found in a space, mean", "none", {mean("triptych_search_hits", "space"): "{{space}}"}
        ),
        Panel(
            "Recall@10 by the sentinel",
            "percentunit",
            {
                "1 - sum by (space) (increase(triptych_search_sentinel_missed_total[1h]))"
                " / sum by (space) (increase(triptych_search_sentinel_expected_total[1h]))": "{{space}}"
            },
            "Of the ten rows that are exactly nearest, how many the index finds; of searches drawn in the last hour.",
        ),
        Panel(
            "Searches drawn by the sentinel",
            "reqps",
            {rate("triptych_search_sentinel_searches_total", "space, outcome"): "{{space}} {{outcome}}"},
        ),
        Panel(
            "Further rounds of the index",
            "reqps",
            {rate("triptych_search_extra_rounds_total", "space"): "{{space}}"},
        ),
    ],
    "Encoding": [
        Panel(
            "Vectors by where they came from",
            "reqps",
            {rate("triptych_encoder_vectors_total", "modality, source"): "{{modality}} {{source}}"},
        ),
        Panel(
            "Share of vectors that were remembered or shared",
            "percentunit",
            {
                rate("triptych_encoder_vectors_total", "modality", 'source!="MADE"')
                + " / "
                + rate("triptych_encoder_vectors_total", "modality"): "{{modality}}"
            },
        ),
        Panel(
            "Parts that are refused",
            "reqps",
            {
                rate(
                    "triptych_encoder_parts_total", "modality, outcome", 'outcome!="OK"'
                ): "{{modality}} {{outcome}}"
            },
        ),
        Panel(
            "Groups fused",
            "reqps",
            {rate("triptych_fusion_groups_total", "strategy, outcome"): "{{strategy}} {{outcome}}"},
        ),
        Panel(
            "Fetches from the web",
            "reqps",
            {rate("triptych_encoder_fetches_total", "outcome"): "{{outcome}}"},
        ),
        Panel(
            "Inputs in one call of Triton, mean",
            "none",
            {
                mean("triptych_encoder_batch_rows", "model"): "{{model}}",
                mean("triptych_fusion_batch_rows", ""): "fusion",
                mean("triptych_ranker_batch_rows", ""): "ranker",
            },
        ),
        Panel(
            "Candidates put in order, mean",
            "none",
            {mean("triptych_ranker_candidates", "strategy"): "{{strategy}}"},
        ),
    ],
    "Customers": [
        Panel(
            "Recommended, by what counted most",
            "reqps",
            {rate("triptych_gateway_recommended_total", "reason"): "{{reason}}"},
        ),
        Panel(
            "Recognised photos",
            "reqps",
            {rate("triptych_gateway_recognitions_total", "outcome"): "{{outcome}}"},
        ),
        Panel("Events", "reqps", {rate("triptych_gateway_events_total", "outcome"): "{{outcome}}"}),
    ],
}
