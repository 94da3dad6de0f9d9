import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Plan } from '../sim/documents/index.ts'
import { DECLARED } from './scenarios.ts'
import { commandsIn, expectRefusal, filesIn, put, readJson, temporaryFolder } from './spillway.ts'

/** Plans on the built command line: what is kept after any end. */

const folder = temporaryFolder()
const { run, start } = commandsIn(folder)
put(folder, 'declared.yaml', DECLARED)
const at = (name: string) => join(folder, name)
const PLAN = ['plan', 'declared.yaml', '--set', 'slo.web=["goodput > 5%"]'].concat(
  ['--set', 'pools.first.replicas=1..6', '--set', 'pools.second.batching.max_batch=2,4,8,16'],
  ['--set', 'pools.first.price_usd_per_hour=2', '--set', 'pools.second.price_usd_per_hour=3'],
)

/** Starts a plan, and ends it by a signal once it keeps something. */
async function endedBy(signal: 'SIGINT' | 'SIGKILL', out: string) {
  const { child, ended } = start([...PLAN, '--out', out])
  const journal = join(folder, out, 'plan-journal.jsonl')
  const kept = () => (existsSync(journal) ? readFileSync(journal, 'utf8').split('\n') : [])
  while (kept().length < 3 && child.exitCode === null) await wait(5)
  child.kill(signal)
  return ended
}

test.each(['SIGINT', 'SIGKILL'] as const)('%s keeps what was simulated', async (signal) => {
  const out = `after-${signal}`
  const { code, stderr } = await endedBy(signal, out)
  if (signal === 'SIGINT') {
    expect(code).toBe(130)
    expect(stderr).toContain(
      `the runs so far are kept in ${out}; go on with the same command and --resume`,
    )
  }
  expectRefusal(await run(...PLAN, '--out', out), 3, at(out))
  const resumed = await run(...PLAN, '--out', out, '--resume')
  expect(resumed.code, resumed.stderr).toBe(0)
  expect(resumed.stderr).toMatch(/goes on where it was: \d+ replications are kept of it/)
  expect(filesIn(at(out))).toEqual(['plan.json', 'report.html'])
  const whole = await run(...PLAN, '--out', `whole-${signal}`)
  expect(whole.code, whole.stderr).toBe(0)
  const [ours, theirs] = [out, `whole-${signal}`].map((name) => {
    const { command: _, ...document } = readJson(join(at(name), 'plan.json')) as Plan
    return document
  })
  expect(ours).toEqual(theirs)
})

test('--resume needs a folder', async () => {
  const ended = await run(...PLAN, '--resume')
  expect(ended.code).toBe(2)
  expect(ended.stderr).toMatch(/--resume: has no folder for its files; add --out DIR/)
})
