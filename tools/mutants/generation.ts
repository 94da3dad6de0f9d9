import type { RunParts } from '../../sim/experiment/index.ts'
import { Engine } from '../../sim/serving/generation/engine.ts'
import type { EngineHost } from '../../sim/serving/generation/engine-host.ts'
import { KvLedger } from '../../sim/serving/generation/kv-ledger.ts'
import { PrefixKeys } from '../../sim/serving/generation/prefix-keys.ts'
import { SequenceSlots } from '../../sim/serving/generation/sequence-slots.ts'
import type { GenerationPlan } from '../../sim/serving/index.ts'
import { type Mutant, replaceMethods, withPools } from './mutant.ts'

/** Faults of continuous batching and of the KV cache. */
export const GENERATION_MUTANTS: readonly Mutant[] = [
  {
    name: 'admission order',
    fault: 'the newest request gets a slot first, not the oldest',
    change: (parts) => withPools(parts, (pool) => ({ ...pool, order: { discipline: 'lifo' } })),
  },
  {
    name: 'no watermark',
    fault: 'admission leaves no blocks free for the growth of running sequences',
    change: (parts) => withGeneration(parts, ({ kv }) => ({ kv: { ...kv, watermark: 0 } })),
  },
  {
    name: 'chunks halved',
    fault: 'a step computes half as many tokens as it may',
    change: (parts) =>
      withGeneration(parts, ({ tokenBudget, maxSequences }) => {
        return { tokenBudget: Math.max(maxSequences, Math.floor(tokenBudget / 2)) }
      }),
  },
  {
    name: 'preempted last',
    fault: 'a waiting request gets a slot before a preempted sequence',
    patch: preemptedLast,
  },
  {
    name: 'block rounding',
    fault: 'a block that is not full is not counted',
    patch: () =>
      replaceMethods(KvLedger.prototype, {
        blocksOf: (blocksOf) =>
          function (this: KvLedger, tokens) {
            return Math.max(0, blocksOf.call(this, tokens) - 1)
          },
      }),
  },
  {
    name: 'prefix hash',
    fault: 'the key of a block is another one each time, so no prompt finds the blocks of another',
    patch: () => {
      let next = 0
      return replaceMethods(PrefixKeys.prototype, { key: () => () => next++ })
    },
  },
]

function withGeneration(
  parts: RunParts,
  change: (plan: GenerationPlan) => Partial<GenerationPlan>,
): RunParts {
  return withPools(parts, (pool) => {
    if (pool.generation == null) return pool
    return { ...pool, generation: { ...pool.generation, ...change(pool.generation) } }
  })
}

function preemptedLast(): () => void {
  const hosts = new WeakMap<SequenceSlots, EngineHost>()
  const undoSchedule = replaceMethods(Engine.prototype, {
    schedule: (schedule) =>
      function (this: Engine, now) {
        // its host is for derived classes
        hosts.set(this.slots, Reflect.get(this, 'host') as EngineHost)
        return schedule.call(this, now)
      },
  })
  const next = Object.getOwnPropertyDescriptor(SequenceSlots.prototype, 'next')!
  Object.defineProperty(SequenceSlots.prototype, 'next', {
    ...next,
    get(this: SequenceSlots) {
      const waiting = this.closed ? -1 : (hosts.get(this)?.queue.next ?? -1)
      return waiting >= 0 ? waiting : next.get!.call(this)
    },
  })
  return () => {
    Object.defineProperty(SequenceSlots.prototype, 'next', next)
    undoSchedule()
  }
}
