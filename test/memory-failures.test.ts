import { describe, expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import { auditRows, promisesOf } from '../sim/audit/index.ts'
import { keptReplication, runReplication, simulationInput } from '../sim/experiment/index.ts'
import { OUTCOME } from '../sim/serving/index.ts'
import { requestsIn } from '../sim/traffic/index.ts'

/** Lost replicas of pools with memory: their arenas and their swapped models go with them. */

const LIMIT_MIB = 400
const BASE = `
spillway: 1
name: lost-memory
duration_s: 90
models:
  small: { work: { law: linear, base_ms: 12, per_item_ms: 3 }, memory: { parameters_millions: 20, activations: [{ per_item_kib: 4096 }] } }
  large: { work: { law: linear, base_ms: 20, per_item_ms: 5 }, memory: { parameters_millions: 40, activations: [{ per_item_kib: 8192 }] } }
traffic:
  - { class: s, model: small, arrivals: { process: poisson, rate_rps: 60 }, timeout_ms: 2000 }
  - { class: l, model: large, arrivals: { process: poisson, rate_rps: 20 } }
`
const batching = 'batching: { policy: dynamic, max_batch: 8, max_delay_ms: 2 }'

interface Parts {
  readonly device?: string
  readonly memory?: string
  readonly small?: string
  readonly queue?: string
}

const pools = ({ device = '', memory = '', small = '', queue = '' }: Parts) => `${device}
pools:
  - { name: a, model: small, replicas: 2, ${queue}${batching}, memory: { allocator: bfc, ${small}${memory} } }
  - { name: b, model: large, replicas: 2, ${queue}${batching}, memory: { allocator: bfc, ${memory} } }`

const card = (residency: string) => `devices: [{ name: card, limit_mib: ${LIMIT_MIB}${residency} }]`
const swapped = ', residency: { eviction: lru, gib_per_s: 1, set_up_ms: 20 }'
const onCard = 'device: card, extend: same-as-requested'

const SYSTEMS: Readonly<Record<string, string>> = {
  'devices of their own': pools({ memory: `limit_mib: ${LIMIT_MIB}` }),
  'swapped models': pools({ device: card(swapped), memory: onCard }),
  'swapped models, queues per replica': pools({
    device: card(swapped),
    memory: onCard,
    queue: 'queue: { mode: per-replica }, ',
  }),
  'swapped models beside pinned ones': pools({
    device: card(swapped),
    memory: onCard,
    small: 'pinned: true, ',
  }),
  'batches that are split': pools({
    device: `devices: [{ name: card, limit_mib: 230${swapped} }]`,
    memory: `${onCard}, out_of_memory: [evict, split]`,
  }),
}

const restart = 'restart_s: { distribution: exponential, mean: 1 }'
const FAILURES: Readonly<Record<string, string>> = {
  crashes: `failures: [{ kind: crash, every_s: 6, ${restart} }]`,
  'crashes seen late': `failures: [{ kind: crash, every_s: 6, detection_s: 0.5, ${restart} }]`,
  'crashes seen after the restart': `failures: [{ kind: crash, every_s: 4, detection_s: 30, restart_s: { distribution: exponential, mean: 0.05 } }]`,
  'a lost zone': `failures: [{ kind: crash, at_s: [40, 80], restart_s: { distribution: fixed, value: 3 } }]`,
  errors: 'failures: [{ kind: errors, every_s: 5, for_s: 3, share: 0.4 }]',
  stragglers: 'failures: [{ kind: slow, every_s: 10, for_s: 2, factor: 5 }]',
  'a deployment': `failures: [{ kind: deployment, at_s: 40, restart_s: { distribution: fixed, value: 2 } }]`,
  'a deployment with crashes': `failures:
  - { kind: crash, every_s: 9, detection_s: 0.3, ${restart} }
  - { kind: deployment, at_s: 30, at_once: 2, restart_s: { distribution: fixed, value: 3 } }`,
}

const inputOf = (sections: string) =>
  simulationInput(parseScenario(`${BASE}${sections}`, { file: 'x.yaml' }).scenario)

const auditOf = (
  input: ReturnType<typeof inputOf>,
  { rows, changes = [] }: ReturnType<typeof keptReplication>,
  as = changes,
) => auditRows(promisesOf(input.scenario), rows.columns, requestsIn(rows).columns, as)

const cases = Object.keys(SYSTEMS).flatMap((system) =>
  Object.keys(FAILURES).map((failure) => [system, failure] as const),
)

describe.each(cases)('%s, %s', (system, failure) => {
  const input = inputOf(`${SYSTEMS[system]}\n${FAILURES[failure]}`)
  const run = keptReplication(input, 0)

  test('every request ends once, and every promise is kept', () => {
    const { columns, count } = run.rows
    expect(count).toBeGreaterThan(6000)
    const { rules, violations } = auditOf(input, run)
    expect(rules.flatMap(({ first }) => first.map(({ rule, text }) => `${rule}: ${text}`))).toEqual(
      [],
    )
    expect(violations).toBe(0)
    const ended = Object.values(OUTCOME).map(
      (outcome) => columns.outcome.filter((code) => code === outcome).length,
    )
    expect(ended.reduce((a, b) => a + b, 0)).toBe(count)
    const served = columns.outcome.filter((code) => code === OUTCOME.served).length
    expect(served).toBeGreaterThan(0.5 * count)
  })

  test('no device has more than it has, and lost models are loaded again', () => {
    const lost = runReplication(input, 0)
    for (const space of lost.memory) {
      expect(space.peakHeld).toBeLessThanOrEqual(space.limitBytes)
      expect(space.peakInUse).toBeLessThanOrEqual(space.peakHeld)
    }
    const loadsOf = ({ memory }: typeof lost) =>
      memory.reduce((sum, { residency }) => sum + (residency?.loads ?? 0), 0)
    const evictionsOf = ({ memory }: typeof lost) =>
      memory.reduce((sum, { residency }) => sum + (residency?.evictions ?? 0), 0)
    if (!system.startsWith('swapped') || !failure.startsWith('crashes')) return
    const none = runReplication(inputOf(SYSTEMS[system]!), 0)
    // without losses all but the models that are there at the end were evicted
    expect(loadsOf(none) - evictionsOf(none)).toBeLessThanOrEqual(4)
    expect(loadsOf(lost) - evictionsOf(lost)).toBeGreaterThan(10)
  })

  test('the same run again is the same', () => {
    const again = keptReplication(input, 0)
    expect(again.changes).toEqual(run.changes)
    expect(again.rows.columns.done).toEqual(run.rows.columns.done)
  })
})

test('a batch of a replica that has come back without its model is found', () => {
  const input = inputOf(`${SYSTEMS['swapped models']}\n${FAILURES.crashes}`)
  const run = keptReplication(input, 0)
  const { columns } = run.rows
  const up = run.changes!.find(({ state }) => state === 'up')!
  const first = Math.min(
    ...[...columns.dispatched].filter((at, key) => {
      return columns.executor[key] === up.executor && at >= up.at
    }),
  )
  // a load takes far longer than a millisecond
  const spoilt = run.changes!.map((change) => (change === up ? { ...up, at: first - 1 } : change))
  const violations = ({ rules }: ReturnType<typeof auditOf>) =>
    rules.find(({ rule }) => rule === 'memory')!.violations
  expect(violations(auditOf(input, run))).toBe(0)
  expect(violations(auditOf(input, run, spoilt))).toBeGreaterThan(0)
})
