/** A file of a load generator without its requests. */
export interface Refused {
  /** by its beginning, as a format does */
  readonly looksLike: (beginning: string) => boolean
  readonly problem: string
}

/** Files that are easily taken for those with the requests. */
export const REFUSED: readonly Refused[] = [
  {
    // summarize_requests of inference_perf/reportgen/base.py
    looksLike: (beginning) =>
      /^\s*\{/.test(beginning) &&
      /"load_summary"\s*:\s*\{/.test(beginning) &&
      /"successes"\s*:\s*\{/.test(beginning),
    problem:
      'a summary of inference-perf, without its requests: run it with `report: { request_lifecycle: { per_request: true } }` and take per_request_lifecycle_metrics.json',
  },
  {
    // the header of `-f`, in docs/measurements_metrics.md of perf_analyzer
    looksLike: (beginning) => /^\s*(Concurrency|Request Rate),Inferences\/Second,/.test(beginning),
    problem:
      'a table of perf_analyzer, without its requests: state its throughput by concurrency as `work: { law: throughput }`, or run perf_analyzer with --profile-export-file and take that file',
  },
  {
    // JsonMetricResult of src/aiperf/common/models/export_models.py; GenAI-Perf writes the same
    looksLike: (beginning) =>
      /^\s*\{/.test(beginning) && /"request_latency"\s*:\s*\{\s*"unit"\s*:/.test(beginning),
    problem:
      'a summary of AIPerf or GenAI-Perf, without its requests: take profile_export.jsonl of AIPerf, or profile_export.json of GenAI-Perf',
  },
]
