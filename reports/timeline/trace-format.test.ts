import { describe, expect, test } from 'vitest'
import { loadScenario } from '../../scenarios/index.ts'
import { keptReplication, simulationInput } from '../../sim/experiment/index.ts'
import { timelineOf } from './timeline.ts'
import { formatFaults } from './trace-format.test-helper.ts'

type Event = Record<string, unknown> & { ph: string }
interface File {
  displayTimeUnit: string
  traceEvents: Event[]
}

/** A whole run as it is exported, with arrows. */
async function exported(name: string, ...set: string[]): Promise<File> {
  const path = new URL(`../../scenarios/library/${name}.yaml`, import.meta.url).pathname
  const { scenario } = await loadScenario(path, { set })
  const run = keptReplication(simulationInput(scenario), 0)
  const window = { fromMs: null, toMs: null }
  const given = { scenario, run, window, flows: true, activations: [], observed: [] }
  return JSON.parse([...timelineOf(given, {}).pieces].join('')) as File
}

const SHORT = ['duration_s=20', 'warmup_s=1']
const CRASH = 'failures.0.at_s=[3]'
const BACK = 'failures.0.restart_s.value=5'

/** Fleets with crashes, networks and engines; each run is shortened. */
const RUNS: readonly (readonly [name: string, ...set: string[]])[] = [
  [
    'lost-site',
    ...SHORT,
    CRASH,
    BACK,
    'networks.2.outages.0.at_s=12',
    'networks.2.outages.0.for_s=3',
  ],
  ['lost-replica', ...SHORT, CRASH, BACK, 'failures.0.detection_s=1'],
  ['edge-or-centre', 'duration_s=30', 'warmup_s=1'],
]

describe.each(RUNS.map(([name, ...set]) => ({ name, set })))(
  'the export of $name keeps the Trace Event Format',
  ({ name, set }) => {
    test('in every event, track, counter and arrow', async () => {
      const file = await exported(name, ...set)
      expect(file.traceEvents.length).toBeGreaterThan(1000)
      expect(formatFaults(file)).toEqual([])
      const categories = new Set(file.traceEvents.map(({ cat }) => cat))
      expect(categories.has('absence')).toBe(name !== 'edge-or-centre')
      const phases = new Set(file.traceEvents.map(({ ph }) => ph))
      expect(phases.has('b')).toBe(name === 'edge-or-centre')
      expect(phases.has('s')).toBe(name !== 'edge-or-centre')
    })
  },
)

/** A slice ends within the next one of its track. */
function crossing(events: Event[]): void {
  const [own, next] = events
    .filter(({ cat, tid }) => cat === 'batch' && tid === batchOf(events).tid)
    .sort((a, b) => Number(a.ts) - Number(b.ts)) as [Event, Event]
  own.dur = Number(next.ts) + Number(next.dur) / 2 - Number(own.ts)
}

const batchOf = (events: Event[]) => events.find(({ cat }) => cat === 'batch')!

test('negative control: what a viewer would not show is found', async () => {
  const file = await exported('lost-replica', ...SHORT, CRASH, BACK)
  const spoilt = (change: (events: Event[]) => unknown) => {
    const copy = structuredClone(file)
    change(copy.traceEvents)
    return formatFaults(copy)
  }
  const first = (events: Event[], ph: string) => events.find((event) => event.ph === ph)!
  expect(spoilt(() => {})).toEqual([])
  const changes: readonly ((events: Event[]) => unknown)[] = [
    (events) => (first(events, 'X').dur = undefined),
    crossing,
    (events) => (first(events, 'C').args = { requests: 'two' }),
    (events) => (first(events, 'C').ts = 1e9),
    (events) => (first(events, 'M').name = 'thread'),
    (events) => (first(events, 'i').s = 'x'),
    (events) => (first(events, 's').ts = 0.5),
    (events) => events.splice(events.indexOf(first(events, 'f')), 1),
    (events) => (batchOf(events).tid = batchOf(events).pid),
  ]
  for (const change of changes) expect(spoilt(change), String(change)).not.toEqual([])
})

test('negative control: async slices that do not end, and unknown phases, are found', () => {
  const begin = { ph: 'b', cat: 'request', name: 'on engine 0', id: 1, pid: 1, tid: 9, ts: 1 }
  const end = { ...begin, ph: 'e', ts: 2 }
  const of = (...traceEvents: object[]) => formatFaults({ displayTimeUnit: 'ms', traceEvents })
  expect(of(begin, end)).toEqual([])
  expect(of(begin)).toEqual(['async request 1 of 1: b'])
  expect(of({ ...begin, ts: 3 }, end)).toEqual(['async request 1 of 1: be'])
  expect(of({ ...begin, ph: 'Q' })).toEqual(['event 0: phase Q'])
})
