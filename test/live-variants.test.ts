import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { resultSchema, type Variants, variantsSchema } from '../sim/documents/index.ts'
import { auditOf } from './live-audit.ts'
import { madeUpProfile } from './profiles.ts'
import { changed, QUICK, TINY } from './scenarios.ts'
import { commandsIn, put, readJson, temporaryFolder } from './spillway.ts'
import { expectExitBy } from './verdict-exit.ts'

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
    const [profile, quantised] = [madeUpProfile(TINY), madeUpProfile(int8)]
    const models = [...profile.models, ...quantised.models]
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
    expect(slice_ms).toBe(750)
    expect(blocks).toBeGreaterThanOrEqual(1)
    expect(ratios).toHaveLength(6)
  })
})

test('replays far below and above what a machine serves are stable and overloaded', async () => {
  // 28 million weights, which no core reads in a millisecond
  const wide = changed(QUICK, ['layers: 2, width: 64', 'layers: 12, width: 1536'])
  const alone = changed(wide, [/\n.*batching:.*/, ''])
  const states = []
  for (const [name, scenario] of [
    ['below', QUICK],
    ['above', changed(alone, ['rate_rps: 300', 'rate_rps: 1000'])],
  ] as const) {
    put(folder, `${name}.yaml`, scenario)
    put(folder, `${name}.json`, JSON.stringify(madeUpProfile(scenario)))
    const args = ['--profile', `${name}.json`, '--replays', '1', '--out', name, '--json']
    const ended = await run('replay', `${name}.yaml`, ...args)
    const result = resultSchema.parse(readJson(join(folder, name, 'measured.json')))
    expectExitBy(result, ended)
    states.push(result.stability)
  }
  // a busy machine may leave the short one undecided
  expect(['STABLE', 'UNDECIDED'], states[0]!.reason).toContain(states[0]!.state)
  expect(states[1]!.state, states[1]!.reason).toBe('OVERLOADED')
  const learnt = await run('calibrate', 'above.yaml', '--from', 'above', '--out', 'learnt')
  expect(learnt.code).toBe(6)
  expect(learnt.stderr).toContain('its replays were overloaded')
})
