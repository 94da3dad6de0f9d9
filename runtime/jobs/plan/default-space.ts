import type { Dimension, Pool, Scenario } from '../../../scenarios/index.ts'

/** Replicas of the default space, in times of today's. */
const MOST_TIMES = 4
/** The default space goes to twice today's batch, and to this at least. */
const LEAST_BATCH = 8
/** Windows of the default space, in times of today's. */
const WINDOWS = [0, 0.5, 1, 2]
const WINDOW_MS = 5

/**
 * The dimensions of a plan that names none: replicas from 1 to four times today's, the largest
 * batch in powers of two up to twice today's, and batch windows around today's. Where there are
 * several pools, only replicas, so that the space stays small. Pools that are scaled stay as they
 * are: they have no number of replicas.
 */
export function defaultSpace({ pools: all }: Scenario): Dimension[] {
  const pools = all.filter(({ scaling }) => scaling === undefined)
  const replicas = pools.map(({ name, replicas: today }) => ({
    path: `pools.${name}.replicas`,
    values: wholeNumbers(1, Math.min(1024, MOST_TIMES * today)),
  }))
  const [only, ...others] = pools
  if (only === undefined || others.length > 0 || all.length > 1) return replicas
  return [...replicas, ...batchDimensions(only)]
}

function batchDimensions({ name, batching }: Pool): Dimension[] {
  const at = `pools.${name}.batching`
  const dimensions: Dimension[] = []
  if ('max_batch' in batching) {
    const most = Math.max(LEAST_BATCH, 2 * batching.max_batch)
    const powers = Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, i) => 2 ** i)
    const values = [...new Set([...powers, batching.max_batch])].sort((a, b) => a - b)
    dimensions.push({ path: `${at}.max_batch`, values: values.map(String) })
  }
  if ('max_delay_ms' in batching) {
    const today = batching.max_delay_ms
    const scale = today > 0 ? today : WINDOW_MS
    const values = WINDOWS.map((times) => String(Number((times * scale).toPrecision(6))))
    dimensions.push({ path: `${at}.max_delay_ms`, values })
  }
  return dimensions
}

const wholeNumbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i))
