import { existsSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type PlanOptions, plan } from '../runtime/jobs/plan/plan.ts'
import { PLAN_JOURNAL, PlanJournal } from '../runtime/jobs/plan/plan-journal.ts'
import { SimulationPool } from '../runtime/jobs/simulations/simulation-pool.ts'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'
import { EXIT } from '../scenarios/index.ts'
import type { Plan } from '../sim/documents/index.ts'
import { filesIn, put, temporaryFolder } from './spillway.ts'

/** A plan that is interrupted goes on where it was, and ends as if nothing had been. */

const SMALL = `spillway: 1
name: small
duration_s: 20
models: { net: { work: { law: linear, base_ms: 6, per_item_ms: 3 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 300 } }]
slo: { web: ["p(95) latency_ms < 40"] }
pools:
  - { name: server, model: net, price_usd_per_hour: 0.5, batching: { policy: dynamic, max_batch: 4 } }
`
const folder = temporaryFolder()
const file = put(folder, 'small.yaml', SMALL)
const OPTIONS = {
  set: ['pools.server.replicas=1..4', 'pools.server.batching.max_batch=2,4,8'],
  replications: 6,
  command: 'spillway plan small.yaml',
}
const journalOf = (directory: string) => join(directory, PLAN_JOURNAL)
const linesOf = (directory: string) => readFileSync(journalOf(directory), 'utf8').split('\n')

let whole: Plan
beforeAll(async () => {
  whole = await plan(file, OPTIONS)
})
afterAll(closeSimulations)

/** A plan that is interrupted once so many runs are kept. */
async function interrupted(directory: string, after: number): Promise<void> {
  const abort = new AbortController()
  const add = PlanJournal.prototype.addRuns
  let added = 0
  const spy = vi.spyOn(PlanJournal.prototype, 'addRuns')
  spy.mockImplementation(async function (this: PlanJournal, ...answer: Parameters<typeof add>) {
    await add.apply(this, answer)
    const [, , runs] = answer
    // capacities are asked for without runs
    if (runs.length > 0 && ++added === after) abort.abort()
  })
  const { signal } = abort
  await expect(plan(file, { ...OPTIONS, directory, signal })).rejects.toMatchObject({
    exitCode: EXIT.interrupted,
  })
  spy.mockRestore()
}

/** A plan that goes on, what it says and how many replications it simulates. */
async function goneOn(directory: string, options: Partial<PlanOptions> = {}) {
  const simulate = vi.spyOn(SimulationPool.prototype, 'simulate')
  const replication = vi.spyOn(SimulationPool.prototype, 'replication')
  const notes: string[] = []
  const onNote = (text: string) => notes.push(text)
  const document = await plan(file, { ...OPTIONS, directory, resume: true, onNote, ...options })
  const searched = simulate.mock.calls.reduce((sum, [{ from, to }]) => sum + to - from, 0)
  const ofWinner = replication.mock.calls.length
  vi.restoreAllMocks()
  return { document, notes, searched, ofWinner }
}

test.each([1, 3, 6])('after %i answers it simulates only what is missing', async (answers) => {
  const directory = join(folder, `after-${answers}`)
  await interrupted(directory, answers)
  const kept = linesOf(directory)
    .slice(1, -1)
    .reduce((sum, line) => sum + JSON.parse(line).runs.length, 0)
  expect(kept).toBeGreaterThanOrEqual(3 * answers)
  const { document, notes, searched } = await goneOn(directory)
  expect(document).toEqual(whole)
  expect(searched).toBe(whole.simulations - kept)
  expect(notes).toContain(`goes on where it was: ${kept} replications are kept of it`)
})

test('in its last figures it does not search again, and keeps those that it has', async () => {
  const directory = join(folder, 'figures')
  const abort = new AbortController()
  const onProgress = (phase: string, done: number) => {
    if (phase === 'trying changes of the winner' && done === 2) abort.abort()
  }
  const { signal } = abort
  await expect(plan(file, { ...OPTIONS, directory, signal, onProgress })).rejects.toMatchObject({
    exitCode: EXIT.interrupted,
  })
  const { document, searched, ofWinner } = await goneOn(directory)
  expect(document).toEqual(whole)
  expect(searched).toBe(0)
  // less and more speed
  expect(ofWinner).toBe(20)
})

test.each([
  ['behind its last line', (text: string) => text.length - 2],
  ['in the middle', (text: string) => text.length >> 1],
  ['behind its head', (text: string) => text.indexOf('\n') + 1],
  ['in its head', () => 10],
])('a journal that was cut %s, as by a kill, has its whole lines', async (where, cutOf) => {
  const directory = join(folder, `cut ${where}`)
  await interrupted(directory, 4)
  const text = readFileSync(journalOf(directory), 'utf8')
  truncateSync(journalOf(directory), cutOf(text))
  expect((await goneOn(directory)).document).toEqual(whole)
  // what was written behind the cut is whole
  const again = await goneOn(directory)
  expect(again.document).toEqual(whole)
  expect(again.searched).toBe(0)
})

test('a folder with an interrupted plan is refused without --resume, and to another plan', async () => {
  const directory = join(folder, 'kept')
  await interrupted(directory, 3)
  const before = readFileSync(journalOf(directory))
  await expect(plan(file, { ...OPTIONS, directory })).rejects.toMatchObject({
    exitCode: EXIT.invalidInput,
    message: expect.stringMatching(/holds an interrupted plan; continue it with --resume/),
  })
  const resumed = { ...OPTIONS, directory, resume: true }
  await expect(plan(file, { ...resumed, seed: 9 })).rejects.toMatchObject({
    exitCode: EXIT.notComparable,
    message: expect.stringMatching(/another plan: seed: \d+ there, 9 here/),
  })
  await expect(plan(file, { ...resumed, survive: 'replica' })).rejects.toMatchObject({
    message: expect.stringMatching(/another plan: --survive: none there, replica here/),
  })
  expect(readFileSync(journalOf(directory))).toEqual(before)
  expect(filesIn(directory)).toEqual([PLAN_JOURNAL])
})

test('other values to search take what is kept of the same configurations', async () => {
  const directory = join(folder, 'wider')
  await interrupted(directory, 5)
  const wider = {
    set: ['pools.server.replicas=1..4', 'pools.server.batching.max_batch=2,4,8,16'],
  }
  const alone = await plan(file, { ...OPTIONS, ...wider })
  const { document, searched } = await goneOn(directory, wider)
  expect(document).toEqual(alone)
  expect(searched).toBeLessThan(alone.simulations)
})

test('losses are kept, too', async () => {
  const survive = 'replica' as const
  const alone = await plan(file, { ...OPTIONS, survive })
  const directory = join(folder, 'losses')
  const abort = new AbortController()
  const { signal } = abort
  const onProgress = (phase: string) => {
    if (phase === 'searching the headroom') abort.abort()
  }
  const options = { ...OPTIONS, survive, directory, signal, onProgress }
  await expect(plan(file, options)).rejects.toMatchObject({ exitCode: EXIT.interrupted })
  const { document, searched } = await goneOn(directory, { survive })
  expect(document).toEqual(alone)
  expect(searched).toBe(0)
})

test('traffic that is too short to be judged keeps nothing', async () => {
  const directory = join(folder, 'short')
  const set = [...OPTIONS.set, 'slo.web=["p(99.999) latency_ms < 40"]']
  await expect(plan(file, { ...OPTIONS, set, directory })).rejects.toMatchObject({
    exitCode: EXIT.undecided,
  })
  expect(existsSync(journalOf(directory))).toBe(false)
})
