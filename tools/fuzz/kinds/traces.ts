import { gzipSync } from 'node:zlib'
import type { Random } from '../../../sim/kernel/index.ts'
import { chance, NASTY_NUMBERS, pick, pickWeighted, words } from '../choose.ts'
import type { Kind } from '../input.ts'
import { mutateBytes, mutateText } from '../mutate-text.ts'
import { parquetTrace, stockFile, TRACES } from '../stock.ts'

const FORMATS: Readonly<Record<string, string>> = {
  'azure.csv': 'azure-llm',
  'burst.csv': 'burstgpt',
  'mooncake.jsonl': 'mooncake',
  'rows.jsonl': 'jsonl',
  'rows.csv': 'csv',
  'rows.parquet': 'parquet',
}
/** Formats whose columns are named on the command line. */
const MAPPED = ['jsonl', 'csv', 'parquet']
const UNITS = ['s', 'ms', 'us', 'ns', 'iso']
const SIMULATE = words('simulate s.yaml --replications 1 --workers 1')

function columnOf(random: Random, values: number[]): number[] {
  const nasty = NASTY_NUMBERS.filter((value) => Math.abs(value) < 2 ** 31)
  return values.map((value) => (chance(random, 0.02) ? pick(random, nasty) : value))
}

function parquet(random: Random, stock: string): Uint8Array {
  if (chance(random, 0.6)) return mutateBytes(stockFile(stock, 'rows.parquet'), random)
  return parquetTrace((name, values) => (name === 't' ? columnOf(random, values) : values))
}

function content(name: string, random: Random, stock: string): string | Uint8Array {
  if (name === 'rows.parquet') return parquet(random, stock)
  const share = random.uniform()
  const text = TRACES[name]!
  if (share < 0.1) return mutateText(text + pick(random, Object.values(TRACES)), random)
  if (share < 0.2) return mutateBytes(Buffer.from(text), random)
  if (share < 0.35) return mutateBytes(gzipSync(text), random)
  return share < 0.45 ? gzipSync(mutateText(text, random)) : mutateText(text, random)
}

function scenarioOf(name: string, unit: string, random: Random): string {
  const columns = { time: 't', input_tokens: 'n' }
  const arrivals = {
    process: 'trace',
    file: name,
    format: FORMATS[name],
    ...(MAPPED.includes(FORMATS[name]!) && { columns, time_unit: unit }),
    ...(chance(random, 0.3) && { window: { busiest_s: pick(random, [0.5, 2, 1e-9]) } }),
    ...(chance(random, 0.3) && { bad_rows: 'skip' }),
    ...(chance(random, 0.2) && { jitter_s: 3 }),
  }
  return JSON.stringify({
    spillway: 1,
    name: 'traced',
    duration_s: 2,
    models: { m: { work: { law: 'linear', base_ms: 1, per_token_ms: 0.01 } } },
    traffic: [{ class: 'web', arrivals, input_tokens: { distribution: 'trace' } }],
    pools: [{ name: 'p', model: 'm', queue: { max_length: 100 } }],
  })
}

const COMMANDS = [
  { weight: 6, name: 'inspect' },
  { weight: 1, name: 'fit' },
  { weight: 4, name: 'simulate' },
] as const

export const TRACE_FILES: Kind = {
  name: 'trace',
  weight: 10,
  make: (random, { stock }) => {
    const name = pick(random, Object.keys(FORMATS))
    const format = FORMATS[name]!
    const unit = chance(random, 0.7) ? 's' : pick(random, UNITS)
    const files = { [name]: content(name, random, stock) }
    const command = pickWeighted(random, COMMANDS).name
    if (command === 'simulate') {
      return { args: SIMULATE, files: { ...files, 's.yaml': scenarioOf(name, unit, random) } }
    }
    const columns = MAPPED.includes(format)
      ? ['time=t', 'input_tokens=n', 'output_tokens=m'].flatMap((text) => ['--columns', text])
      : []
    const args = ['trace', command, name, '--format', format, ...columns]
    if (columns.length > 0 && chance(random, 0.8)) args.push('--time-unit', unit)
    if (chance(random, 0.3)) args.push('--bad-rows', 'skip')
    if (command === 'fit') args.push('--replications', '39')
    return { args, files }
  },
}

export const CLIENT_FILES: Kind = {
  name: 'recorded clients',
  weight: 1,
  make: (random) => {
    const name = 'clients/chunk-0-trace.csv'
    const arrivals = { process: 'servegen', file: 'clients', from_s: 5 }
    const scenario = {
      spillway: 1,
      name: 'clients',
      duration_s: 2,
      models: { m: { work: { law: 'constant', ms: 1 } } },
      traffic: [{ class: 'web', arrivals }],
      pools: [{ name: 'p', model: 'm', queue: { max_length: 100 } }],
    }
    const files = { [name]: mutateText(TRACES[name]!, random), 's.yaml': JSON.stringify(scenario) }
    return { args: SIMULATE, files }
  },
}
