import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type GenerationOptions, generatingSystem } from '../../../test/random-generation.ts'
import type { SmallSystem } from '../../../test/small-system.ts'
import { Random } from '../../kernel/index.ts'
import { Histogram } from '../../stats/index.ts'
import { ListSource } from '../../traffic/index.ts'
import { declaredSteps, declaredWork, IDEAL_MACHINE, NO_WAKE } from '../../world/index.ts'
import { SimulatedWorld } from '../../world/world.ts'
import {
  assemble,
  type ClassPlan,
  type KvUse,
  type Ms,
  type Observer,
  OUTCOME,
  type Requests,
  type StepBackend,
  type StepRun,
  topologyOf,
} from '../index.ts'

/** What is known of a run: of each request by its key, of the gaps, of the steps. */
interface Outcome {
  readonly outcome: number[]
  readonly ttft: Ms[]
  readonly done: Ms[]
  readonly preemptions: number[]
  readonly itl: Histogram
  /** tokens that came out, the first ones included */
  tokens: number
  events: number
  readonly runs: StepRun[]
  readonly uses: KvUse[]
  /** when the control plane received an event */
  readonly times: Ms[]
}

/** `each`: every run of steps is cut after its first one. */
function run(system: SmallSystem, each: boolean): Outcome {
  const { plan, requests: list, work } = system
  const random = new Random('unused')
  const result: Outcome = {
    outcome: [],
    ttft: [],
    done: [],
    preemptions: [],
    itl: new Histogram(),
    tokens: 0,
    events: 0,
    runs: [],
    uses: [],
    times: [],
  }
  const observing = (requests: Requests): Observer => ({
    batch(now, { members }) {
      const request = members[0]!
      const key = requests.key[request]!
      result.outcome[key] = requests.outcome[request]!
      result.ttft[key] = requests.firstToken[request]! - requests.at[request]!
      result.done[key] = now
      result.preemptions[key] = requests.preemptions[request]!
      result.tokens++
    },
    lost(_, request) {
      result.outcome[requests.key[request]!] = requests.outcome[request]!
    },
    gaps(_, { fromMs, toMs, steps, sequences }) {
      result.itl.recordRun(fromMs, toMs, steps, sequences)
      result.tokens += steps * sequences
    },
    stepped: (_, steps) => result.runs.push({ ...steps }),
    kv: (_, use) => result.uses.push({ ...use }),
  })
  const {
    driver: { world, requests },
    control,
  } = assemble({
    plan,
    source: new ListSource(list),
    world: (traffic) => {
      const world = new SimulatedWorld({
        ...traffic,
        hardware: topologyOf(plan).poolOf.map((pool) => ({
          work: declaredWork(work[pool]!),
          wake: NO_WAKE,
          overheads: null,
          steps: declaredSteps(work[pool]!),
        })),
        machine: IDEAL_MACHINE,
        random: { service: random, overheads: random },
        sendDelay: null,
        timer: null,
        channels: plan.channels ?? [],
      })
      const { executors } = world
      const stepwise: StepBackend = {
        run(steps) {
          executors.run(steps)
          executors.yieldAtStep(steps.executor)
        },
        yieldAtStep: (executor) => executors.yieldAtStep(executor),
      }
      const steps = each ? stepwise : executors
      const driver = { world, requests: traffic.requests }
      return { driver, timers: world, backend: executors, steps, transfers: world }
    },
    observe: (requests) => [observing(requests)],
  })
  const note =
    <A extends unknown[]>(tell: (now: Ms, ...rest: A) => void) =>
    (now: Ms, ...rest: A) => {
      result.times.push(now)
      tell.call(control, now, ...rest)
    }
  world.attach({
    onArrival: note(control.onArrival),
    onTimer: note(control.onTimer),
    onDone: note(control.onDone),
    onLoaded: note(control.onLoaded),
    onSteps: note(control.onSteps),
    onExecutor: note(control.onExecutor),
    onDelivered: note(control.onDelivered),
    onEnd: (now) => control.onEnd(now),
    get waiting() {
      return control.waiting
    },
  })
  expect(world.advance(1e6)).toBe('drained')
  expect(requests.inUse).toBe(0)
  result.events = world.events
  return result
}

/** How a request that fits may end. */
function endsOf({ clientTimeoutMs, drawnClientTimeout, cancels }: ClassPlan): readonly number[] {
  const leaves = clientTimeoutMs < Number.POSITIVE_INFINITY || drawnClientTimeout !== null
  if (!leaves) return [OUTCOME.served]
  const ends = [OUTCOME.served, OUTCOME.abandoned]
  return cancels ? [...ends, OUTCOME.cancelled] : ends
}

/** How full each engine was in the end. */
function lastOf(uses: readonly KvUse[]): ReadonlyMap<number, KvUse> {
  return new Map(uses.map((use) => [use.executor, use]))
}

const kinds: readonly (readonly [string, GenerationOptions])[] = [
  ['continuous', {}],
  ['continuous, prefill and decode apart', { split: true }],
  ['static', { policy: 'static' }],
]

describe.each(kinds)('%s generation', (_, options) => {
  test('steps in one event end as steps one by one, to 1e-9', () => {
    let events = 0
    let stepwise = 0
    let preempted = 0
    let hits = 0
    fc.assert(
      fc.property(generatingSystem(options), (system) => {
        const [closed, open] = [run(system, false), run(system, true)]
        // rounding decides which of two events at one instant comes first
        fc.pre(open.times.every((at, i) => i === 0 || at - open.times[i - 1]! > 1e-7))
        expect(closed.outcome).toEqual(open.outcome)
        expect(closed.preemptions).toEqual(open.preemptions)
        for (const name of ['ttft', 'done'] as const) {
          closed[name].forEach((ms, key) => {
            expect(Math.abs(ms - open[name][key]!)).toBeLessThan(1e-9 * Math.max(1, ms))
          })
        }
        expect(lastOf(closed.uses)).toEqual(lastOf(open.uses))
        expect(closed.itl.count).toBe(open.itl.count)
        if (closed.itl.count > 0) {
          expect(Math.abs(closed.itl.sum / open.itl.sum - 1)).toBeLessThan(1e-9)
          for (const q of [0.01, 0.25, 0.5, 0.9, 0.99]) {
            // one bin is at most 1/128 wide
            const ratio = closed.itl.quantile(q) / open.itl.quantile(q)
            expect(Math.abs(ratio - 1)).toBeLessThan(1 / 64)
          }
        }
        events += closed.events
        stepwise += open.events
        preempted += open.preemptions.reduce((sum, count) => sum + count, 0)
        for (const use of lastOf(open.uses).values()) hits += use.hitTokens
      }),
      { numRuns: 150 },
    )
    // negative control: the two ways do differ, and places are lost on the way
    expect(stepwise).toBeGreaterThan(2 * events)
    if (options.policy === 'static') return
    expect(preempted).toBeGreaterThan(10)
    expect(hits).toBeGreaterThan(1000)
  })

  test('every request ends once with all its tokens, or could never fit', () => {
    fc.assert(
      fc.property(generatingSystem(options), (system) => {
        const { columns, count } = system.requests
        const { outcome, tokens } = run(system, false)
        let expected = 0
        for (let key = 0; key < count; key++) {
          const full = columns.inputTokens[key]! + columns.outputTokens[key]! - 1
          const room = system.plan.pools.every(({ generation }) => {
            const { blocks, blockTokens, contiguous } = generation!.kv
            const heldTokens = generation!.handOver === null ? full : columns.inputTokens[key]!
            return Math.ceil(heldTokens / blockTokens) <= (contiguous ? 1 : blocks)
          })
          const ends = room ? endsOf(system.plan.classes[columns.class[key]!]!) : [OUTCOME.shed]
          expect(ends).toContain(outcome[key])
          if (room && outcome[key] !== OUTCOME.cancelled) expected += columns.outputTokens[key]!
        }
        expect(tokens).toBe(expected)
      }),
      { numRuns: 150 },
    )
  })

  test('blocks are in use, kept or free, hold the tokens requested, and none is in use at the end', () => {
    let shortages = 0
    let wasted = 0
    fc.assert(
      fc.property(generatingSystem(options), (system) => {
        const { poolOf } = topologyOf(system.plan)
        const { uses } = run(system, false)
        for (const use of uses) {
          const { kv } = system.plan.pools[poolOf[use.executor]!]!.generation!
          expect(use.used + use.kept + use.free).toBe(kv.blocks)
          expect(Math.min(use.used, use.kept, use.free)).toBeGreaterThanOrEqual(0)
          expect(use.tokens).toBeLessThanOrEqual(use.used * kv.blockTokens)
          // a block more for each sequence whose last block is full
          expect(use.tokens).toBeGreaterThanOrEqual(use.used)
          wasted += use.used * kv.blockTokens - use.tokens
        }
        for (const use of lastOf(uses).values()) {
          expect([use.used, use.tokens]).toEqual([0, 0])
          shortages += use.shortages
        }
      }),
      { numRuns: 150 },
    )
    // negative control: blocks are not full, and run short
    expect(wasted).toBeGreaterThan(1000)
    if (options.policy !== 'static') expect(shortages).toBeGreaterThan(10)
  })

  test('no step exceeds the limits of sequences, tokens or blocks', () => {
    fc.assert(
      fc.property(generatingSystem(options), (system) => {
        const { poolOf } = topologyOf(system.plan)
        for (const engineRun of run(system, false).runs) {
          const plan = system.plan.pools[poolOf[engineRun.executor]!]!.generation!
          expect(engineRun.decodes + engineRun.prefills).toBeLessThanOrEqual(plan.maxSequences)
          expect(engineRun.blocks).toBeLessThanOrEqual(plan.kv.blocks)
          const tokens = engineRun.decodes + engineRun.prefillTokens
          // a prompt that is not cut may be longer than the budget, alone
          const alone = !plan.chunked && engineRun.prefills === 1 && engineRun.decodes === 0
          if (!alone) expect(tokens).toBeLessThanOrEqual(plan.tokenBudget)
          if (engineRun.prefills > 0) expect(engineRun.steps).toBe(1)
          expect(engineRun.steps).toBeGreaterThan(0)
        }
      }),
      { numRuns: 150 },
    )
  })
})
