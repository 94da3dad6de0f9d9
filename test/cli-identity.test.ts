import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Result } from '../sim/documents/index.ts'
import { madeUpProfile } from './profiles.ts'
import { changed, DECLARED, TINY } from './scenarios.ts'
import { commandsIn, type Ended, put, temporaryFolder } from './spillway.ts'
import { expectExitBy } from './verdict-exit.ts'

/** The same scenario, seed and version give the same bytes in any process, by any threads. */

const folder = temporaryFolder()
const { run, runProcess } = commandsIn(folder)

put(folder, 'declared.yaml', DECLARED)
// a queue that has no more than 15 requests of 8 ms seldom keeps one for 200 ms
put(folder, 'bounded.yaml', changed(DECLARED, ['timeout_ms: 200', 'timeout_ms: 80']))
put(folder, 'tiny.yaml', TINY)
put(folder, 'profile.json', JSON.stringify(madeUpProfile(TINY)))

async function simulated(scenario: string, ...args: string[]): Promise<string> {
  return printed(await run(...words(scenario, args)))
}

const words = (scenario: string, args: readonly string[]) => [
  ...['simulate', scenario, '--json', '--replications', '5'],
  ...args,
]

function printed(ended: Ended): string {
  expectExitBy(parsed(ended.stdout), ended)
  return ended.stdout
}

const parsed = (text: string) => JSON.parse(text) as Result

describe.each([
  ['declared work', 'declared.yaml', []],
  ['work under a profile', 'tiny.yaml', ['--profile', 'profile.json']],
])('%s', (_, scenario, args) => {
  test('is simulated to the same bytes again, by any number of threads', async () => {
    const first = await simulated(scenario, ...args)
    const { classes, runs } = parsed(first)
    expect(runs).toBe(5)
    expect(classes[0]!.counts.served).toBeGreaterThan(1000)
    expect(await simulated(scenario, ...args)).toBe(first)
    expect(printed(await runProcess(...words(scenario, args)))).toBe(first)
    for (const workers of ['1', '2', '3']) {
      expect(await simulated(scenario, ...args, '--workers', workers)).toBe(first)
    }
  })

  test('differs under another seed only in what depends on the seed', async () => {
    const first = parsed(await simulated(scenario, ...args))
    const reseeded = parsed(await simulated(scenario, ...args, '--seed', '12'))
    expect(reseeded.seed).toBe(12)
    expect(reseeded.requests).not.toBe(first.requests)
    expect(reseeded.classes).not.toEqual(first.classes)
    expect(reseeded.pools.map(({ capacity_rps: rps }) => rps)).toHaveLength(first.pools.length)
    expect(reseeded.profile).toEqual(first.profile)
  })
})

test('--seed and --set seed= are equivalent', async () => {
  const first = await simulated('declared.yaml', '--seed', '12')
  expect(await simulated('declared.yaml', '--set', 'seed=12')).toBe(first)
})

test('every surge, time-out and bound of the scenario is reached', async () => {
  const { classes, pools } = parsed(await simulated('bounded.yaml'))
  const total = (key: 'arrived' | 'served' | 'shed' | 'timed_out' | 'abandoned') =>
    classes.reduce((sum, { counts }) => sum + counts[key], 0)
  for (const key of ['served', 'shed', 'timed_out', 'abandoned'] as const) {
    expect(total(key), key).toBeGreaterThan(0)
  }
  for (const { counts } of [...classes, ...pools]) {
    const { arrived, ...ends } = counts
    expect(Object.values(ends).reduce((sum, n) => sum + n)).toBe(arrived)
  }
})

describe('requests', () => {
  test('that are exported and read again give the identical result', async () => {
    const exported = await run('requests', 'declared.yaml', '--out', 'out')
    const { count, hash } = JSON.parse(exported.stdout) as { count: number; hash: string }
    const text = readFileSync(join(folder, 'out/requests.jsonl'), 'utf8')
    expect(text.trimEnd().split('\n')).toHaveLength(count)
    expect((await runProcess('requests', 'declared.yaml')).stdout).toBe(text)

    const generated = await run('simulate', 'declared.yaml', '--json', '--replications', '1')
    const args = ['--json', '--replications', '1', '--requests', 'out/requests.jsonl']
    const fromFile = await run('simulate', 'declared.yaml', ...args)
    expect(parsed(fromFile.stdout).requests).toBe(hash)
    expect(fromFile.stdout).toBe(generated.stdout)
  })

  test('differ under another seed', async () => {
    const hash = async (...args: string[]) =>
      JSON.parse((await run('requests', 'declared.yaml', '--json', ...args)).stdout) as Result
    expect(await hash('--seed', '12')).not.toEqual(await hash())
    expect(await hash()).toEqual(await hash('--seed', '11'))
  })
})
