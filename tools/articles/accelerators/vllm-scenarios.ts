import { type Engines, engineKeys, type StepTimes } from './vllm-engine.ts'
import { type ServedModel, SOURCE } from './vllm-runs.ts'

/** A library scenario with fitted step times and synthetic traffic that resembles the run. */
export interface LibraryEngine {
  readonly name: string
  /** card or cards */
  readonly hardware: string
  /** requests/s, about two thirds of what the engine can serve */
  readonly rateRps: number
}

export const LIBRARY = {
  'Llama-3.1-8B': {
    name: 'llama-3.1-8b-rtx-pro-6000',
    hardware: 'one NVIDIA RTX PRO 6000 (96 GB)',
    rateRps: 4,
  },
  'Qwen3-30B-A3B': {
    name: 'qwen3-30b-a3b-rtx-pro-6000x2',
    hardware: 'two NVIDIA RTX PRO 6000 (96 GB each; data and expert parallel)',
    rateRps: 5,
  },
} as const satisfies Record<string, LibraryEngine>

/** The scenario file of a model; `LIBRARY` has its name. */
export function libraryText(
  { name, engines: cards }: ServedModel,
  engines: Engines,
  times: StepTimes,
): string {
  const { name: file, hardware, rateRps } = LIBRARY[name as keyof typeof LIBRARY]
  const { work, generation } = engineKeys(engines, times)
  const indented = (keys: readonly string[], by: number) =>
    keys.map((key) => `${' '.repeat(by)}${key}`).join('\n')
  const together =
    cards > 1
      ? `\n  The engines of both cards step together, so they are one of ${engines.maxSequences} sequences here.`
      : ''
  return `# yaml-language-server: $schema=../scenario.schema.json
# Written by \`npm run articles -- --write\`, which fits the work: docs/background/accelerators.md.
spillway: 1
name: ${file}
description: >-
  ${name} in bfloat16 on vLLM 0.19 with ${hardware}.${together}
  Step times are fitted to the published latencies of ${SOURCE} (MIT).
  The traffic is synthetic, with lengths like those of the measured requests.
seed: 7
duration_s: 660
warmup_s: 60
models:
  served:
    work:
${indented(work, 6)}
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: ${rateRps} }
    input_tokens: { distribution: lognormal, median: 730, p99: 2770, max: 4600 }
    output_tokens: { distribution: lognormal, median: 635, p99: 1000, max: 1250 }
slo:
  chat: ["p(95) ttft_ms < 500", "p(95) tpot_ms < 60"]
pools:
  - name: engine
    model: served
    speed: ideal
    generation:
${indented(generation, 6)}
`
}
