import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { CLI } from '../../test/command-line.ts'
import { changed, ENCODER, DECLARED as LONG, MEASURED, QUICK } from '../../test/scenarios.ts'
import { words } from './choose.ts'
import { isJudged } from './outcome.ts'

/** A scenario that is calibrated and replayed in a second. */
export const TINY = changed(QUICK, ['duration_s: 1.5', 'duration_s: 1'])

/** A scenario of declared work: only simulations run it. */
export const DECLARED = changed(
  LONG,
  ['duration_s: 40', 'duration_s: 2'],
  ['warmup_s: 2', 'warmup_s: 0.1'],
  ['at_s: 10', 'at_s: 0.5'],
  ['rise_s: 1, hold_s: 4, decay_s: 5', 'rise_s: 0.05, hold_s: 0.2, decay_s: 0.25'],
  ['timeout_ms: 100\n', 'timeout_ms: 100\n    retry: { max_attempts: 3 }\n'],
)

/** A net of the user's own, which is a built-in one under another name. */
export const OWN = changed(TINY, [
  '{ builtin: mlp, layers: 2, width: 64 }',
  '{ onnx: own.onnx, inputs: { x: { shape: [batch, 64] } } }',
])

/** A sweep of three configurations; also `--shard 1/2` and `2/2` of it. */
export const SWEEP =
  'sweep declared.yaml --replications 1 --workers 1 --set pools.first.replicas=1..3'

const ROWS = 300
const rows = <T>(row: (i: number) => T) => Array.from({ length: ROWS }, (_, i) => row(i))
const csv = (head: string, row: (i: number) => readonly unknown[]) =>
  `${[head, ...rows((i) => row(i).join(','))].join('\n')}\n`
const jsonLines = (row: (i: number) => object) => rows((i) => JSON.stringify(row(i))).join('\n')
const iso = (i: number) => new Date(Date.UTC(2023, 10, 16, 18, 0, 0, 40 * i)).toISOString()

const tokensOf = (i: number) => [100 + (i % 50), 1 + (i % 20)]

/** A trace of each format, all with the same requests: one every 40 ms. */
export const TRACES: Readonly<Record<string, string>> = {
  'azure.csv': csv('TIMESTAMP,ContextTokens,GeneratedTokens', (i) => [
    iso(i).replace('T', ' ').replace('Z', '0000'),
    ...tokensOf(i),
  ]),
  'burst.csv': csv('Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type', (i) => [
    i,
    'ChatGPT',
    ...tokensOf(i),
    101,
    'Conversation log',
  ]),
  'mooncake.jsonl': jsonLines((i) => ({
    timestamp: 40 * i,
    input_length: 600 + (i % 50),
    output_length: 1 + (i % 20),
    hash_ids: [0, 1 + (i % 7)],
  })),
  'rows.jsonl': jsonLines((i) => ({ t: 0.04 * i, n: 1 + (i % 50), m: 1 + (i % 20) })),
  'rows.csv': csv('t,n,m', (i) => [0.04 * i, 1 + (i % 50), 1 + (i % 20)]),
  'clients/chunk-0-trace.csv': [0, 10, 20, 30]
    .map((t) => `${t},${5 + t},1.5,Gamma,0.44,0.2`)
    .join('\n'),
}

export function parquetTrace(column: (name: string, values: number[]) => unknown[]): Uint8Array {
  const of = (name: string, type: 'DOUBLE' | 'INT32', value: (i: number) => number) => {
    return { name, type, data: column(name, rows(value)) }
  }
  const columnData = [
    of('t', 'DOUBLE', (i) => 0.04 * i),
    of('n', 'INT32', (i) => 1 + (i % 50)),
    of('m', 'INT32', (i) => 1 + (i % 20)),
  ]
  return new Uint8Array(parquetWriteBuffer({ columnData }))
}

/**
 * Files for the working directory of every input: scenarios, traces, an ONNX model, a profile and
 * the kept folder of a run. Made with the built commands, since some of them depend on the machine.
 */
export function makeStock(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const put = (name: string, content: string | Uint8Array) => {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  const texts = { 'tiny.yaml': TINY, 'declared.yaml': DECLARED, 'own.yaml': OWN, ...TRACES }
  for (const [name, text] of Object.entries(texts)) put(name, text)
  put('bert.yaml', ENCODER)
  put('measured.csv', MEASURED)
  put('rows.csv.gz', gzipSync(TRACES['rows.csv']!))
  const parquet = parquetTrace((_, values) => values)
  put('rows.parquet', parquet)
  const spillway = (...args: string[]) => {
    const env = { ...process.env, SPILLWAY_CACHE: join(folder, '../stock-cache'), NO_COLOR: '1' }
    const options = { cwd: folder, env, encoding: 'utf8' } as const
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], options)
    if (isJudged(status)) return stdout
    throw new Error(`spillway ${args.join(' ')} ended with ${status}: ${stderr}`)
  }
  const run = ['--seconds', '0.3', '--replications', '10', '--replays', '1', '--charts', 'svg']
  spillway('run', 'tiny.yaml', ...run, '--decision-log', '--out', 'kept')
  const simulated = ['--replications', '2', '--keep-rows', '--out', 'simulated']
  spillway('simulate', 'declared.yaml', ...simulated)
  spillway(...words(`${SWEEP} --out swept`))
  for (const i of [1, 2]) spillway(...words(`${SWEEP} --shard ${i}/2 --out shard-${i}`))
  // no command reads them
  for (const name of ['report.html', 'charts'])
    rmSync(join(folder, 'kept', name), { recursive: true })
  cpSync(join(folder, 'kept/profile.json'), join(folder, 'profile.json'))
  cpSync(join(folder, 'kept/requests.jsonl'), join(folder, 'requests.jsonl'))
  const built = spillway('models', 'build', 'mlp', '--layers', '2', '--width', '64', '--json')
  const [{ path }] = (JSON.parse(built) as { models: [{ path: string }] }).models
  cpSync(join(folder, path), join(folder, 'own.onnx'))
}

export const stockFile = (stock: string, name: string): Buffer => readFileSync(join(stock, name))
