import type { GenerationPlan, ServingPlan } from '../../serving/index.ts'
import type { Evidence } from './evidence.ts'

/** The requests of an engine: keys in the order of dispatch. */
export interface EngineRequests {
  readonly generation: GenerationPlan
  /** number of its pool */
  readonly pool: number
  readonly keys: readonly number[]
}

/**
 * The requests of each engine, by its executor. Prefill pools are left out, because rows do not
 * show when a request leaves them.
 */
export function engineRequests({ queues }: Evidence): Map<number, EngineRequests> {
  const engines = new Map<number, EngineRequests & { keys: number[] }>()
  for (const { pool, poolIndex, batches } of queues) {
    const { generation } = pool
    if (generation === undefined || generation.handOver !== null) continue
    for (const { executor, members } of batches) {
      const engine = engines.get(executor)
      if (engine === undefined)
        engines.set(executor, { generation, pool: poolIndex, keys: [...members] })
      else engine.keys.push(...members)
    }
  }
  return engines
}

/**
 * Visits the requests of an engine in the order of dispatch, with those that run just after each
 * dispatch. Preempted requests are left out: they stay assigned, but do not run until later.
 */
export function eachDispatch(
  { rows, gone }: Evidence,
  keys: readonly number[],
  visit: (key: number, running: readonly number[], ended: readonly number[]) => void,
): void {
  let running: number[] = []
  for (const key of keys) {
    if (rows.preemptions[key]! > 0) continue
    const hasEnded = (peer: number) => gone[peer]! <= rows.dispatched[key]!
    const ended = running.filter(hasEnded)
    running = [...running.filter((peer) => !hasEnded(peer)), key]
    visit(key, running, ended)
  }
}

/** Whether a request fits into the KV caches that it passes through, if they are empty. */
export function couldHold(
  { pools }: ServingPlan,
  { kv, handOver }: GenerationPlan,
  { requests, expected }: Pick<Evidence, 'requests' | 'expected'>,
  key: number,
): boolean {
  const fits = (cache: GenerationPlan['kv'], tokens: number) =>
    Math.ceil(tokens / cache.blockTokens) <= (cache.contiguous ? 1 : cache.blocks) &&
    tokens <= (cache.context ?? tokens)
  const number = expected.sending[key]!
  const prompt = requests.inputTokens[number]!
  // the last token is not computed on
  const whole = prompt + requests.outputTokens[number]! - 1
  if (handOver === null) return fits(kv, whole)
  const next = pools[handOver.pool]?.generation
  return fits(kv, prompt) && (next === undefined || fits(next.kv, whole))
}
