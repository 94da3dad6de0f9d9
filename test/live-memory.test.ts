import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import type { ActivationPlan } from '../sim/memory/index.ts'
import { OUTCOME } from '../sim/serving/index.ts'
import type { Profile } from '../sim/world/index.ts'
import { auditOf } from './live-audit.ts'
import { type Replayed, replayProcessesIn } from './live-replay.ts'
import { madeUpProfile } from './profiles.ts'
import { commandsIn, temporaryFolder } from './spillway.ts'

/**
 * Batches that run out of memory in a real session, in processes with a memory limit; no test
 * depends on speed. Each replay is audited, with its decision log.
 */

const PRLIMIT = '/usr/bin/prlimit'
/**
 * Limit of private writable memory. Batches of up to 8 fit and those of 12 and more do not, with a
 * margin of 35 MiB both ways: the process takes 140 MiB, and the arena 570 MiB for 8 texts. With
 * 860 to 900 MiB the arena would leave less than a thread's stack: ONNX Runtime starts a thread now
 * and then, and ends the process if it cannot.
 */
const LIMIT_MIB = 790

const folder = temporaryFolder()
const replayed = replayProcessesIn(folder, [PRLIMIT, `--data=${LIMIT_MIB * 2 ** 20}`])

/** Attention scores of a text take 16 MiB, twice. Bursts fill a batch of 16 at any speed. */
const bursts = (memory: string) => `spillway: 1
name: bursts
seed: 1
duration_s: 1.5
warmup_s: 0
models:
  texts: { builtin: transformer-encoder, layers: 1, hidden: 128, heads: 64, vocabulary: 100 }
traffic:
  - class: web
    arrivals: { process: on-off, on_s: 0.05, off_s: 0.4, rate_rps: 27 }
    input_tokens: { distribution: fixed, value: 256 }
pools:
  - name: central
    model: texts
    batching: { policy: dynamic, max_batch: 16, max_delay_ms: 60 }
${memory}`

function needLimits(context: TestContext): void {
  if (existsSync(PRLIMIT)) return
  if (process.env.CI === 'true' && process.platform === 'linux') {
    throw new Error(`expected ${PRLIMIT}`)
  }
  context.skip(`no ${PRLIMIT}: apt install util-linux`)
}

const sizesOf = ({ rows }: Replayed, outcome: number) =>
  [...rows.outcome.keys()]
    .filter((key) => rows.outcome[key] === outcome)
    .map((key) => rows.batchSize[key]!)

test('without a remedy, only the requests of a batch that runs out of memory fail', async (context) => {
  needLimits(context)
  const replay = await replayed('none', bursts(''))
  const { counts } = replay.result.classes[0]!
  expect(counts.failed).toBeGreaterThanOrEqual(12)
  expect(counts.served).toBeGreaterThan(0)
  expect(counts.served + counts.failed).toBe(counts.arrived)
  expect(Math.min(...sizesOf(replay, OUTCOME.failed))).toBeGreaterThan(8)
  expect(Math.max(...sizesOf(replay, OUTCOME.served))).toBeLessThan(12)
  expect(replay.result.warnings.join()).toMatch(
    /pool central: \d+ batch(es)? ran out of memory, .*1\d x 256/,
  )
})

/** Slightly more than the arena takes: 34 MiB for a text, mostly for its scores. */
function profileOf(scenario: string): Profile {
  const profile = madeUpProfile(scenario)
  const none = { fixed: 0, perLength: 0, perItem: 0 }
  const take = { ...none, perToken: 8192, perTokenSquared: 512 }
  const memory: ActivationPlan = {
    weights: [2 ** 20],
    steps: [{ take, kind: 'activation' }, { free: 0 }],
    inputs: [['batch', 'length']],
  }
  return { ...profile, models: profile.models.map((model) => ({ ...model, memory })) }
}

test('the ledger keeps batches small enough, so that none runs out of memory', async (context) => {
  needLimits(context)
  const scenario = bursts('    memory: { allocator: bfc, limit_mib: 300 }\n')
  const replay = await replayed('ledger', scenario, { profile: profileOf(scenario) })
  const { counts } = replay.result.classes[0]!
  expect(counts.served).toBe(counts.arrived)
  expect(Math.max(...sizesOf(replay, OUTCOME.served))).toBe(8)
  expect(replay.result.warnings.join()).not.toMatch(/ran out of memory/)
  // without the activation plans an audit finds other decisions than in the log
  rmSync(join(folder, 'ledger', 'activations.json'))
  expect((await auditOf(commandsIn(folder).run, 'ledger')).verdict).toBe('FAIL')
})

test('batches that run out of memory are split, and all of their requests are served', async (context) => {
  needLimits(context)
  const scenario = bursts('    memory: { allocator: bfc, out_of_memory: [split] }\n')
  const replay = await replayed('split', scenario, { profile: profileOf(scenario) })
  const { counts } = replay.result.classes[0]!
  expect(counts.served).toBe(counts.arrived)
  expect(replay.result.warnings.join()).toMatch(/ran out of memory/)
  // the lines that ONNX Runtime prints about it stay in its process
  expect(replay.stderr).not.toMatch(/Failed to allocate/)
})
