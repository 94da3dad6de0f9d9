import { fileURLToPath } from 'node:url'
import { type Dimension, gridSize, parseDimension } from '../../scenarios/index.ts'
import { statedObjectives } from '../../sim/experiment/index.ts'

/** The space of the study: 500 configurations; the largest batch is slower than the next. */

export const SCENARIO = fileURLToPath(new URL('space.yaml', import.meta.url))

const kind = (model: string, price: number) =>
  `{name: server, model: ${model}, price_usd_per_hour: ${price}, batching: {policy: dynamic, max_batch: 8}}`

/** Overrides of which some have several values, and what they span. */
export interface Space {
  readonly sets: readonly string[]
  readonly dimensions: readonly Dimension[]
  readonly size: number
}

function spaceOf(...sets: readonly string[]): Space {
  const dimensions = sets.map((text) => {
    const parsed = parseDimension(text)
    if (typeof parsed === 'string') throw new Error(parsed)
    return parsed
  })
  return { sets, dimensions, size: gridSize(dimensions) }
}

const KINDS = `pools.server=${kind('economy', 0.55)},${kind('express', 1.3)}`

export const SPACE = spaceOf(
  KINDS,
  'pools.server.replicas=1..10',
  'pools.server.batching.max_batch=2,4,8,16,32',
  'pools.server.batching.max_delay_ms=0,2,5,10,20',
)

/** A few configurations of it, for a smoke run: shorter ones, near the limit. */
export const SMALL_SPACE = spaceOf(KINDS, 'pools.server.replicas=4,8', 'duration_s=41')

/** The limit of p99 in the scenario of the study, ms. */
export const LIMIT_MS = 40

export function objectivesAt(limitMs: number) {
  const slo = { api: [`p(99) latency_ms < ${limitMs}`] }
  return statedObjectives({ traffic: [{ class: 'api' }], slo })
}
