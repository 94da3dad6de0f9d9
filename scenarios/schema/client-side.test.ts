import { expect, test } from 'vitest'
import { servingPlan } from '../../sim/serving/index.ts'
import { scenarioOf } from '../../test/scenarios.ts'
import { clientSide } from './client-side.ts'

const scenario = (role: string) =>
  scenarioOf({
    models: { m: { builtin: 'transformer-encoder', pad_to: 8 } },
    pools: [
      {
        name: 'central',
        model: 'm',
        replicas: 3,
        queue: { max_length: 5, discipline: 'earliest-deadline' },
        batching: { policy: 'dynamic', max_batch: 8, max_delay_ms: 5 },
        retry_policy: {},
        target: { url: 'http://127.0.0.1:8000', role, connections: 16 },
      },
    ],
  })

test('clients of a server have connections, and nothing that the pool states of the server', () => {
  const { pools, models } = clientSide(scenario('server'))
  const [pool] = pools
  expect(pool).toMatchObject({
    replicas: 16,
    queue: { discipline: 'fifo', mode: 'shared' },
    batching: { policy: 'none' },
  })
  expect(pool!.queue.max_length).toBeUndefined()
  expect(pool!.retry_policy).toBeUndefined()
  expect(models).toMatchObject({ m: { pad_to: 1 } })
})

test('a scenario without a server stays what it is', () => {
  const executor = scenario('executor')
  expect(clientSide(executor)).toBe(executor)
})

test('clients of a server that generates have no engine, and times of tokens', () => {
  const lengths = { distribution: 'fixed', value: 9 } as const
  const engine = scenarioOf({
    models: { m: { work: { law: 'generation', base_ms: 1 } } },
    traffic: [
      {
        class: 'web',
        arrivals: { process: 'poisson', rate_rps: 1 },
        input_tokens: lengths,
        output_tokens: lengths,
      },
    ],
    pools: [
      {
        name: 'central',
        model: 'm',
        generation: { policy: 'continuous' },
        target: { kind: 'openai', url: 'http://127.0.0.1:8000', connections: 16 },
      },
    ],
  })
  expect(servingPlan(engine).pools[0]).toMatchObject({ replicas: 1 })
  expect(servingPlan(engine).pools[0]!.streams).toBeUndefined()
  const [pool] = servingPlan(clientSide(engine)).pools
  expect(pool).toMatchObject({ replicas: 16, streams: true })
  expect(pool!.generation).toBeUndefined()
})
