import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { commandsIn, filesIn, put, ROOT, readJson, TINY, temporaryFolder } from './spillway.ts'

/**
 * What scripts rely on: one document on stdout and nothing else; and `--help` for whoever writes
 * them.
 */

const folder = temporaryFolder()
const { run } = commandsIn(folder)

put(folder, 'tiny.yaml', TINY)

/** Runs a command with --json and returns its document; a verdict may decide the exit code. */
async function documentOf(...args: string[]): Promise<unknown> {
  const ended = await run(...args, '--json')
  expect([0, 4, 5], `${args.join(' ')}: ${ended.stderr}`).toContain(ended.code)
  expect(ended.stdout.endsWith('\n')).toBe(true)
  return JSON.parse(ended.stdout)
}

/** A check by the JSON Schema that `spillway schema` publishes. */
async function published(kind: string) {
  const schema = z.fromJSONSchema((await documentOf('schema', '--document', kind)) as never)
  return (document: unknown) => {
    const { error } = schema.safeParse(document)
    expect(error?.issues ?? []).toEqual([])
  }
}

describe('--json', () => {
  let profile: unknown
  beforeAll(async () => {
    profile = await documentOf('calibrate', 'tiny.yaml', '--seconds', '3')
  }, 60_000)

  test('calibrate prints the profile that it keeps', async () => {
    const isProfile = await published('profile')
    isProfile(profile)
    expect(readJson(join(folder, 'cache/profile.json'))).toEqual(profile)
    expect(() => isProfile({ ...(profile as object), format: 2 })).toThrow()
  })

  test('simulate prints a result, the same that --out writes', async () => {
    const isResult = await published('result')
    const result = await documentOf('simulate', 'tiny.yaml', '--out', 'simulated')
    isResult(result)
    expect(result).toMatchObject({ document: 'spillway-result', world: 'simulated', runs: 10 })
    expect(readJson(join(folder, 'simulated/simulated.json'))).toEqual(result)
  })

  test('replay prints a result, and compare a comparison of what it left', async () => {
    const result = await documentOf('replay', 'tiny.yaml', '--replays', '2', '--out', 'replayed')
    ;(await published('result'))(result)
    expect(result).toMatchObject({ document: 'spillway-result', world: 'measured', runs: 2 })
    expect(readJson(join(folder, 'replayed/measured.json'))).toEqual(result)

    const comparison = await documentOf('compare', 'tiny.yaml', 'replayed', '--replications', '10')
    ;(await published('comparison'))(comparison)
    expect(comparison).toMatchObject({ document: 'spillway-comparison', replays: 2 })
    const again = 'spillway compare tiny.yaml replayed --replications 10 --json'
    expect(comparison).toMatchObject({ command: again })

    const report = await documentOf('report', 'replayed', '--svg')
    const { written } = z.strictObject({ written: z.array(z.string()).min(2) }).parse(report)
    expect(written.filter((path) => !existsSync(join(folder, path)))).toEqual([])
  })

  test('run prints its comparison', async () => {
    const profileOption = ['--profile', 'cache/profile.json']
    const quick = ['--replays', '1', '--replications', '10', '--out', 'whole']
    const comparison = await documentOf('run', 'tiny.yaml', ...profileOption, ...quick)
    ;(await published('comparison'))(comparison)
    expect(readJson(join(folder, 'whole/comparison.json'))).toEqual(comparison)
  })

  test('requests prints their number and hash', async () => {
    const requests = await documentOf('requests', 'tiny.yaml')
    expect(requests).toEqual({
      count: expect.any(Number),
      hash: expect.stringMatching(/^[0-9a-f]+$/),
    })
  })

  test('models build prints what it built', async () => {
    const { models } = (await documentOf('models', 'build', 'mlp', '--out', 'models')) as {
      models: { path: string }[]
    }
    expect(models.map(({ path }) => path)).toEqual([
      expect.stringMatching(/^models\/mlp-.*\.onnx$/),
    ])
    expect(filesIn(join(folder, 'models'))).toHaveLength(1)
  })

  test('doctor prints what works, and cpu always does', async () => {
    expect(await documentOf('doctor')).toMatchObject({
      host: { node: process.version },
      providers: [{ provider: 'cpu', ok: true }, { provider: 'webgpu' }, { provider: 'cuda' }],
    })
  })

  test('init prints what it wrote, and the schema command the same schema', async () => {
    const written = ['sub/mine.yaml', 'sub/scenario.schema.json']
    expect(await documentOf('init', 'sub/mine.yaml')).toEqual({ written })
    const schema = readJson(join(folder, 'sub/scenario.schema.json'))
    expect(await documentOf('schema')).toEqual(schema)
  })
})

describe('first steps', () => {
  const reference = join(ROOT, 'scenarios/profiles/reference.json')

  test('what init writes can be simulated at once, with the profile that ships', async (context) => {
    if (!existsSync(reference)) context.skip('scenarios/profiles/reference.json does not exist')
    const fresh = commandsIn(temporaryFolder())
    expect(await fresh.run('init')).toMatchObject({ code: 0, stderr: '' })
    const ended = await fresh.run('simulate', 'scenario.yaml')
    expect([0, 4], ended.stderr).toContain(ended.code)
    expect(ended.stdout).toContain('starter')
  })
})

describe('--help', () => {
  const commands = [
    'run',
    'simulate',
    'calibrate',
    'replay',
    'compare',
    'report',
    'requests',
  ].concat('audit', 'models', 'schema', 'init', 'doctor')

  test.each(commands)('of %s shows its options and an example', async (name) => {
    const words = name === 'models' ? [name, 'build'] : [name]
    const ended = await run(...words, '--help')
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toContain(`Usage: spillway ${words.join(' ')}`)
    expect(ended.stdout).toContain('--json')
    expect(ended.stdout).toMatch(new RegExp(`Examples?:\\n\\s+\\$ spillway ${words.join(' ')}`))
  })

  test('the program lists every command', async () => {
    const ended = await run('--help')
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    for (const name of commands) expect(ended.stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    expect(ended.stdout).toContain('Exit codes:')
  })

  test('--version is that of package.json', async () => {
    const { version } = readJson(join(ROOT, 'package.json')) as { version: string }
    expect(await run('--version')).toMatchObject({ code: 0, stdout: `${version}\n` })
  })
})
