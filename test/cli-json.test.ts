import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Noise } from '../sim/documents/index.ts'
import { printedDocuments } from './printed-documents.ts'
import { madeUpProfile } from './profiles.ts'
import { DECLARED, TINY } from './scenarios.ts'
import { commandsIn, filesIn, put, ROOT, readJson, temporaryFolder } from './spillway.ts'
import { expectExitBy } from './verdict-exit.ts'

/**
 * Output for scripts: one document on stdout and nothing else (`live-json.test.ts` has commands
 * that measure); and `--help` for authors of scripts.
 */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const { documentOf, published } = printedDocuments(run)

put(folder, 'tiny.yaml', TINY)
// the place where calibrate writes
mkdirSync(join(folder, 'cache'))
put(folder, 'cache/profile.json', JSON.stringify(madeUpProfile(TINY)))

describe('--json', () => {
  test('simulate prints a result, the same that --out writes', async () => {
    const isResult = await published('result')
    const result = await documentOf('simulate', 'tiny.yaml', '--out', 'simulated')
    isResult(result)
    expect(result).toMatchObject({ document: 'spillway-result', world: 'simulated', runs: 10 })
    expect(readJson(join(folder, 'simulated/simulated.json'))).toEqual(result)
    expect(filesIn(join(folder, 'simulated'))).toEqual(['report.html', 'simulated.json'])
  })

  test('plan prints a plan, the same that --out writes beside its page', async () => {
    const isPlan = await published('plan')
    put(folder, 'declared.yaml', DECLARED)
    const prices = [0, 1].flatMap((i) => ['--set', `pools.${i}.price_usd_per_hour=2`])
    const set = ['--set', 'pools.0.replicas=1,2', ...prices]
    const plan = await documentOf('plan', 'declared.yaml', ...set, '--out', 'planned')
    isPlan(plan)
    expect(plan).toMatchObject({ document: 'spillway-plan', cost_unit: 'usd_per_hour' })
    expect(readJson(join(folder, 'planned/plan.json'))).toEqual(plan)
    expect(filesIn(join(folder, 'planned'))).toEqual(['plan.json', 'report.html'])
  })

  test('requests prints the number and the hash of requests', async () => {
    const requests = await documentOf('requests', 'tiny.yaml')
    expect(requests).toEqual({
      count: expect.any(Number),
      hash: expect.stringMatching(/^[0-9a-f]+$/),
    })
  })

  test('models build prints the built file', async () => {
    const { models } = (await documentOf('models', 'build', 'mlp', '--out', 'models')) as {
      models: { path: string }[]
    }
    expect(models.map(({ path }) => path)).toEqual([
      expect.stringMatching(/^models\/mlp-.*\.onnx$/),
    ])
    // the file and its checksum
    expect(filesIn(join(folder, 'models'))).toHaveLength(2)
  })

  test('doctor prints the working providers, which include cpu', async () => {
    expect(await documentOf('doctor')).toMatchObject({
      host: { node: process.version },
      providers: [{ provider: 'cpu', ok: true }, { provider: 'webgpu' }, { provider: 'cuda' }],
    })
    // warnings of libraries are not printed
    expect((await run('doctor')).stderr).toBe('')
  })

  test('doctor --noise prints what its spinning threads met, and what can be decided', async () => {
    const isNoise = await published('noise')
    const noise = (await documentOf('doctor', '--noise', '1')) as Noise
    isNoise(noise)
    expect(() => isNoise({ ...noise, threads: [{ role: 'executor' }] })).toThrow()
    expect(noise).toMatchObject({ document: 'spillway-noise', seconds: 1 })
    const roles = noise.threads.map(({ role }) => role)
    expect(roles).toEqual(Array.from(roles, (_, i) => (i === 0 ? 'dispatcher' : 'executor')))
    for (const { kernel } of noise.threads) expect(kernel.by_second_ms.length).toBeGreaterThan(0)
    expect(noise.decisions.map(({ service_ms }) => service_ms)).toEqual([0.5, 2, 10, 50])
    for (const { share, share_at_least, share_at_most } of noise.decisions) {
      expect(share).toBeGreaterThanOrEqual(share_at_least)
      expect(share).toBeLessThanOrEqual(share_at_most)
    }
  })

  test('doctor --client prints how late its client was, and whether a replay with it counts', async () => {
    const parts = ['sent_late', 'answered', 'taken_late'] as const
    type Figures = { readonly p50_ms: number; readonly p99_ms: number; readonly longest_ms: number }
    const client = (await documentOf('doctor', '--client', '200', '--seconds', '1')) as Record<
      (typeof parts)[number],
      Figures
    > & { readonly requests: number }
    expect(client).toMatchObject({ rate_rps: 200, seconds: 1, failed: 0 })
    expect(client.requests).toBeGreaterThan(100)
    expect(client).toHaveProperty('not_counted')
    for (const part of parts) {
      const { p50_ms, p99_ms, longest_ms } = client[part]
      expect(p50_ms).toBeGreaterThan(0)
      expect(p50_ms).toBeLessThanOrEqual(p99_ms)
      expect(p99_ms).toBeLessThanOrEqual(longest_ms)
    }
  })

  test('init prints the file it wrote, and the schema command the same schema', async () => {
    mkdirSync(join(folder, 'sub'))
    const written = ['sub/mine.yaml', 'sub/scenario.schema.json']
    expect(await documentOf('init', 'sub/mine.yaml')).toEqual({ written })
    const schema = readJson(join(folder, 'sub/scenario.schema.json'))
    expect(await documentOf('schema')).toEqual(schema)
  })
})

describe('first steps', () => {
  const reference = join(ROOT, 'scenarios/profiles/reference.json')

  test('the scenario of init can be simulated at once, with the profile that ships', async (context) => {
    if (!existsSync(reference)) context.skip('scenarios/profiles/reference.json does not exist')
    const fresh = commandsIn(temporaryFolder())
    expect(await fresh.run('init')).toMatchObject({ code: 0, stderr: '' })
    const ended = await fresh.run('simulate', 'scenario.yaml', '--out', 'out')
    expectExitBy(readJson(join(fresh.folder, 'out/simulated.json')), ended)
    expect(ended.stdout).toContain('starter')
  })
})

describe('--help', () => {
  const commands = [
    'run',
    'simulate',
    'plan',
    'calibrate',
    'replay',
    'compare',
    'report',
    'requests',
  ].concat(
    'worker',
    'sweep',
    'merge',
    'query',
    'gate',
    'audit',
    'timeline',
    'models',
    'accelerators',
    'fit',
    'schema',
    'init',
    'doctor',
  )

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
