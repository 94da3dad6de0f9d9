/** Statistics as Triton states them. */

interface Given {
  /** by batch size: executions, and their time, ms */
  readonly sizes: Readonly<Record<number, readonly [executions: number, ms: number]>>
  /** of the last request, ms since 1970 */
  readonly lastAt?: number
  readonly failed?: number
}

export function statisticsText(models: Readonly<Record<string, Given>>): string {
  return JSON.stringify({
    model_stats: Object.entries(models).map(([name, of]) => stats(name, of)),
  })
}

function stats(name: string, { sizes, lastAt = 1_780_000_000_000, failed = 0 }: Given) {
  const each = Object.entries(sizes)
  const executions = each.reduce((sum, [, [count]]) => sum + count, 0)
  const requests = each.reduce((sum, [size, [count]]) => sum + Number(size) * count, 0)
  const durations = (count: number, ms: number) => ({ count, ns: Math.round(1e6 * ms) })
  return {
    ...{ name, version: '1', last_inference: lastAt },
    ...{ inference_count: requests, execution_count: executions },
    inference_stats: {
      success: durations(requests, 2 * requests),
      fail: durations(failed, failed),
      queue: durations(requests, requests),
    },
    batch_stats: each.map(([size, [count, ms]]) => ({
      batch_size: Number(size),
      compute_input: durations(count, ms / 8),
      compute_infer: durations(count, (6 * ms) / 8),
      compute_output: durations(count, ms / 8),
    })),
  }
}
