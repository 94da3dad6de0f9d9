import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import onnxProto from 'onnx-proto'
import { describe, expect, test } from 'vitest'
import type { Result } from '../sim/documents/index.ts'
import { madeUpProfile } from './profiles.ts'
import { changed, DECLARED, ENCODER, MEASURED, TINY } from './scenarios.ts'
import {
  commandsIn,
  type Ended,
  expectRefusal,
  filesIn,
  put,
  readJson,
  temporaryFolder,
} from './spillway.ts'
import { expectExitBy, expectExitByText } from './verdict-exit.ts'

/** Output to a terminal contains no character that affects it, whatever its source. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)

/**
 * Colours, a title, C1, DEL, an override, isolates, marks, line separators; commands to a runner of
 * continuous integration, where a line begins and inside of one.
 */
const EVIL =
  '\u001b[31mred\u001b]0;t\u0007\u009b2J\u007f\u202eevil\u2066\u200f\u061c\u2028\ufeff' +
  '##[error]x\n::warning::y\n \u00a0::error::z'

put(folder, 'tiny.yaml', TINY)
put(folder, 'declared.yaml', DECLARED)
put(folder, 'bert.yaml', ENCODER)

function expectSafe({ stdout, stderr }: Ended): void {
  expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  // what would be a command, also as it is shown where it is not taken for one
  expect(stdout + stderr).not.toMatch(/^\s*(:|\\u\{3a\}):|##\[/m)
}

describe('a terminal gets foreign text without control characters', () => {
  const quoted = JSON.stringify(EVIL)
  const csv = `process: trace, file: rows.csv, format: csv, time_unit: s, columns: { time: ${quoted} }`
  const scenarios = {
    'a key': `${DECLARED}${quoted}: 1\n`,
    'a name': changed(DECLARED, ['name: declared', `name: ${quoted}`]),
    'a class': changed(DECLARED, ['class: web', `class: ${quoted}`]),
    'a tag': changed(DECLARED, ['name: declared', 'name: !<\u202etag\u009b31m> x']),
    'an alias': changed(DECLARED, ['name: declared', 'name: *\u202ealias\u009b']),
    'an objective': changed(DECLARED, ['p(95) latency_ms', EVIL.replaceAll('\u001b', '\\e')]),
    'a file': changed(TINY, ['process: poisson, rate_rps: 150', csv.replace('rows.csv', quoted)]),
    'what it extends': `extends: ${quoted}\n`,
    'a column': changed(TINY, ['process: poisson, rate_rps: 150', csv]),
  }
  put(folder, 'rows.csv', 'a\u202e\u009b,b\n1,2\n')

  test.each(Object.entries(scenarios))('%s of a scenario', async (_, text) => {
    put(folder, 'evil.yaml', text)
    const ended = await run('simulate', 'evil.yaml')
    expectRefusal(ended, 3, folder)
    expectSafe(ended)
    expect(ended.stderr).toMatch(/^error: .*(\\u\{9b\}|\\u009b|evil)/m)
  })

  test('arguments of any kind', async () => {
    const lines = [
      ['simulate', EVIL],
      ['simulate', 'declared.yaml', `--${EVIL}`],
      ['simulate', 'declared.yaml', '--set', EVIL],
      ['simulate', 'declared.yaml', '--set', `${EVIL}=1`],
      ['simulate', 'declared.yaml', '--seed', EVIL],
      ['simulate', 'declared.yaml', '--requests', EVIL],
      ['simulate', 'declared.yaml', '--profile', EVIL],
      ['trace', 'inspect', EVIL],
      ['models', 'build', EVIL],
      ['accelerators', EVIL],
      ['fit', EVIL, 'rows.csv'],
      ['fit', 'bert.yaml', EVIL],
      ['fit', 'bert.yaml', 'rows.csv', '--pool', EVIL],
      ['fit', 'bert.yaml', 'rows.csv', '--columns', `ms=${EVIL}`],
      ['fit', 'bert.yaml', 'rows.csv', '--where', `${EVIL}=1`],
      ['schema', '--document', EVIL],
      ['report', EVIL],
      ['audit', EVIL],
      ['timeline', EVIL],
      [EVIL],
    ]
    const endings = await Promise.all(lines.map((args) => run(...args)))
    for (const [i, ended] of endings.entries()) {
      expect([2, 3], lines[i]!.join(' ')).toContain(ended.code)
      expect(ended.stderr).toContain('\\u{202e}evil\\u{2066}')
      expectSafe(ended)
    }
  })

  test('columns, values and conditions of measurements', async () => {
    const [head, ...rows] = MEASURED.trim().split('\n')
    // a row is a line
    const evil = EVIL.replaceAll('\n', ' ')
    const lines = [`${head},precision,b${evil}`, ...rows.map((row) => `${row},fp16,${evil}`)]
    put(folder, 'evil.csv', lines.join('\n'))
    const fitted = await run('fit', 'bert.yaml', 'evil.csv', '--where', `b${evil}=${evil}`)
    expect(fitted.code, fitted.stderr).toBe(0)
    expect(fitted.stdout).toContain('evil')
    expectSafe(fitted)
    const extended = [...lines, `1,32,2,${evil},x`, `1,${evil},2,fp16,x`]
    put(folder, 'evil.csv', extended.slice(0, -1).join('\n'))
    const left = await run('fit', 'bert.yaml', 'evil.csv')
    expect(left.code, left.stderr).toBe(0)
    expect(left.stdout).toContain('not fitted')
    expectSafe(left)
    put(folder, 'evil.csv', extended.join('\n'))
    const refused = await run('fit', 'bert.yaml', 'evil.csv')
    expect(refused.code).toBe(3)
    expectSafe(refused)
  })

  test('requests, profiles, documents and models', async () => {
    put(folder, 'evil.jsonl', `{"at_ms":0,"class":"${EVIL.slice(3, 9)}\u202e\u009b"}\n`)
    const requests = await run('simulate', 'declared.yaml', '--requests', 'evil.jsonl')
    expect(requests.code).toBe(3)
    expectSafe(requests)

    const profile = { ...madeUpProfile(TINY), name: `${EVIL}\nPASS  forged` }
    put(folder, 'evil.json', JSON.stringify(profile))
    const simulated = await run('simulate', 'tiny.yaml', '--profile', 'evil.json')
    expect(simulated.code).toBe(0)
    expect(simulated.stdout).toContain('\\u{202e}evil')
    expect(simulated.stdout).not.toMatch(/^PASS {2}forged/m)
    expectSafe(simulated)
    const json = await run('simulate', 'tiny.yaml', '--profile', 'evil.json', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ profile: { name: profile.name } })
    expectSafe(json)

    mkdirSync(join(folder, 'broken'))
    put(folder, 'broken/simulated.json', JSON.stringify({ [EVIL]: EVIL }))
    const report = await run('report', 'broken')
    expectRefusal(report, 3, folder)
    expectSafe(report)
  })

  test('a node of a model, whose name ONNX Runtime itself would print', async () => {
    const { graph, yaml } = failingModel()
    put(folder, 'evil.onnx', graph)
    put(folder, 'model.yaml', yaml)
    const ended = await run('calibrate', 'model.yaml', '--seconds', '1', '--out', 'calibrated')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain('cannot run a batch of 1')
    expectSafe(ended)
  })

  test('a trace, whose name is in progress, figures and the fitted section', async () => {
    const name = `${EVIL.replaceAll('/', '')}.csv`
    const rows = Array.from({ length: 3000 }, (_, i) => `${i + (i % 7) / 10}`)
    put(folder, name, `at\n${rows.join('\n')}\n`)
    const columns = ['--format', 'csv', '--columns', 'time=at', '--time-unit', 's']
    for (const command of ['inspect', 'fit']) {
      for (const json of [[], ['--json']]) {
        const ended = await run('trace', command, name, ...columns, ...json)
        expect(ended.stderr).toContain('reading \\u{1b}[31mred')
        expectSafe(ended)
        if (json.length > 0) {
          const document = JSON.parse(ended.stdout)
          expect(document).toMatchObject({ file: name })
          expectExitBy(document, ended)
        } else if (command === 'fit') expectExitByText(/^# ([A-Z]+): /m, ended)
        else expect(ended.code).toBe(0)
      }
    }
  })

  test('paths that a command prints, as text and as JSON', async () => {
    const path = `sub/${EVIL.replaceAll('/', '')}.yaml`
    for (const name of ['sub', 'asub']) mkdirSync(join(folder, name))
    const text = await run('init', path)
    expect(text.code).toBe(0)
    expectSafe(text)
    const json = await run('init', `a${path}`, '--json')
    expectSafe(json)
    expect(JSON.parse(json.stdout).written[0]).toBe(`a${path}`)
  })

  test('our own colours, and no others', async () => {
    const under = ['/usr/bin/env', '-u', 'NO_COLOR', 'FORCE_COLOR=1']
    const ended = await commandsIn(folder, { under }).run('simulate', EVIL)
    expect(ended.stderr.startsWith('\u001b[31merror\u001b[39m: \\u{1b}[31mred')).toBe(true)
    expect(ended.stderr.split('\u001b')).toHaveLength(3)
  })
})

/** A model that opens, and whose node with a hostile name fails when it runs; and its scenario. */
function failingModel() {
  const shaped = (name: string, dim: object[]) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim } } },
  })
  const model = onnxProto.onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: EVIL,
      node: [
        { name: EVIL, opType: 'Reshape', input: ['x', 'shape'], output: ['z'] },
        { name: 'last', opType: 'Relu', input: ['z'], output: ['y'] },
      ],
      initializer: [{ name: 'shape', dataType: 7, dims: [1], int64Data: [3] }],
      input: [shaped('x', [{ dimParam: 'batch' }, { dimValue: 4 }])],
      output: [shaped('y', [{ dimParam: 'any' }])],
    },
  })
  const yaml = changed(TINY, [
    '{ builtin: mlp, layers: 2, width: 64 }',
    '{ onnx: evil.onnx, inputs: { x: { shape: [batch, 4] } } }',
  ])
  return { graph: onnxProto.onnx.ModelProto.encode(model).finish(), yaml }
}

describe('a report of hostile names', () => {
  const name = `a\u0000\u0008${EVIL}\ud800\ufffe\uffff שלום`

  test('is drawn in every format, and its page contains no control character', async () => {
    expect((await run('simulate', 'declared.yaml', '--out', 'hostile')).code).not.toBe(1)
    const path = join(folder, 'hostile/simulated.json')
    const result = readJson(path) as Result
    const named = <T extends object>(item: T) => ({ ...item, name })
    const { scenario, classes, pools } = result
    const changed = {
      ...result,
      scenario: { ...scenario, name, description: name },
      warnings: [name],
      classes: classes.map(named),
      pools: pools.map(named),
    }
    put(folder, 'hostile/simulated.json', JSON.stringify(changed))
    const ended = await run('report', 'hostile', '--charts', 'png,svg')
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const files = filesIn(join(folder, 'hostile/charts'))
    expect(files.filter((file) => file.endsWith('.png')).length).toBeGreaterThan(3)
    const texts = files
      .filter((file) => file.endsWith('.svg'))
      .map((file) => readFileSync(join(folder, 'hostile/charts', file), 'utf8'))
    const page = readFileSync(join(folder, 'hostile/report.html'), 'utf8')
    for (const text of [...texts, page]) {
      expect(text.replace(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffe\uffff]/u)
    }
    expect(page).toContain('<h1><bdi>a\\u{0}\\u{8}\\u{1b}[31mred')
    expect(page).toMatch(/<th scope="row"><span class="simulated">[^<]*<bdi>שלום<\/bdi>, simulated/)
  })
})

describe('--plot', () => {
  const args = ['simulate', 'declared.yaml', '--replications', '2'] as const

  test('draws below the text, 80 columns wide where stdout is no terminal', async () => {
    const [plain, drawn] = [await run(...args), await run(...args, '--plot')]
    expect(drawn.code, drawn.stderr).toBe(plain.code)
    expect(drawn.stdout.startsWith(plain.stdout.trimEnd())).toBe(true)
    const plots = drawn.stdout.slice(plain.stdout.length)
    for (const title of ['Latency', 'Requests served per second', 'Requests waiting']) {
      expect(plots).toContain(title)
    }
    const widths = plots.split('\n').map((line) => line.length)
    expect(Math.max(...widths)).toBeLessThanOrEqual(80)
    expect(Math.max(...widths)).toBeGreaterThan(70)
    expectSafe(drawn)
  })

  test('prints nothing with --json', async () => {
    const [plain, drawn] = [await run(...args, '--json'), await run(...args, '--json', '--plot')]
    expect(drawn.stdout).toBe(plain.stdout)
  })

  test('is coloured where colours are asked for, and never with NO_COLOR', async () => {
    const colours = (variables: Readonly<Record<string, string>>) =>
      commandsIn(folder, { variables }).runProcess(...args, '--plot')
    const esc = String.fromCharCode(27)
    expect((await colours({ NO_COLOR: '', FORCE_COLOR: '1' })).stdout).toContain(`${esc}[34m━`)
    expect((await colours({ NO_COLOR: '1' })).stdout).not.toContain(esc)
  })
})
