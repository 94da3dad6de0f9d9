import { expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { refuseServe } from './refuse-serve.ts'

const NET = { models: { net: { builtin: 'mlp' } } }
const POOL = { name: 'central', model: 'net', replicas: 2, queue: { mode: 'per-replica' } }
const WEB = { class: 'web', arrivals: { process: 'poisson', rate_rps: 10 } }

interface Changes {
  readonly pool?: object
  readonly traffic?: object
  readonly scenario?: object
}

function problemOf({ pool, traffic, scenario }: Changes): string | null {
  const content = { traffic: [{ ...WEB, ...traffic }], pools: [{ ...POOL, ...pool }] }
  try {
    refuseServe({ scenario: scenarioOf({ ...NET, ...content, ...scenario }), file: 's.yaml' })
    return null
  } catch (error) {
    return (error as Error).message
  }
}

test.each<[string, Changes]>([
  ['batches on cpu', {}],
  ['priorities, deadlines and time-outs', { traffic: { priority: 1, timeout_ms: 100 } }],
  ['several replicas with queues of their own', { pool: { replicas: 3 } }],
])('%s are served', (_, changes) => {
  expect(problemOf(changes)).toBeNull()
})

test.each<[Changes, string]>([
  [{ traffic: { fan_out: 2 } }, 'traffic.web.fan_out: remove it: serve does not divide requests'],
  [
    { traffic: { hedge: { policy: 'hedged', after_percentile: 95 } } },
    'traffic.web.hedge: remove it: serve does not copy requests',
  ],
  [
    { pool: { execution_provider: 'webgpu' } },
    'pools.central.execution_provider: serve runs on cpu only yet, got webgpu',
  ],
  [
    { pool: { target: { kind: 'oip', role: 'executor', url: 'http://127.0.0.1:1' } } },
    'pools.central.target: remove it: serve runs batches itself',
  ],
  [
    { pool: { retry_policy: { retry_on: ['failed'] } } },
    'pools.central.retry_policy: remove it: serve does not send requests again',
  ],
  [
    {
      scenario: {
        failures: [
          {
            kind: 'crash',
            pools: ['central'],
            at_s: [1],
            restart_s: { distribution: 'fixed', value: 1 },
          },
        ],
      },
    },
    'failures: remove it: a server has none on purpose',
  ],
  [{ scenario: { link: { delay_ms: 5 } } }, 'link: remove it: clients have networks of their own'],
])('%j is refused by name, with what supports it', (changes, problem) => {
  expect(problemOf(changes)).toContain(`s.yaml ${problem}`)
  expect(problemOf(changes)).toMatch(/; replay supports it$/)
})

test('a model without tensors is refused, with what supports it', () => {
  const models = { net: { work: { law: 'constant', ms: 4 } } }
  expect(problemOf({ scenario: { models } })).toMatch(/has declared work.*; simulate supports it$/)
})
