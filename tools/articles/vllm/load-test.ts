import { sharedTable } from '../published.ts'

/** Public source of the rows. */
export const SOURCE = 'kubernetes-sigs/inference-perf@7de5ef2, demos/kubecon-na-2025'

/** Percentiles of a row, beside the mean. */
export const PERCENTS = [50, 90, 95, 99] as const
export type Percent = (typeof PERCENTS)[number]

/** Mean and percentiles of a time, ms. */
export type Times = { readonly mean: number } & { readonly [P in Percent as `p${P}`]: number }

/** What a stage of the load test prints, measured or simulated. */
export interface StageFigures {
  /** requests/s from the first send to the last end */
  readonly throughputRps: number
  /** from the send to the first token, and to the last, ms */
  readonly ttft: Times
  readonly e2e: Times
  /** from the schedule to the send, ms */
  readonly delay: Pick<Times, 'mean' | 'p99'>
}

/** A stage of a minute: requests of one size, at a rate. */
export interface Stage {
  readonly number: number
  /** `--max-num-seqs` of the engine */
  readonly maxSequences: number
  readonly rateRps: number
  readonly requests: number
  readonly promptTokens: number
  readonly measured: StageFigures
}

/** The engines that were measured, by the names of their rows. */
const ENGINES = { vllm: 128, 'vllm+batch_size': 192 } as const

/** Tokens of each answer, as asked with `ignore_eos`. The client counted 62.4 of them. */
export const OUTPUT_TOKENS = 64

/**
 * The mean time of a further token, ms, by the tokens that were asked: of the server, (mean end to
 * end − mean TTFT) over its mean TPOT is 62.8 to 62.9 in every stage with a queue.
 */
export const tpotOf = ({ ttft, e2e }: Pick<StageFigures, 'ttft' | 'e2e'>) =>
  (e2e.mean - ttft.mean) / (OUTPUT_TOKENS - 1)

const ROWS = sharedTable('facts/inference_perf_vllm_h100.csv')

/** Whether the measurements are available. */
export const haveLoadTests = () => ROWS.exists

/** Every stage of both engines, in the order of the rates. */
export function loadTests(): Stage[] {
  return ROWS.rows().map((row) => {
    const number = (column: string) => Number(row[column])
    const times = (metric: string) => ({
      mean: number(`${metric}_mean_ms`),
      p50: number(`${metric}_median_ms`),
      p90: number(`${metric}_p90_ms`),
      p95: number(`${metric}_p95_ms`),
      p99: number(`${metric}_p99_ms`),
    })
    return {
      number: number('stage'),
      maxSequences: ENGINES[row.variant as keyof typeof ENGINES],
      rateRps: number('requested_rps'),
      requests: number('requests'),
      promptTokens: Math.round(number('prompt_tokens_mean')),
      measured: {
        throughputRps: number('requests_per_s'),
        ttft: times('ttft'),
        e2e: times('e2e'),
        delay: { mean: number('schedule_delay_mean_ms'), p99: number('schedule_delay_p99_ms') },
      },
    }
  })
}

/** The stages of an engine. */
export const stagesOf = (stages: readonly Stage[], maxSequences: number) =>
  stages.filter((stage) => stage.maxSequences === maxSequences)
