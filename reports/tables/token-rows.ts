import type { Result } from '../../sim/documents/index.ts'
import { count, estimateText, NONE, valueText } from '../format.ts'
import { type Cell, timeCell } from './summary.ts'

const TIMES = [
  { key: 'ttft', name: 'first token (TTFT)' },
  { key: 'tpot', name: 'each further (TPOT)' },
  { key: 'itl', name: 'gap between two (ITL)' },
] as const

const LEVELS = ['p50', 'p90', 'p95', 'p99'] as const

export const TOKEN_COLUMNS = ['tokens', 'mean', ...LEVELS] as const

export interface TokenRow {
  readonly name: string
  readonly mean: string
  readonly percentiles: readonly Cell[]
}

/** Times of tokens of each class; empty if nothing was generated. */
export function tokenRows({ classes }: Result): TokenRow[] {
  return classes.flatMap(({ name: label, tokens }) =>
    tokens === null
      ? []
      : [
          ...TIMES.map(({ key, name }) => ({
            name: `${label}, ${name}`,
            mean: valueText(tokens[key].mean, 'time'),
            percentiles: LEVELS.map((level) => timeCell(tokens[key].percentiles[level])),
          })),
          {
            name: `${label}, places lost in a run`,
            mean: valueText(tokens.preemptions, 'plain'),
            percentiles: LEVELS.map(() => ({ text: NONE })),
          },
        ],
  )
}

export const ENGINE_COLUMNS = ['engines', 'KV blocks at most', 'prompt tokens found'] as const

/** Peak demand on the replicas of each pool; empty if nothing was generated. */
export function engineRows({ pools }: Result): string[][] {
  return pools.flatMap(
    ({ name, kv_blocks: most, kv_blocks_limit: limit, prefix_hit_rate: hits }) => {
      if (most === null) return []
      const blocks = `${valueText(most, 'plain')}${limit === null ? '' : ` of ${count(limit)}`}`
      return [[name, blocks, hits === null ? NONE : estimateText(hits, 'share')]]
    },
  )
}
