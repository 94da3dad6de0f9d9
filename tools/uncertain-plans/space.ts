import { fileURLToPath } from 'node:url'
import { type Dimension, gridPoint, gridSize, parseDimension } from '../../scenarios/index.ts'

/** The space of the study: two kinds of servers whose speed is not known, for a surge. */

export const SCENARIO = fileURLToPath(new URL('space.yaml', import.meta.url))

const kind = (model: string, price: number) =>
  `{name: server, model: ${model}, price_usd_per_hour: ${price}, batching: {policy: dynamic, max_batch: 4}}`

/** Overrides of which some have several values, and what they span. */
export interface Space {
  readonly sets: readonly string[]
  readonly dimensions: readonly Dimension[]
}

function spaceOf(...sets: readonly string[]): Space {
  const dimensions = sets.map((text) => {
    const parsed = parseDimension(text)
    if (typeof parsed === 'string') throw new Error(parsed)
    return parsed
  })
  return { sets, dimensions }
}

const KINDS = `pools.server=${kind('economy', 0.55)},${kind('express', 1.3)}`

export const SPACE = spaceOf(
  KINDS,
  'pools.server.replicas=1..6',
  'pools.server.batching.max_batch=4,8',
)

/** A few configurations of it, for a smoke run. */
export const SMALL_SPACE = spaceOf(KINDS, 'pools.server.replicas=2..4')

/** The overrides of each configuration. */
export const configurationsOf = ({ dimensions }: Space): string[][] =>
  Array.from({ length: gridSize(dimensions) }, (_, index) => gridPoint(dimensions, index))

/** The limit of p95 of each plan, ms: from tight to loose, so that plans choose differently. */
export const limitOf = (plan: number, plans: number): number =>
  Number((45 * (160 / 45) ** ((plan - 0.5) / plans)).toPrecision(3))

/** The objective of a plan as an override. */
export const objectiveAt = (limitMs: number) => `slo.api=["p(95) latency_ms < ${limitMs}"]`
