import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { emptyProfile } from './profiles.ts'
import { changed, DECLARED, scenarioOf, TINY } from './scenarios.ts'
import { commandsIn, expectRefusal, filesIn, put, temporaryFolder } from './spillway.ts'

const folder = temporaryFolder()
const { run } = commandsIn(folder)

put(folder, 'tiny.yaml', TINY)
put(folder, 'declared.yaml', DECLARED)

/** A scenario like TINY with an ONNX file instead of the built-in net. */
const withOnnx = (reference: string, inputs: string) =>
  changed(TINY, [
    '{ builtin: mlp, layers: 2, width: 64 }',
    `{ onnx: ${reference}, inputs: ${inputs} }`,
  ])

const traced = (file: string) =>
  changed(TINY, [
    '{ process: poisson, rate_rps: 150 }',
    `{ process: trace, file: ${file}, format: csv, columns: { time: t }, time_unit: s }`,
  ])

describe('scenarios', () => {
  test('a bad scenario is refused with every problem, each with its line, column and path', async () => {
    const bad = changed(
      TINY,
      ['rate_rps: 150', 'rate_rsp: 150'],
      ['max_batch: 4', 'max_batch: four'],
      ['model: mlp', 'model: mpl'],
    )
    put(folder, 'bad.yaml', bad)
    const ended = await run('simulate', 'bad.yaml')
    expectRefusal(ended, 3, folder)
    const lines = ended.stderr.trim().split('\n')
    expect(lines.length).toBeGreaterThanOrEqual(3)
    for (const line of lines) expect(line).toMatch(/^error: bad\.yaml:\d+:\d+ \S+: /)
    expect(ended.stderr).toMatch(
      /bad\.yaml:10:\d+ traffic\.web\.arrivals\.rate_rsp: .*did you mean rate_rps\?/,
    )
    expect(ended.stderr).toMatch(/bad\.yaml:14:\d+ pools\.central\.batching\.max_batch: .*four/)
    expect(ended.stderr).toMatch(/bad\.yaml:13:\d+ pools\.central\.model: .*did you mean mlp\?/)
  })

  test('a file that is not YAML is refused at the place of the error', async () => {
    put(folder, 'broken.yaml', 'spillway: 1\nname: [unclosed\n')
    const ended = await run('simulate', 'broken.yaml')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(/broken\.yaml:\d+:\d+/)
  })

  test('an override without effect is named', async () => {
    for (const set of ['pools.centrl.replicas=2', 'pools.central.replica=2', 'seed=x']) {
      const ended = await run('simulate', 'tiny.yaml', '--set', set)
      expectRefusal(ended, 3, folder)
      expect(ended.stderr).toContain(`--set ${set}`)
    }
  })

  test('a missing scenario, or a folder, is named', async () => {
    for (const path of ['nowhere.yaml', '.']) {
      const ended = await run('run', path)
      expectRefusal(ended, 3, folder)
      expect(ended.stderr).toContain(`error: ${path}: cannot read the scenario`)
    }
  })
})

describe('files that a scenario names', () => {
  test('a missing trace is named', async () => {
    put(folder, 'traced.yaml', traced('absent.csv'))
    const ended = await run('simulate', 'traced.yaml')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain('absent.csv')
  })

  test('a bad row of a trace is named by file and line', async () => {
    put(folder, 'rows.csv', 't\n0.5\n0.7\nlater\n')
    put(folder, 'rows.yaml', traced('rows.csv'))
    const ended = await run('simulate', 'rows.yaml')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(/rows\.csv:4\b.*later/)
  })

  test('a missing ONNX file is named', async () => {
    put(folder, 'absent.yaml', withOnnx('absent.onnx', '{ x: { shape: [batch, 64] } }'))
    const ended = await run('calibrate', 'absent.yaml')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(/absent\.onnx: expected an ONNX file, got nothing/)
  })

  test('inputs that do not match the ONNX file are all named, with the expected ones', async () => {
    const built = await run('models', 'build', 'mlp', '--layers', '2', '--width', '64', '--json')
    const [{ path }] = (JSON.parse(built.stdout) as { models: [{ path: string }] }).models
    const inputs = '{ y: { shape: [batch, 64] } }'
    put(folder, 'inputs.yaml', withOnnx(path, inputs))
    const ended = await run('calibrate', 'inputs.yaml')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(/inputs: expected one of \w+, got y/)
    expect(ended.stderr).toMatch(/inputs\.\w+: expected float32 \[.*\], got nothing/)
  })

  test('a file that is not an ONNX model is refused', async () => {
    put(folder, 'text.onnx', 'no model')
    put(folder, 'text.yaml', withOnnx('text.onnx', '{ x: { shape: [batch, 64] } }'))
    const ended = await run('calibrate', 'text.yaml')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain('text.onnx: expected an ONNX model')
  })

  test('a package that is not installed is reported with the command that installs it', async () => {
    const npm = withOnnx('npm:@spillway-test/none/model.onnx', '{ x: { shape: [batch, 64] } }')
    put(folder, 'npm.yaml', npm)
    const ended = await run('calibrate', 'npm.yaml')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain('run: npm install @spillway-test/none')
  })
})

describe('simulation, replay and machines', () => {
  test('declared work cannot be replayed, calibrated or compared', async () => {
    const further = '  - { name: further, model: slow }\n'
    const slow = 'models:\n  slow: { work: { law: constant, ms: 4 } }'
    put(folder, 'beside.yaml', changed(TINY, ['models:', slow]) + further)
    for (const args of [
      ['replay', 'declared.yaml'],
      ['run', 'declared.yaml'],
      ['calibrate', 'declared.yaml'],
      ['replay', 'beside.yaml'],
      ['run', 'beside.yaml'],
    ]) {
      const ended = await run(...args)
      expectRefusal(ended, 3, folder)
      // before any model was opened, calibrated or simulated
      expect(ended.stderr).toMatch(/^error: (declared|beside)\.yaml.*declared.*\n$/)
    }
  })

  test('missing libraries of cuda are reported with the command that installs them', async (context) => {
    const args = ['--set', 'pools.central.execution_provider=cuda', '--seconds', '1']
    const ended = await run('calibrate', 'tiny.yaml', ...args, '--out', 'cuda')
    if (ended.code === 0) context.skip('cuda works on this machine')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(/execution provider cuda: /)
    expect(filesIn(join(folder, 'cuda'))).toEqual([])
  })
})

describe('profiles', () => {
  const withProfile = (file: string) => run('simulate', 'tiny.yaml', '--profile', file)

  test('a profile that is missing, not JSON or of another version is refused', async () => {
    put(folder, 'text.json', 'not { json')
    put(folder, 'other.json', JSON.stringify({ ...emptyProfile(), format: 1 }))
    const refusals = {
      'gone.json': /no such file/,
      'text.json': /not JSON/,
      'other.json': /format/,
    }
    for (const [file, words] of Object.entries(refusals)) {
      const ended = await withProfile(file)
      expectRefusal(ended, 3, folder)
      expect(ended.stderr).toContain(`error: ${file}`)
      expect(ended.stderr).toMatch(words)
    }
    expect((await withProfile('other.json')).stderr).toContain('not a profile of this version')
  })

  test('a profile without the model is not comparable, and lists its models', async () => {
    put(folder, 'empty.json', JSON.stringify(emptyProfile()))
    const ended = await withProfile('empty.json')
    expectRefusal(ended, 6, folder)
    expect(ended.stderr).toMatch(/tiny\.yaml pools\.central: .*no models.*spillway calibrate/)
  })
})

describe('compare and report', () => {
  test('a folder without a measurement is refused', async () => {
    mkdirSync(join(folder, 'bare'))
    for (const args of [
      ['compare', 'bare'],
      ['report', 'bare'],
      ['audit', 'bare'],
      ['timeline', 'bare'],
    ]) {
      const ended = await run(...args)
      expectRefusal(ended, 3, folder)
      expect(ended.stderr).toContain('bare')
    }
  })

  test('documents that are not JSON or not results are named', async () => {
    mkdirSync(join(folder, 'spoilt'))
    put(folder, 'spoilt/scenario.json', JSON.stringify(scenarioOf(TINY)))
    put(folder, 'spoilt/requests.jsonl', '')
    for (const text of ['{ not json', '{}']) {
      put(folder, 'spoilt/measured.json', text)
      for (const args of [
        ['compare', 'spoilt'],
        ['report', 'spoilt'],
      ]) {
        const ended = await run(...args)
        expectRefusal(ended, 3, folder)
        expect(ended.stderr).toContain('spoilt/measured.json')
      }
    }
  })
})

describe('usage', () => {
  test.each([
    [['simulat', 'tiny.yaml'], /unknown command 'simulat'\n?.*Did you mean simulate\?/],
    [
      ['simulate', 'tiny.yaml', '--sed', '1'],
      /unknown option '--sed'\n?.*Did you mean one of --seed, --set\?/,
    ],
    [['simulate'], /missing required argument 'scenario'/],
    [['simulate', 'tiny.yaml', '--seed', '-1'], /whole number of at least 0, got -1/],
    [['simulate', 'tiny.yaml', '--replications', '0'], /whole number of at least 1, got 0/],
    [['calibrate', 'tiny.yaml', '--seconds', 'soon'], /a number above 0, got soon/],
    [['run', 'tiny.yaml', '--charts', 'gif'], /Expected svg, png or svg,png, got gif/],
    [['report', 'out', '--charts', 'svg,gif'], /Expected svg, png or svg,png, got svg,gif/],
    [['simulate', 'tiny.yaml', '--set', 'seed'], /--set.* Expected path=value, got seed/],
    [
      ['run', 'tiny.yaml', '--against-set', 'a..b=1'],
      /--against-set.* Expected path=value, got a\.\.b=1/,
    ],
    [
      ['models', 'build', 'mlp', '--layers', 'x'],
      /mlp --layers: expected a whole number .*got "x"/,
    ],
    [
      ['run', 'tiny.yaml', '--profile', 'tiny.yaml', '--seconds', '3'],
      /--profile.*cannot be used with.*--seconds/,
    ],
    [
      ['calibrate', 'tiny.yaml', '--from', 'a', '--seconds', '3'],
      /--from.*cannot be used with.*--seconds/,
    ],
    [
      ['calibrate', 'tiny.yaml', '--from', 'a', '--occasions', '2'],
      /--occasions.*cannot be used with.*--from/,
    ],
    [['calibrate', 'tiny.yaml', '--occasions', '0'], /whole number of at least 1, got 0/],
    [['schema', '--document', 'reslt'], /argument 'reslt' is invalid/],
    [['simulate', 'tiny.yaml', 'surplus'], /too many arguments/],
    [['models', 'build', 'mlp', '--layres', '2'], /Did you mean --layers\?/],
  ])('%j is a usage error with a message', async (args, words) => {
    const ended = await run(...args)
    expectRefusal(ended, 2, folder)
    expect(ended.stderr).toMatch(words)
  })
})
