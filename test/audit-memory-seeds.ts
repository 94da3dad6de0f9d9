import { ANY_CLASS, OUTCOME, type PoolMemoryPlan, REFUSAL } from '../sim/serving/index.ts'
import { dynamic, systemOf } from './audited-systems.ts'
import {
  ofSeveral,
  oneBatch,
  oneRequest,
  pairOf,
  type Seed,
  servedIn,
  shedFor,
  write,
} from './row-surgery.ts'

const item = { fixed: 0, perLength: 0, perItem: 10, perToken: 1, perTokenSquared: 0 }
const memory: PoolMemoryPlan = {
  devices: [0],
  weightsBytes: 100,
  sums: [item],
  arena: null,
  outOfMemory: [],
  pinned: false,
}
const devices = [{ name: 'card', limitBytes: 500, residency: null }]
const pool = { batching: dynamic, padTo: 4, memory }

/** Two pools on one device, with room for batches of both, but not for full ones. */
const shared = systemOf([pool, pool], { devices })
/** Batches that run out of memory may be split. */
const halved = systemOf([{ ...pool, memory: { ...memory, outOfMemory: ['split'] } }], {
  devices,
})
/** Batches take two chunks of an arena, which have at most 512 bytes. */
const arenas = systemOf(
  [{ ...pool, memory: { ...memory, arena: { bytes: 1024, together: [[item, item]] } } }],
  { devices: [{ ...devices[0]!, limitBytes: Number.POSITIVE_INFINITY }] },
)
/** A fifth of the requests are too long for the free memory of the device. */
const tight = systemOf([pool, {}], {
  devices: [{ ...devices[0]!, limitBytes: 160 }],
  classes: [ANY_CLASS],
})

/** Rows of a ledger that miscounts. */
export function memorySeeds(): Seed[] {
  return [
    oneBatch(
      {
        rule: 'memory',
        what: 'a batch too long for the device beside others',
        system: shared,
      },
      ofSeveral,
      (c, { keys }) => write(c, keys, 'padded', 400),
    ),
    {
      rule: 'memory',
      what: 'a batch that ran while another still had its memory',
      system: shared,
      spoil(c) {
        // each fits alone, but not both together
        const bytes = ({ keys }: { keys: readonly number[] }) =>
          keys.length * (10 + c.padded[keys[0]!]!)
        const pair = pairOf(
          c,
          (a, b) =>
            a.executor !== b.executor && b.dispatched >= a.done && bytes(a) + bytes(b) > 300,
        )
        write(c, pair[0].keys, 'done', pair[1].done)
        return [...pair[0].keys, ...pair[1].keys]
      },
    },
    oneRequest(
      { rule: 'memory', what: 'shed for its size, although it would have fit', system: tight },
      (c, key) => servedIn(c, key) && c.pool[key] === 0,
      shedFor(REFUSAL.memory),
    ),
    oneRequest(
      { rule: 'memory', what: 'admitted, although it could never fit', system: tight },
      (c, key) => c.refusal[key] === REFUSAL.memory,
      (c, key) => (c.outcome[key] = OUTCOME.timedOut),
    ),
    {
      rule: 'memory',
      what: 'a batch whose buffers no arena could hold together',
      system: arenas,
      spoil(c) {
        const [{ keys }] = pairOf(c, (batch) => batch.keys.length > 1)
        // each buffer gets 512 bytes, for which the arena has room twice; then 1,024
        write(c, keys, 'padded', 600 / keys.length)
        return keys
      },
    },
    {
      rule: 'executor',
      what: 'a part that began before the previous part had ended',
      system: halved,
      spoil(c) {
        const [first, second] = pairOf(c, (a, b) => b.dispatched === a.done)
        write(c, second.keys, 'started', first.done - 1e-9)
        return [...first.keys, ...second.keys]
      },
    },
  ]
}
