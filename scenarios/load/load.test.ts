import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { changed } from '../../test/scenarios.ts'
import type { Failure } from '../failure.ts'
import { parseScenario } from '../parse/parse.ts'
import { loadScenario } from './load.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-extend-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(file: string, text: string): string {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

async function problemsOf(path: string): Promise<string[]> {
  const failure = await loadScenario(path).then(
    () => ({ problems: [] }),
    (error: Failure) => error,
  )
  return failure.problems.map((text) => text.replaceAll(`${folder}/`, ''))
}

const BASE = `spillway: 1
name: base
duration_s: 60
models:
  net: { onnx: nets/a.onnx, inputs: { x: { shape: [batch, length] } } }
traffic:
  - class: web
    arrivals: { process: trace, file: web.csv, format: azure-llm }
  - class: bulk
    arrivals: { process: poisson, rate_rps: 40 }
slo: { web: ["goodput > 99%", "p(99) latency_ms < 10"] }
pools:
  - name: central
    model: net
    replicas: 2
    batching: { policy: dynamic, max_batch: 8, preferred: [2, 4] }
`

describe('extends', () => {
  test('maps merge, entries of lists merge by name, other lists replace, null removes', async () => {
    write('base.yaml', BASE)
    const path = write(
      'child.yaml',
      `extends: base.yaml
name: child
traffic:
  - class: bulk
    arrivals: { rate_rps: null, load: 0.5 }
  - class: new
    arrivals: { process: poisson, rate_rps: 1 }
slo: { web: ["goodput > 98%"] }
pools: [{ name: central, batching: { preferred: [8] } }]
`,
    )
    const { scenario, directory } = await loadScenario(path)
    expect(scenario.name).toBe('child')
    expect(scenario.traffic.map((traffic) => traffic.class)).toEqual(['web', 'bulk', 'new'])
    expect(scenario.traffic[1]!.arrivals).toMatchObject({ process: 'poisson', load: 0.5 })
    expect(scenario.traffic[1]!.arrivals).not.toHaveProperty('rate_rps')
    expect(scenario.slo).toEqual({ web: ['goodput > 98%'] })
    expect(scenario.pools).toMatchObject([
      { replicas: 2, batching: { policy: 'dynamic', max_batch: 8, preferred: [8] } },
    ])
    expect(scenario).not.toHaveProperty('extends')
    expect(directory).toBe(folder)
  })

  test('a chain of files resolves to the same scenario and hash as its written-out result', async () => {
    const base = write('base.yaml', BASE)
    write('a.yaml', 'extends: base.yaml\nduration_s: 30\n')
    const path = write('b.yaml', 'extends: a.yaml\nseed: 3\n')
    const whole = await loadScenario(base, { set: ['duration_s=30'], seed: 3 })
    expect((await loadScenario(path)).hash).toBe(whole.hash)
  })

  test('paths are relative to the file that has them', async () => {
    write('base.yaml', BASE)
    const path = write('sub/child.yaml', 'extends: ../base.yaml\n')
    const { scenario } = await loadScenario(path)
    expect(scenario.models.net).toMatchObject({ onnx: '../nets/a.onnx' })
    expect(scenario.traffic[0]!.arrivals).toMatchObject({ file: '../web.csv' })
    const inputs = '{ x: { shape: [batch, length], file: x.npy } }'
    const onnx = '{ fp32: nets/a.onnx, int8: npm:own/b.onnx }'
    const net = '{ onnx: nets/a.onnx, inputs: { x: { shape: [batch, length] } } }'
    write('base.yaml', changed(BASE, [net, `{ onnx: ${onnx}, inputs: ${inputs} }`]))
    expect((await loadScenario(path)).scenario.models.net).toMatchObject({
      onnx: { fp32: '../nets/a.onnx', int8: 'npm:own/b.onnx' },
      inputs: { x: { file: '../x.npy' } },
    })
  })

  test('a problem names the file in which the value stands', async () => {
    write('base.yaml', changed(BASE, ['replicas: 2', 'replicas: 0']))
    const path = write('child.yaml', 'extends: base.yaml\nseed: -1\npools: [{ name: x }]\n')
    expect(await problemsOf(path)).toEqual([
      'child.yaml:2:7 seed: expected a whole number of at least 0, got -1',
      'child.yaml:3:9 pools.x.model: expected text, got nothing',
      'base.yaml:15:15 pools.central.replicas: expected a whole number from 1 to 1024, got 0',
    ])
  })

  test('a contradiction with an inherited value is shown in the file that adds it', async () => {
    write('base.yaml', BASE)
    const path = write(
      'child.yaml',
      'extends: base.yaml\ntraffic: [{ class: bulk, arrivals: { load: 1 } }]\n',
    )
    expect(await problemsOf(path)).toEqual([
      'child.yaml:2:38 traffic.bulk.arrivals.load: expected exactly one of rate_rps, load, schedule, got rate_rps and load; to drop what is inherited, set rate_rps: null',
    ])
  })

  test('cycles, missing files and bases that are not maps are reported at the extends', async () => {
    write('a.yaml', 'extends: b.yaml\n')
    write('b.yaml', 'name: b\nextends: a.yaml\n')
    expect(await problemsOf(join(folder, 'a.yaml'))).toEqual([
      'b.yaml:2:10 extends: expected a scenario file, got "a.yaml": it leads back to itself',
    ])
    expect(await problemsOf(write('c.yaml', 'extends: nope.yaml\n'))).toEqual([
      'c.yaml:1:10 extends: expected a scenario file, got "nope.yaml": no such file',
    ])
    expect(await problemsOf(write('c.yaml', 'extends: base\n'))).toEqual([
      'c.yaml:1:10 extends: expected a scenario file, got "base": no such file; did you mean base.yaml?',
    ])
    write('list.yaml', '- 1')
    expect(await problemsOf(write('d.yaml', 'extends: list.yaml\n'))).toEqual([
      'd.yaml:1:10 extends: expected a scenario file, got "list.yaml": it holds no map',
    ])
    write('broken.yaml', 'a: [')
    expect((await problemsOf(write('e.yaml', 'extends: broken.yaml\n')))[0]).toMatch(
      /^broken\.yaml:1:\d: expected valid YAML/,
    )
    expect(await problemsOf(write('f.yaml', 'extends: 7\n'))).toContain(
      'f.yaml:1:10 extends: expected text, got 7; write it in quotes: "7"',
    )
  })

  test('keys of a replaced kind are dropped with it, and no others', async () => {
    write(
      'gamma.yaml',
      changed(BASE, [
        'process: poisson,',
        'process: gamma, cv: 3, surges: [{ at_s: 5, factor: 2 }],',
      ]),
    )
    const path = write(
      'poisson.yaml',
      `extends: gamma.yaml
traffic: [{ class: bulk, arrivals: { process: poisson } }]
pools: [{ name: central, batching: { policy: fixed, batch: 4 } }]
`,
    )
    const { scenario } = await loadScenario(path)
    expect(scenario.traffic[1]!.arrivals).toMatchObject({
      process: 'poisson',
      rate_rps: 40,
      surges: [{ at_s: 5, factor: 2 }],
    })
    expect(scenario.traffic[1]!.arrivals).not.toHaveProperty('cv')
    expect(scenario.pools[0]!.batching).toEqual({ policy: 'fixed', batch: 4 })
    // the same on the command line, on which all is the user's own
    const overrides = ['pools.central.batching.policy=none']
    expect((await loadScenario(path, { set: overrides })).scenario.pools[0]!.batching).toEqual({
      policy: 'none',
    })
    for (const set of [
      ['pools.central.batching.batch=3', ...overrides],
      [...overrides, 'pools.central.batching.batch=3'],
    ]) {
      await expect(loadScenario(path, { set })).rejects.toThrow(
        '--set pools.central.batching.batch=3: unknown key; expected one of policy',
      )
    }
  })

  test('keys that no kind has, or that stand beside the new kind, are refused', async () => {
    write('mistyped.yaml', changed(BASE, ['rate_rps: 40', 'rate_rps: 40, rise: 3']))
    const path = write(
      'beside.yaml',
      `extends: mistyped.yaml
traffic: [{ class: bulk, arrivals: { process: deterministic, cv: 2 } }]
`,
    )
    const problems = await problemsOf(path)
    expect(problems).toHaveLength(2)
    expect(problems[0]).toMatch(/^beside\.yaml:2:\d+ traffic\.bulk\.arrivals\.cv: unknown key/)
    expect(problems[1]).toMatch(/^mistyped\.yaml:10:\d+ traffic\.bulk\.arrivals\.rise: /)
  })

  test('a text without a directory cannot extend', () => {
    expect(() => parseScenario('extends: a.yaml', { file: 'text' })).toThrow(
      'text:1:1 extends: expected a scenario that stands alone, got extends',
    )
  })

  test('a missing file, a folder and a file that is not text are reported as such', async () => {
    expect(await problemsOf(join(folder, 'x.yaml'))).toEqual([
      'x.yaml: cannot read the scenario: no such file; `spillway scenarios` lists those that ship',
    ])
    mkdirSync(join(folder, 'folder'))
    expect(await problemsOf(join(folder, 'folder'))).toEqual([
      'folder: cannot read the scenario: a folder',
    ])
    writeFileSync(join(folder, 'bytes'), Buffer.from([0xff, 0xfe, 0x00]))
    expect(await problemsOf(join(folder, 'bytes'))).toEqual([
      'bytes: cannot read the scenario: bytes that are not UTF-8',
    ])
  })
})
