import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readTrace } from '../../../scenarios/index.ts'
import { type TraceStatistics, traceStatistics } from './trace-statistics.ts'

const SHARED = new URL('../../../../shared/data/', import.meta.url)
const FACTS = new URL('facts/trace_stats.json', SHARED)

describe('computed by hand', () => {
  const times = Float64Array.of(0, 500, 1000, 1000, 4000, 4100)
  const lengths = [10, 20, 30, 40, 50, 60]
  const statistics = traceStatistics({ times, lengths, outputs: [1, 2, 3, 4, 5, 7] })

  test('rate and gaps', () => {
    expect([statistics.rows, statistics.duration_s]).toEqual([6, 4.1])
    expect(statistics.gaps.zero_share).toBe(1 / 5)
    expect(statistics.gaps.max).toBe(3)
    expect(statistics.gaps.p50).toBe(0.5)
  })

  test('whole windows only: counts 2, 2, 0, 0', () => {
    const second = statistics.windows.find(({ window_s }) => window_s === 1)!
    expect(second.windows).toBe(4)
    expect([second.mean, second.peak, second.dispersion, second.idle_share]).toEqual([1, 2, 1, 0.5])
  })

  test('the peak is in the longest windows of which there are three', () => {
    expect(statistics.peak).toEqual({ window_s: 1, at_s: 0, rps: 2, to_mean: 2 })
    const rush = Float64Array.of(0, 1100, 1200, 1300, 2100, 3100)
    expect(traceStatistics({ times: rush, lengths: null, outputs: null }).peak).toMatchObject({
      window_s: 1,
      at_s: 1,
      rps: 3,
    })
    const short = times.subarray(0, 3).map((time) => time / 10)
    expect(traceStatistics({ times: short, lengths: null, outputs: null }).peak).toBeNull()
  })

  test('lengths, their correlation and padding efficiency', () => {
    expect(statistics.input_tokens!.p50).toBe(35)
    expect(statistics.correlation).toBeGreaterThan(0.97)
    // pairs 10 20, 30 40, 50 60 padded to 20, 40, 60
    expect(statistics.padding.find(({ batch }) => batch === 2)!.useful).toBeCloseTo(210 / 240, 12)
  })
})

type Facts = { readonly file: string } & Record<string, Record<string, number> & number>

describe.skipIf(!existsSync(FACTS))('the Azure traces, where ../shared has them', () => {
  const facts: Facts[] = existsSync(FACTS) ? JSON.parse(readFileSync(FACTS, 'utf8')) : []

  async function statistics(name: string): Promise<TraceStatistics> {
    const file = new URL(`${name}.gz`, SHARED).pathname
    const { times, lengths, outputs } = await readTrace(
      {
        process: 'trace',
        file,
        format: 'azure-llm',
        length_scale: 1,
        bad_rows: 'error',
      },
      '.',
    )
    return traceStatistics({ times, lengths, outputs })
  }

  test.each(['azure_llm_2023_code.csv', 'azure_llm_2023_conv.csv'])(
    '%s has the recorded statistics',
    async (name) => {
      const fact = facts.find(({ file }) => file === name)!
      const computed = await statistics(name)
      const close = (value: number, expected: number, digits: number) =>
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(0.51 * 10 ** -digits)
      expect(computed.rows).toBe(fact.rows)
      close(computed.duration_s, fact.duration_s!, 1)
      close(computed.mean_rps, fact.mean_rps!, 4)
      close(computed.gaps.cv, fact.ia_cv!, 3)
      close(computed.gaps.p50, fact.ia_p50!, 4)
      close(computed.gaps.p99, fact.ia_p99!, 3)
      close(computed.gaps.max, fact.ia_max!, 2)
      close(computed.correlation!, fact.corr_prompt_output!, 3)
      for (const statistics of computed.windows) {
        const window = fact[`w${statistics.window_s}s`]!
        close(statistics.mean, window.mean!, 3)
        expect(statistics.peak).toBe(window.peak)
        close(statistics.peak_to_mean, window.peak_to_mean!, 2)
        close(statistics.p99_to_mean, window.p99_to_mean!, 2)
        close(statistics.dispersion, window.idc!, 2)
        close(statistics.idle_share, window.idle_frac!, 3)
      }
      for (const [lengths, key] of [
        [computed.input_tokens!, 'prompt'],
        [computed.output_tokens!, 'output'],
      ] as const) {
        const { shares, percentile_error: error, ...levels } = lengths
        expect(error).toBe(0)
        expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12)
        for (const [level, value] of Object.entries(levels)) {
          const name = level.replace('_', '.')
          close(value, fact[key]![name]!, level === 'cv' ? 3 : 1)
        }
      }
    },
  )

  test('padding efficiency at batch 8 and 32: code 0.38 and 0.30, conv 0.40 and 0.29', async () => {
    const of = async (name: string) => {
      const { padding } = await statistics(name)
      return [8, 32].map((batch) => padding.find((entry) => entry.batch === batch)!.useful)
    }
    const [code, conv] = [await of('azure_llm_2023_code.csv'), await of('azure_llm_2023_conv.csv')]
    expect(code[0]).toBeCloseTo(0.38, 2)
    expect(code[1]).toBeCloseTo(0.3, 2)
    expect(conv[0]).toBeCloseTo(0.4, 2)
    expect(conv[1]).toBeCloseTo(0.29, 2)
  })
})
