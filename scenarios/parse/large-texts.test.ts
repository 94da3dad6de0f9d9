import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { changed } from '../../test/scenarios.ts'
import type { Failure } from '../failure.ts'
import { loadScenario } from '../load/load.ts'
import { parseScenario } from './parse.ts'

/** Each of these texts took from 12 s to hours; faster ones still took gigabytes of memory. */
const HANG_MS = 10_000

const BASE = `spillway: 1
name: base
duration_s: 60
models: { m: { work: { law: constant, ms: 1 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 1 } }]
pools: [{ name: p, model: m }]
`

function problemsOf(text: string, set: readonly string[] = []): readonly string[] {
  try {
    parseScenario(text, { file: 's.yaml', set })
    return []
  } catch (error) {
    return (error as Failure).problems
  }
}

const lines = (n: number, line: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => `${line(i)}\n`).join('')

describe('large texts end soon', { timeout: HANG_MS }, () => {
  test('thousands of aliases', () => {
    const aliases = `${BASE}description: &text all alike\nextra: [${'*text, '.repeat(20_000)}]\n`
    expect(problemsOf(aliases)).toEqual([
      expect.stringMatching(/extra: unknown key; expected one of .*/),
    ])
    const anchors = Array.from({ length: 10_000 }, (_, i) => `&a${i} x, *a${i}`).join(', ')
    expect(problemsOf(`${BASE}extra: [${anchors}]\n`)).toHaveLength(1)
  })

  test('unknown keys, with the first hundred shown', () => {
    const problems = problemsOf(BASE + lines(40_000, (i) => `key${i}: 1`))
    expect(problems).toHaveLength(101)
    expect(problems[99]).toMatch(/^s\.yaml:106:1 key99: unknown key; expected one of /)
    expect(problems[100]).toBe('… and 39900 more')
  })

  test('one key many times', () => {
    const problems = problemsOf(BASE + 'name: again\n'.repeat(30_000))
    expect(problems).toHaveLength(101)
    expect(problems[0]).toBe('s.yaml:7:1: expected each key once, got "name" again')
  })

  test.each(['[', '{', '- ', '? ', 'a: - ', '{ a: ', '[ &a '])('nesting by %j', (sign) => {
    expect(problemsOf(`${BASE}x:\n ${sign.repeat(3_900_000 / sign.length)}`)).toEqual([
      expect.stringMatching(
        /expected (at most 50 levels of nesting, got more|valid YAML|a smaller document)/,
      ),
    ])
  })

  test.each([']', '{}', '[]\n', '- 1\n', '# no\n', '&a\n', '"\n', '---\n', '*a ', '\t', '|\n'])(
    'millions of %j',
    (sign) => {
      const problems = problemsOf(sign.repeat(Math.floor(3_900_000 / sign.length)))
      expect(problems.length).toBeGreaterThan(0)
      expect(problems.length).toBeLessThanOrEqual(101)
    },
  )

  test('an override with thousands of steps', () => {
    const [problem, ...others] = problemsOf(BASE, [`${'a.'.repeat(2000)}a=1`])
    expect(others).toEqual([])
    expect(problem).toMatch(/^--set a\.a\..*…: expected path=value, got "a\.a/)
    expect(problem!.length).toBeLessThan(400)
  })

  test('an override with a value of brackets', () => {
    expect(problemsOf(BASE, [`x=${'['.repeat(100_000)}`])).toEqual([
      expect.stringContaining('expected at most 50 levels of nesting, got more'),
    ])
  })
})

describe('aliases', () => {
  test('mean the last value before them that has the anchor', () => {
    const text = changed(
      BASE,
      ['rate_rps: 1', 'rate_rps: *rate'],
      ['duration_s: 60', 'warmup_s: &rate 3\nduration_s: &rate 60'],
    )
    const { scenario } = parseScenario(text, { file: 's.yaml' })
    expect(scenario.traffic[0]!.arrivals).toMatchObject({ rate_rps: 60 })
  })

  test('that contain themselves, or grow without end, are refused once', () => {
    const grown = lines(9, (i) => `  - &l${i + 1} [${`*l${i},`.repeat(9)}]`)
    for (const text of ['x: &a [*a]\n', `x:\n  - &l0 [1]\n${grown}`]) {
      const [problem, ...others] = problemsOf(BASE + text).filter(
        (message) => !/unknown key/.test(message),
      )
      expect(others).toEqual([])
      expect(problem).toMatch(/expected a smaller document, got more than 50000 values, or deeper/)
    }
  })
})

describe('a chain of files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-chain-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  const chain = (files: number) => {
    writeFileSync(join(folder, '0.yaml'), BASE)
    for (let i = 1; i < files; i++) {
      writeFileSync(join(folder, `${i}.yaml`), `extends: ${i - 1}.yaml\nwarmup_s: ${i}\n`)
    }
    return loadScenario(join(folder, `${files - 1}.yaml`))
  }

  test('of 32 is followed, a longer chain is refused', async () => {
    expect((await chain(32)).scenario.warmup_s).toBe(31)
    await expect(chain(2000)).rejects.toThrow(
      /1968\.yaml:1:10 extends: expected a scenario file, got "1967\.yaml": more than 32 files/,
    )
  })

  test('of more than 16 MB is refused', async () => {
    writeFileSync(join(folder, '0.yaml'), BASE)
    const filler = '#'.repeat(3_900_000)
    for (let i = 1; i < 6; i++) {
      writeFileSync(join(folder, `${i}.yaml`), `extends: ${i - 1}.yaml\n${filler}\n`)
    }
    await expect(loadScenario(join(folder, '5.yaml'))).rejects.toThrow(
      /got "1\.yaml": more than 16 MB, with the files that extend it/,
    )
  })

  test('with a file of more than 16 MB is refused before reading', async () => {
    const path = join(folder, 'large.yaml')
    writeFileSync(path, BASE + '#'.repeat(16_000_001))
    await expect(loadScenario(path)).rejects.toThrow(/MB, more than the 16 MB that are read/)
  })
})

describe('numbers', () => {
  test.each([
    ['duration_s=1e-300', 'expected a number of at least 1e-9, got 1e-300'],
    ['traffic.web.arrivals.rate_rps=5e-324', 'expected a number of at least 1e-9, got 5e-324'],
    ['traffic.web.arrivals.rate_rps=0', 'expected a number above 0, got 0'],
    ['seed=9007199254740993', 'expected a number of at most 9007199254740991'],
    [
      'traffic.web.arrivals={ process: poisson, schedule: [{ at_s: 0, rate_rps: 1e-300 }] }',
      'expected 0 or a number of at least 1e-9, got 1e-300',
    ],
  ])('%s is refused', (set, text) => {
    expect(problemsOf(BASE, [set])).toEqual([expect.stringContaining(text)])
  })
})
