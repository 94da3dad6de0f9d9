import { expect, test } from 'vitest'
import { resultSchema } from '../sim/documents/index.ts'
import { commandsIn, put, temporaryFolder } from './spillway.ts'

const folder = temporaryFolder()
const { run } = commandsIn(folder)

/** M/M/1 at load 0.9, which takes some hundred services to reach its steady state from empty. */
put(
  folder,
  'slow-start.yaml',
  `spillway: 1
name: slow-start
duration_s: 20
models: { m: { work: { law: exponential, mean_ms: 10 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 90 } }]
pools: [{ name: central, model: m, speed: ideal }]
`,
)

const result = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await run('simulate', 'slow-start.yaml', ...args, '--json')
  expect(code, stderr).toBe(0)
  return { stderr, result: resultSchema.parse(JSON.parse(stdout)) }
}

test('replications are added until intervals are narrow enough, and none is drawn again', async () => {
  const { result: rough } = await result('--precision', '20%')
  const { result: fine } = await result('--precision', '0.05')
  for (const [{ precision, runs }, target] of [
    [rough, 0.2],
    [fine, 0.05],
  ] as const) {
    expect(precision!.target).toBe(target)
    expect(precision!.reached).toBeLessThanOrEqual(target)
    expect(runs).toBeGreaterThanOrEqual(10)
  }
  expect(fine.runs).toBeGreaterThan(4 * rough.runs)
  const { result: asMany } = await result('--replications', String(fine.runs))
  expect({ ...fine, precision: null }).toEqual(asMany)
})

test('the warm-up is the start-up that the runs show, and has the same result as its number', async () => {
  const { stderr, result: document } = await result('--warmup', 'auto')
  const [, override] = /the same as --set (warmup_s=\S+)/.exec(stderr) ?? []
  expect(document.warmup_s).toBeGreaterThan(0)
  expect(document.warmup_s).toBeLessThan(10)
  expect((await result('--set', override!)).result).toEqual(document)
})

test('a queue that grows all the time has no steady state', async () => {
  const overloaded = ['--set', 'traffic.web.arrivals.rate_rps=150']
  const ended = await run('simulate', 'slow-start.yaml', ...overloaded, '--warmup', 'auto')
  expect(ended.code).toBe(5)
  expect(ended.stderr).toContain('slow-start.yaml: no steady state in this traffic')
})

test.each(['0', '100%', '5'])('--precision %s is refused with what is allowed', async (share) => {
  const ended = await run('simulate', 'slow-start.yaml', '--precision', share)
  expect(ended.code).toBe(2)
  expect(ended.stderr).toContain(`Expected a share such as 2% or 0.02, got ${share}.`)
})
