import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { resultSchema, type Variants, variantsSchema } from '../sim/documents/index.ts'
import { auditOf } from './live-audit.ts'
import { madeUpProfile } from './profiles.ts'
import { changed, TINY } from './scenarios.ts'
import { commandsIn, put, readJson, temporaryFolder } from './spillway.ts'

/** Variants and overload in real sessions; nothing here depends on the speed of the machine. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const PROFILE = ['--profile', 'profile.json']

const VARIANTS = `${TINY}variants:
  fp32: {}
  int8: { pools.central.precision: int8 }
  same: { pools.central.batching.max_batch: 8 }
`

describe('replayed variants', () => {
  let document: Variants
  beforeAll(async () => {
    const int8 = changed(TINY, ['    model: mlp', '    model: mlp\n    precision: int8'])
    const [profile, other] = [madeUpProfile(TINY), madeUpProfile(int8)]
    const models = [...profile.models, ...other.models]
    put(folder, 'profile.json', JSON.stringify({ ...profile, models }))
    put(folder, 'variants.yaml', VARIANTS)
    const args = ['--replay', '--replays', '2', '--replications', '2', '--out', 'out', '--json']
    const ended = await run('variants', 'variants.yaml', ...PROFILE, ...args)
    expect(ended.code, ended.stderr).toBe(0)
    document = variantsSchema.parse(JSON.parse(ended.stdout))
  })

  test('have the same requests, keep every rule, and leave folders that can be audited', async () => {
    const { variants, audit, replays } = document.measured!
    expect(replays).toBe(2)
    expect(new Set(variants.map(({ requests }) => requests)).size).toBe(1)
    expect(audit.verdict, audit.reason).toBe('PASS')
    for (const { name } of variants) {
      const { runs, verdict } = await auditOf(run, join('out', name))
      expect([runs.length, verdict]).toEqual([2, 'PASS'])
    }
  })

  test('have outputs near those of the first, and the same where the model is', () => {
    const [int8, same] = document.measured!.output_drift
    expect(same).toMatchObject({ variant: 'same', inputs: 64, top1: 1, reason: null })
    expect(same!.cosine_least).toBeCloseTo(1, 12)
    expect(int8!.cosine_mean!).toBeGreaterThan(0.9)
    expect(int8!.cosine_mean!).toBeLessThan(1 - 1e-9)
  })

  test('have ratios of latencies by blocks of slices', () => {
    const { ratios, slice_ms, blocks } = document.measured!
    expect(slice_ms).toBe(1500)
    expect(blocks).toBeGreaterThanOrEqual(1)
    expect(ratios).toHaveLength(6)
  })
})

test('an idle replay is stable, and one that gets more than a machine can serve is overloaded', async () => {
  // a width of 2048 takes at least a millisecond on any machine: 16 layers of 4 million products
  const wide = changed(
    TINY,
    ['layers: 2, width: 64', 'layers: 16, width: 2048'],
    ['    batching: { policy: dynamic, max_batch: 4, max_delay_ms: 1 }\n', ''],
  )
  const states = []
  for (const rate of ['5', '2000']) {
    const scenario = changed(wide, ['rate_rps: 150', `rate_rps: ${rate}`])
    put(folder, 'wide.yaml', scenario)
    put(folder, 'wide.json', JSON.stringify(madeUpProfile(scenario)))
    const args = ['--profile', 'wide.json', '--replays', '1', '--out', `at-${rate}`, '--json']
    const ended = await run('replay', 'wide.yaml', ...args)
    expect([0, 4, 5], ended.stderr).toContain(ended.code)
    states.push(resultSchema.parse(readJson(join(folder, `at-${rate}/measured.json`))).stability)
  }
  expect(states[0]!.state, states[0]!.reason).not.toBe('OVERLOADED')
  expect(states[1]!.state, states[1]!.reason).toBe('OVERLOADED')
  const learnt = await run('calibrate', 'wide.yaml', '--from', 'at-2000', '--out', 'learnt')
  expect(learnt.code).toBe(6)
  expect(learnt.stderr).toContain('its replays were overloaded')
})
