import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { changed, TINY } from './scenarios.ts'
import { commandsIn, expectRefusal, filesIn, put, temporaryFolder } from './spillway.ts'
import { expectExitByText } from './verdict-exit.ts'

const folder = temporaryFolder()
const { run } = commandsIn(folder)

const DECLARED = changed(TINY, [
  '{ builtin: mlp, layers: 2, width: 64 }',
  '{ work: { law: constant, ms: 1 } }',
])

put(folder, 'declared.yaml', DECLARED)
put(folder, 'tiny.yaml', TINY)
execFileSync('mkfifo', [join(folder, 'pipe')])
symlinkSync(join(folder, 'loop'), join(folder, 'loop'))

const SPECIAL = [
  ['pipe', 'a pipe, not a file; write it to a file first'],
  ['/dev/zero', 'a device, not a file'],
  ['loop', 'a link that leads back to itself'],
] as const

const traced = (arrivals: string) =>
  changed(DECLARED, ['{ process: poisson, rate_rps: 150 }', `{ process: ${arrivals} }`])

// inputs that once hung or filled memory have some seconds to end
describe.each(SPECIAL)('%s is refused at once', (file, reason) => {
  test.each([
    ['as a scenario', () => ['simulate', file]],
    [
      'as the base of a scenario',
      () => ['simulate', put(folder, 'child.yaml', `extends: ${file}\n`)],
    ],
    ...['csv', 'parquet'].map(
      (format) =>
        [
          `as a trace, ${format}`,
          () => {
            const trace = `trace, file: ${file}, format: ${format}, columns: { time: t }, time_unit: s`
            return ['simulate', put(folder, 'traced.yaml', traced(trace))]
          },
        ] as const,
    ),
    [
      'as recorded clients',
      () => ['simulate', put(folder, 'servegen.yaml', traced(`servegen, file: ${file}`))],
    ],
    ['as a trace to inspect', () => ['trace', 'inspect', file]],
    ['as a trace to fit', () => ['trace', 'fit', file, '--out', 'fit']],
    ['as a profile', () => ['simulate', 'tiny.yaml', '--profile', file]],
    ['as requests', () => ['simulate', 'declared.yaml', '--requests', file]],
    [
      'as an ONNX file',
      () => {
        const model = `{ onnx: ${file}, inputs: { x: { shape: [batch, 8] } } }`
        const text = changed(TINY, ['{ builtin: mlp, layers: 2, width: 64 }', model])
        return ['calibrate', put(folder, 'onnx.yaml', text), '--seconds', '1', '--out', 'onnx']
      },
    ],
  ] as const)('%s', async (_, args) => {
    const ended = await run(...args())
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain(reason)
    expect(existsSync(join(folder, 'fit'))).toBe(false)
  })
})

test('special files among the documents of a folder are refused', async () => {
  for (const [name, command] of [
    ['simulated.json', 'report'],
    ['scenario.json', 'audit'],
  ] as const) {
    mkdirSync(join(folder, command))
    execFileSync('mkfifo', [join(folder, command, name)])
    const ended = await run(command, command)
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain(`${command}/${name}: cannot be read: a pipe`)
  }
})

test('an ONNX file of more than 2 GB is refused with its size', async () => {
  const path = put(folder, 'huge.onnx', '')
  truncateSync(path, 2 ** 31)
  const model = '{ onnx: huge.onnx, inputs: { x: { shape: [batch, 8] } } }'
  put(folder, 'huge.yaml', changed(TINY, ['{ builtin: mlp, layers: 2, width: 64 }', model]))
  const ended = await run('calibrate', 'huge.yaml', '--seconds', '1')
  expectRefusal(ended, 3, folder)
  expect(ended.stderr).toContain('got 2147 MB, more than the 2147 MB that are read')
})

test('a pipe of the shell is refused with advice, a file on stdin is read', async () => {
  const shell = (script: string) =>
    commandsIn(folder, { under: ['sh', '-c', script] }).run(
      ...['simulate', '/dev/stdin', '--replications', '1'],
    )
  const piped = await shell('cat declared.yaml | "$0" "$@"')
  expectRefusal(piped, 3, folder)
  expect(piped.stderr).toContain('/dev/stdin: cannot read the scenario: a pipe, not a file; write')
  expect(await shell('"$0" "$@" < declared.yaml')).toMatchObject({ code: 0 })
})

describe('folders below /proc', () => {
  put(folder, 'log.csv', 'time\n0\n1\n')
  test.each([
    ['simulate', 'declared.yaml', '--replications', '1', '--out', '/proc/none/below'],
    ['calibrate', 'tiny.yaml', '--seconds', '1', '--out', '/proc/none/below'],
    ['models', 'build', 'mlp', '--out', '/proc/none/below'],
    ['trace', 'inspect', 'log.csv', '--out', '/proc/none/below'],
  ])('are refused: %s', async (...args) => {
    const ended = await run(...args)
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain('no folder can be made in /proc; choose another place')
  })

  test('are refused as the cache', async () => {
    const cached = commandsIn(folder, { variables: { SPILLWAY_CACHE: '/proc/none/cache' } })
    const calibrated = await cached.run('calibrate', 'tiny.yaml', '--seconds', '1')
    expectRefusal(calibrated, 3, folder)
    expect(calibrated.stderr).toContain('no folder can be made in /proc; choose another place')
    // doctor tries every provider, and reports why it failed
    const examined = await cached.run('doctor')
    expect(examined.code).toBe(4)
    expect(examined.stdout).toContain('no folder can be made in /proc')
  })
})

describe('too many requests', () => {
  test.each([
    [['--set', 'traffic.web.arrivals.rate_rps=1e12'], /at most 1,000,000,000 requests of a run/],
    [
      ['--set', 'traffic.web.arrivals={ process: poisson, load: 4294967296 }'],
      /at most 1,000,000,000 requests of a run/,
    ],
    [
      [
        '--set',
        'duration_s=1e6',
        '--set',
        'traffic.web.arrivals.rate_rps=100',
        '--keep-rows',
        '--out',
        'rows',
      ],
      /at most 5,000,000 requests where all are kept in memory/,
    ],
    [
      [
        '--set',
        'models.mlp.work.ms=1e6',
        '--set',
        'duration_s=1e6',
        '--set',
        'traffic.web.arrivals.rate_rps=900',
      ],
      /about 899,\d+,\d+ requests will wait, which would take \d+ GB of memory/,
    ],
  ])('are refused before the first is drawn: %j', async (set, words) => {
    const ended = await run('simulate', 'declared.yaml', ...set)
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(words)
    expect(existsSync(join(folder, 'rows'))).toBe(false)
  })

  test('a queue that will need much memory causes a warning in advance', async () => {
    const set = ['--set', 'traffic.web.arrivals.rate_rps=1e5', '--set', 'duration_s=10']
    const slow = ['--set', 'models.mlp.work.ms=1e4', '--replications', '1']
    const ended = await run('simulate', 'declared.yaml', ...set, ...slow)
    expect(ended.code).toBe(0)
    expect(ended.stderr).toMatch(
      /warning: traffic exceeds the capacity and no queue is bounded: about 999,\d+ requests will wait, which takes 0\.15 GB/,
    )
  })
})

describe('invalid numbers in options', () => {
  test.each([
    [['simulate', 'declared.yaml', '--seed', '9007199254740993'], 2, /at most 9007199254740991/],
    [
      ['simulate', 'declared.yaml', '--set', 'seed=9007199254740993'],
      3,
      /at most 9007199254740991/,
    ],
    [['trace', 'fit', 'log.csv', '--seed', '9007199254740993'], 2, /at most 9007199254740991/],
    [
      ['trace', 'inspect', 'log.csv', '--jitter-s', '1e300'],
      2,
      /a number of at most 1000000, got 1e300/,
    ],
    [['simulate', 'declared.yaml', '--set', 'duration_s=1e-300'], 3, /at least 1e-9/],
  ] as const)('%j', async (args, code, words) => {
    const ended = await run(...args)
    expectRefusal(ended, code, folder)
    expect(ended.stderr).toMatch(words)
  })

  test('requests at times beyond any run are refused', async () => {
    put(folder, 'late.jsonl', '{"at_ms":1e300,"class":"web","input_tokens":1}\n')
    const ended = await run('simulate', 'declared.yaml', '--requests', 'late.jsonl')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain('late.jsonl:1: at_ms: expected a number of at most 10000000000')
  })
})

test('an empty traffic gives a result, and rows that pass an audit', async () => {
  const none = ['--set', 'traffic.web.arrivals.rate_rps=1e-9', '--keep-rows', '--out', 'none']
  const ended = await run('simulate', 'declared.yaml', ...none)
  expect(ended).toMatchObject({ code: 0 })
  expect(filesIn(join(folder, 'none'))).toEqual(
    expect.arrayContaining(['replication-1.parquet', 'requests.jsonl', 'simulated.json']),
  )
  expect(await run('audit', 'none')).toMatchObject({ code: 0 })
  const refused = await run('simulate', 'declared.yaml', '--requests', 'none/requests.jsonl')
  expectRefusal(refused, 3, folder)
  expect(refused.stderr).toContain('none/requests.jsonl:1: expected requests, got none')
})

describe('trace fit', () => {
  const rows = Array.from({ length: 400 }, (_, i) => `${(i * 0.37 + (i % 7) * 0.05).toFixed(3)}`)
  const csv = `at\n${rows.join('\n')}\n`
  const columns = ['--format', 'csv', '--columns', 'time=at', '--time-unit', 's']

  test('refuses class names that a scenario would refuse', async () => {
    put(folder, 'log.csv', csv)
    const ended = await run('trace', 'fit', 'log.csv', ...columns, '--class', 'a: {b')
    expectRefusal(ended, 2, folder)
    expect(ended.stderr).toMatch(/Expected a name of letters, digits.*got a: \{b/)
  })

  test('keeps a line break in the file name inside the comment', async () => {
    const name = 'a\nspillway: 7\n# .csv'
    put(folder, name, csv)
    const ended = await run('trace', 'fit', name, ...columns, '--replications', '39')
    expectExitByText(/^# ([A-Z]+): /m, ended)
    expect(Object.keys(parse(ended.stdout))).toEqual(['traffic'])
    expect(ended.stdout).toContain('# Fitted to a\\nspillway: 7\\n# .csv: 400 requests')
  })

  test('leaves no folder behind if it fails', async () => {
    put(folder, 'instant.csv', 'at\n1\n1\n')
    for (const command of ['fit', 'inspect']) {
      const ended = await run('trace', command, 'instant.csv', ...columns, '--out', 'failed/fit')
      expectRefusal(ended, 3, folder)
      expect(existsSync(join(folder, 'failed'))).toBe(false)
    }
  })
})
