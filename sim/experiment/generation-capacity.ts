import type { PoolPlan, ServingPlan } from '../serving/index.ts'
import type { StepLaw } from '../world/index.ts'

const REQUESTS = 20_000

/**
 * The highest rate, requests/s, at which the queue of a pool that generates stays stable, about:
 * its replicas always decode as many sequences as have places and fit the KV cache. A request takes
 * its prompt, its share of each step, and the tokens that its own steps read.
 *
 * Of a static batch everybody stays for the longest answer. A pool that hands over has prompts
 * only, and `decodesOnly` says of one that it has none.
 */
export function generationCapacity(
  { replicas, generation }: PoolPlan,
  law: StepLaw,
  decodesOnly: boolean,
  draw: () => { readonly input: number; readonly output: number },
): number {
  if (generation === undefined) throw new Error('Expected a pool that generates')
  const requests = Array.from({ length: REQUESTS }, draw)
  const mean = (of: (request: { input: number; output: number }) => number) =>
    requests.reduce((sum, request) => sum + of(request), 0) / REQUESTS
  const { blocks, blockTokens } = generation.kv
  // a sequence holds its prompt from the beginning, and half of its answer on the way
  const held = mean(({ input, output }) => (input + output / 2) * output) / mean((r) => r.output)
  const together = Math.min(generation.maxSequences, (blocks * blockTokens) / held)
  const sequences = Math.max(1, Math.floor(together))
  const steps =
    generation.policy === 'static' ? longest(requests, sequences) : mean(({ output }) => output)
  const prefill = decodesOnly ? 0 : mean(({ input }) => input) * law.perPrefillTokenMs
  if (generation.handOver !== null) {
    const own = mean(({ input }) => Math.ceil(input / generation.tokenBudget)) * law.baseMs
    return (1000 * replicas) / (prefill + own + law.perSequenceMs)
  }
  const context = mean(({ input, output }) => (output - 1) * (input + output / 2))
  const ms =
    prefill + steps * (law.baseMs / sequences + law.perSequenceMs) + context * law.perContextTokenMs
  return (1000 * replicas) / ms
}

/** Of all pools together, requests/s: what is handed over must be decoded as well. */
export function systemCapacity({ pools }: ServingPlan, rps: readonly number[]): number {
  const targets = pools.map(({ generation }) => generation?.handOver?.pool)
  return pools.reduce((sum, { index, generation }) => {
    if (targets.includes(index)) return sum
    const target = generation?.handOver?.pool
    if (target === undefined) return sum + rps[index]!
    const sharing = targets.filter((other) => other === target).length
    return sum + Math.min(rps[index]!, rps[target]! / sharing)
  }, 0)
}

/** Mean of the longest answer of a batch. */
function longest(requests: readonly { readonly output: number }[], batch: number): number {
  let sum = 0
  let batches = 0
  for (let i = 0; i + batch <= requests.length; i += batch) {
    let most = 0
    for (let j = i; j < i + batch; j++) most = Math.max(most, requests[j]!.output)
    sum += most
    batches++
  }
  return sum / batches
}
