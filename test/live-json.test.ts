import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { idleSchema } from '../sim/documents/index.ts'
import { printedDocuments } from './printed-documents.ts'
import { QUICK } from './scenarios.ts'
import { commandsIn, put, readJson, temporaryFolder } from './spillway.ts'

/** Output of measuring commands for scripts: one document on stdout and nothing else. */

const folder = temporaryFolder()
const { documentOf, published } = printedDocuments(commandsIn(folder).run)

put(folder, 'tiny.yaml', QUICK)

let profile: unknown
beforeAll(async () => {
  profile = await documentOf('calibrate', 'tiny.yaml', '--seconds', '1')
})

test('calibrate prints the profile that it keeps', async () => {
  const isProfile = await published('profile')
  isProfile(profile)
  expect(readJson(join(folder, 'cache/profile.json'))).toEqual(profile)
  expect(() => isProfile({ ...(profile as object), format: 1 })).toThrow()
})

test('replay prints a result, and compare a comparison of that replay', async () => {
  const result = await documentOf('replay', 'tiny.yaml', '--replays', '2', '--out', 'replayed')
  ;(await published('result'))(result)
  expect(result).toMatchObject({ document: 'spillway-result', world: 'measured', runs: 2 })
  expect(readJson(join(folder, 'replayed/measured.json'))).toEqual(result)

  const comparison = await documentOf('compare', 'replayed', '--replications', '10')
  ;(await published('comparison'))(comparison)
  expect(comparison).toMatchObject({ document: 'spillway-comparison', replays: 2 })
  const command = 'spillway compare replayed --replications 10 --json'
  expect(comparison).toMatchObject({ command })

  const report = await documentOf('report', 'replayed', '--charts', 'svg')
  const { written } = z.strictObject({ written: z.array(z.string()).min(2) }).parse(report)
  expect(written.filter((path) => !existsSync(join(folder, path)))).toEqual([])
})

test('doctor --idle prints what idle time costs the executors of a scenario', async () => {
  const idle = await documentOf('doctor', '--idle', 'tiny.yaml', '--seconds', '1')
  ;(await published('idle'))(idle)
  const { shapes } = idleSchema.parse(idle)
  expect(shapes[0]).toMatchObject({ pool: 'central', size: 1, length: 1 })
  for (const { after, back_to_back_ms } of shapes) {
    expect(back_to_back_ms).toBeGreaterThan(0)
    expect(after.slice(0, 4).map(({ idle_ms }) => idle_ms)).toEqual([0.1, 0.5, 1, 2])
    for (const { factor, low, high, passes, busy } of after) {
      expect(passes).toBeGreaterThanOrEqual(2)
      expect(busy).toBeLessThan(1)
      expect(low).toBeLessThanOrEqual(factor)
      expect(factor).toBeLessThanOrEqual(high!)
    }
  }
})

test('run prints its comparison', async () => {
  const profileOption = ['--profile', 'cache/profile.json']
  const once = ['--rehearsals', '1', '--replays', '1']
  const quick = [...once, '--replications', '10', '--out', 'whole']
  const comparison = await documentOf('run', 'tiny.yaml', ...profileOption, ...quick)
  ;(await published('comparison'))(comparison)
  expect(readJson(join(folder, 'whole/comparison.json'))).toEqual(comparison)
})
