import { expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { Random } from '../../kernel/index.ts'
import { declaredPlan } from '../../memory/index.ts'
import { type Batch, type Ms, STATUS, servingPlan, trafficOf } from '../../serving/index.ts'
import { ListSource, RequestList } from '../../traffic/index.ts'
import { IDEAL_MACHINE } from '../machine/machine.ts'
import { SimulatedWorld } from '../world.ts'
import { WorldMemory } from './world-memory.ts'

const MIB = 2 ** 20

const scenario = scenarioOf(`spillway: 1
name: s
duration_s: 60
models:
  m:
    work: { law: constant, ms: 4 }
    memory: { parameters_millions: 1.048576, activations: [{ per_item_kib: 1024 }] }
traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 40 } }
devices:
  - { name: card, limit_mib: 10, residency: { eviction: lru, gib_per_s: 1, set_up_ms: 3 } }
pools:
  - { name: central, model: m, replicas: 2, memory: { allocator: bfc, extend: same-as-requested, device: card } }
`)

/** What a world reports to a control plane that calls `act` at the first arrival and each event. */
function eventsOf(act: (world: SimulatedWorld, step: number) => void): string[] {
  const model = scenario.models.m!
  const activations = ['work' in model ? declaredPlan(model.memory!, 'fp32') : null]
  const plan = servingPlan(scenario, activations)
  const list = RequestList.allocate(1)
  list.columns.at.set([10])
  const hardware = {
    work: { of: () => 4 },
    wake: { gapMs: [1, 10], ms: [0, 0.5] },
    overheads: null,
  }
  const world = new SimulatedWorld({
    ...trafficOf(new ListSource(list)),
    hardware: [hardware, hardware],
    machine: IDEAL_MACHINE,
    random: { service: new Random('service'), overheads: new Random('overheads') },
    sendDelay: null,
    timer: null,
    memory: new WorldMemory({ scenario, plan, activations, maps: false }),
  })
  const events: string[] = []
  let depth = 0
  const happened = (event: string) => {
    expect(depth++).toBe(0)
    events.push(`${world.now} ${event}`)
    act(world, events.length - 1)
    depth--
  }
  world.attach({
    onArrival: () => happened('arrival'),
    onTimer: () => happened('timer'),
    onDone(now, executor, started, ended, status) {
      expect(now).toBe(ended)
      happened(`done ${executor} ${started} ${status === STATUS.ok ? 'ok' : 'out of memory'}`)
    },
    onLoaded: (_now: Ms, executor, ok) => happened(`loaded ${executor} ${ok}`),
    onSteps: () => happened('steps'),
    onExecutor: () => happened('executor'),
    waiting: 0,
    onDelivered: () => {},
    onEnd: () => {},
  })
  expect(world.advance(100)).toBe('drained')
  return events
}

const batchOf = (executor: number, size: number): Batch => ({
  executor,
  members: new Int32Array(size),
  size,
  length: 1,
  tokens: size,
  oldestEnqueued: 0,
  dispatched: 0,
  started: 0,
  ended: 0,
  status: STATUS.ok,
})

const LOAD_MS = 3 + (1000 * 4 * MIB) / 2 ** 30

test('a batch that finds no memory ends at once and counts as no work: the next batch pays a wake-up', () => {
  const loaded = 10 + LOAD_MS
  const events = eventsOf((world, step) => {
    if (step === 0) world.executors.load(0)
    else if (step === 1) world.executors.start(batchOf(0, 30))
    else if (step === 2) world.executors.start(batchOf(0, 1))
    else if (step === 3) world.executors.start(batchOf(0, 1))
  })
  expect(events).toEqual([
    '10 arrival',
    `${loaded} loaded 0 true`,
    `${loaded} done 0 ${loaded} out of memory`,
    `${loaded + 4.5} done 0 ${loaded} ok`,
    `${loaded + 8.5} done 0 ${loaded + 4.5} ok`,
  ])
})

test('two simultaneous loads take the time of the bytes of both, and set up in parallel', () => {
  const loadedAt = 13 + (1000 * 8 * MIB) / 2 ** 30
  const events = eventsOf((world, step) => {
    if (step === 0) {
      world.executors.load(0)
      world.executors.load(1)
    }
  })
  expect(events).toEqual(['10 arrival', `${loadedAt} loaded 0 true`, `${loadedAt} loaded 1 true`])
})

test('a load that finds no memory ends at once, and succeeds once arenas release memory', () => {
  const ended = 10 + LOAD_MS + 4.5
  const events = eventsOf((world, step) => {
    if (step === 0) world.executors.load(0)
    else if (step === 1) world.executors.start(batchOf(0, 4))
    // 4 MiB of weights and 4 of an idle arena, of 10
    else if (step === 2) world.executors.load(1)
    else if (step === 3) {
      world.executors.shrink(0)
      world.executors.load(1)
    } else if (step === 4) {
      world.executors.unload(0)
      world.executors.load(0)
    }
  })
  expect(events.slice(2)).toEqual([
    `${ended} done 0 ${10 + LOAD_MS} ok`,
    `${ended} loaded 1 false`,
    `${ended + LOAD_MS} loaded 1 true`,
    `${ended + LOAD_MS + LOAD_MS} loaded 0 true`,
  ])
})
