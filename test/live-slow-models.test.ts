import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Profile, profileSchema } from '../sim/world/index.ts'
import { madeUpProfile } from './profiles.ts'
import { changed, QUICK } from './scenarios.ts'
import { commandsIn, type Ended, put, temporaryFolder } from './spillway.ts'
import { needVulkan } from './vulkan.ts'

/** Models that are slow for the time that they are given, and what their progress shows. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)

const ENCODER = changed(
  QUICK,
  [
    'mlp: { builtin: mlp, layers: 2, width: 64 }',
    'mlp: { builtin: transformer-encoder, layers: 1, hidden: 64, heads: 4, vocabulary: 64 }',
  ],
  [
    'rate_rps: 300 }',
    'rate_rps: 100 }\n    input_tokens: { distribution: uniform, min: 8, max: 64 }',
  ],
)
put(folder, 'encoder.yaml', ENCODER)
put(folder, 'encoder.json', JSON.stringify(madeUpProfile(ENCODER)))

const linesOf = ({ stderr }: Ended) => stderr.trimEnd().split('\n')
/** Phases without their shares, each once where it was shown several times in a row. */
const phasesOf = (ended: Ended) =>
  linesOf(ended)
    .flatMap((line) => /^(?:transformer.*: )?([^:]+) …( \d+ %)?$/.exec(line)?.[1] ?? [])
    .filter((phase, i, phases) => phase !== phases[i - 1])

/** Rehearsals would take the time of the scenario, and further occasions have their own phases. */
const alone = ['--rehearsals', '0', '--occasions', '1']

const calibrate = async (seconds: string): Promise<{ ended: Ended; profile: Profile }> => {
  const ended = await run('calibrate', 'encoder.yaml', ...alone, '--seconds', seconds, '--json')
  expect(ended.code, ended.stderr).toBe(0)
  return { ended, profile: profileSchema.parse(JSON.parse(ended.stdout)) }
}

test('a model that is too slow for its time is measured at its extreme shapes, which is said', async () => {
  // no machine runs a shape in the thousandth part of a ms
  const { ended, profile } = await calibrate('0.00001')
  const { sizes, lengths, ms } = profile.models[0]!.work
  expect([sizes, lengths]).toEqual([
    [1, 4],
    [8, 64],
  ])
  expect(ms.flat().every((time) => time > 0)).toBe(true)
  const warnings = linesOf(ended).filter((line) => line.startsWith('warning: '))
  expect(warnings).toEqual([
    expect.stringMatching(
      /too slow for its time: only batches of 1, 4 at lengths 8, 64 are measured/,
    ),
  ])
  expect(warnings[0]).toMatch(/all shapes take about --seconds \d+$/)
})

test('--strict keeps no profile whose times between shapes cannot be checked', async () => {
  const args = ['--seconds', '0.00001', '--strict', '--out', 'strict']
  const ended = await run('calibrate', 'encoder.yaml', ...alone, ...args)
  expect(ended.code, ended.stderr).toBe(5)
  expect(ended.stderr).toMatch(
    /only batches of 1, 4 at lengths 8, 64 are measured, and none of them can be checked by the others/,
  )
  expect(existsSync(join(folder, 'strict/profile.json'))).toBe(false)
})

test('progress names the phases in order, and warms up once', async () => {
  const { ended } = await calibrate('2')
  expect(phasesOf(ended)).toEqual([
    'opening models',
    'warming up',
    'single batches',
    'machine speed',
  ])
  const args = ['--profile', 'encoder.json', '--replays', '3', '--json']
  const replayed = await run('replay', 'encoder.yaml', ...args)
  expect(replayed.code, replayed.stderr).toBe(0)
  expect(phasesOf(replayed)).toEqual([
    'opening models',
    'warming up shapes of pool central',
    'warming up loops',
    ...[1, 2, 3].map((i) => `replay ${i} of 3`),
  ])
})

test('lines that libraries print in a process of a model stay out of the terminal', async (context) => {
  needVulkan(context)
  const onWebgpu = changed(ENCODER, ['model: mlp', 'model: mlp\n    execution_provider: webgpu'])
  put(folder, 'webgpu.yaml', onWebgpu)
  const ended = await run('calibrate', 'webgpu.yaml', ...alone, '--seconds', '0.1', '--json')
  expect(ended.code, ended.stderr).toBe(0)
  expect(() => profileSchema.parse(JSON.parse(ended.stdout))).not.toThrow()
  const expected = / …( \d+ %)?$|^warning: transformer-encoder/
  expect(linesOf(ended).filter((line) => !expected.test(line))).toEqual([])
})
