/** The scenario that `spillway init` writes: small, complete, with comments. */
export const starterScenario = (): string => `# yaml-language-server: $schema=./scenario.schema.json
# The line above lets editors complete and check this file: put the output of "spillway schema"
# there. Every value can be overridden: --set traffic.web.arrivals.load=0.9
spillway: 1 # format version
name: starter
description: One replica with a batch window at half of its capacity
seed: 1 # the same seed gives the same requests
duration_s: 20 # arrivals end here; then the queue drains
warmup_s: 1 # requests that arrive before this are not counted

models:
  yardstick: { builtin: mlp, layers: 12, width: 512 } # or onnx: path/to/model.onnx

traffic:
  - class: web
    arrivals:
      process: poisson # or deterministic, gamma, trace
      load: 0.5 # of the capacity that calibration finds; or rate_rps: 400
      # surges: [{ at_s: 8, factor: 2, rise_s: 2, hold_s: 5, decay_s: 5 }]
    timeout_ms: 1000 # client timeout

slo:
  web: ["p(99) latency_ms < 50", "goodput > 99.5%"]

pools:
  - name: central
    execution_provider: cpu # where a replay runs it: cpu, webgpu or cuda
    replicas: 1
    threads: 1 # of each replica
    model: yardstick
    queue: { max_length: 1000 } # beyond it requests are shed
    batching: { policy: dynamic, max_batch: 8, max_delay_ms: 2 }
`
