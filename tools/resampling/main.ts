import { InvalidArgumentError } from 'commander'
import { wholeNumber } from '../../runtime/commands/command.ts'
import { percentileLabel } from '../../sim/stats/index.ts'
import { figuresOfResampling } from '../claims/figures/resampling.ts'
import { beginStudy, writeRecord } from '../claims/record.ts'
import { markdownTable } from '../markdown-table.ts'
import { runStudy } from '../study.ts'
import {
  allRequests,
  asRecorded,
  BIAS_LEVELS,
  type Bias,
  ofSingleBatches,
  resampled,
  resamplingBias,
  stallFree,
} from './bias.ts'

/** Bias of predictions on a machine of known truth: `npm run resampling -- --help`. */

/** Of batches of 1.3 to 6 ms. */
const NOISE_MS = 0.2

/** Runs of a whole study. */
const WHOLE = 500
const REPLICAS = [1, 2]
const LOADS = [0.3, 0.5, 0.7, 0.85]
/** Kinds of predictions, by the noise of the machine: they predict the same runs. */
const KINDS = [
  [0, { resampled, 'as recorded': asRecorded }],
  [
    NOISE_MS,
    {
      'resampled, batches vary': resampled,
      'by single batches, batches vary': ofSingleBatches,
    },
  ],
] as const

/** The bias of one kind of prediction on one machine, over some of the requests. */
interface BiasRow {
  readonly replicas: number
  readonly load: number
  readonly rehearsals: string
  readonly requests: 'all' | 'stall-free'
  readonly biases: readonly Bias[]
}

await runStudy({
  script: 'resampling',
  description: 'Prints the bias of predictions from rehearsals on a machine of known truth.',
  examples: [
    ['', '500 runs of 10 s of each machine, an hour on one core'],
    ['-- 100', 'as many runs'],
  ],
  define: (command) =>
    command.argument('[runs]', 'runs of each machine, a multiple of 10', tens, WHOLE),
  smoke: () => {
    const rows = biasRows(10, REPLICAS.slice(0, 1), LOADS.slice(0, 1))
    tableOf(rows)
    return `${rows.length} rows, each of 10 runs`
  },
  run: async (_, { processedArgs: [runs] }) => {
    const begun = beginStudy('resampling')
    const rows = biasRows(runs, REPLICAS, LOADS)
    console.log(tableOf(rows))
    // rehearsals as predictions are made from them
    const made = rows.filter(({ rehearsals }) => rehearsals.startsWith('resampled'))
    const biases = made.map((row) => ({ at: cellsOf(row).slice(0, 4).join(', '), ...row }))
    if (runs >= WHOLE) await writeRecord(begun, figuresOfResampling(biases, runs))
  },
})

function tens(text: string): number {
  const value = wholeNumber(10)(text)
  if (value % 10 === 0) return value
  throw new InvalidArgumentError(`Expected a multiple of 10, got ${text}.`)
}

function biasRows(
  runs: number,
  allReplicas: readonly number[],
  loads: readonly number[],
): BiasRow[] {
  const rows: BiasRow[] = []
  for (const replicas of allReplicas) {
    for (const load of loads) {
      for (const [noiseMs, kinds] of KINDS) {
        const of = { load, replicas, runs, noiseMs }
        const byKind = resamplingBias(of, Object.values(kinds), [allRequests, stallFree])
        for (const [i, rehearsals] of Object.keys(kinds).entries()) {
          const [all, free] = byKind[i]!
          for (const [requests, biases] of [
            ['all', all!],
            ['stall-free', free!],
          ] as const) {
            rows.push({ replicas, load, rehearsals, requests, biases })
            process.stderr.write(`${cellsOf(rows.at(-1)!).join('  ')}\n`)
          }
        }
      }
    }
  }
  return rows
}

function tableOf(rows: readonly BiasRow[]): string {
  const heads = ['replicas', 'load', 'rehearsals', 'requests', ...BIAS_LEVELS.map(percentileLabel)]
  return markdownTable(heads, rows.map(cellsOf), `rrll${'r'.repeat(BIAS_LEVELS.length)}`)
}

function cellsOf({ replicas, load, rehearsals, requests, biases }: BiasRow): string[] {
  return [String(replicas), String(load), rehearsals, requests, ...biases.map(biasText)]
}

function biasText({ bias, halfWidth }: Bias): string {
  const percent = `${bias < 0 ? '−' : '+'}${Math.abs(100 * bias).toFixed(2)}`
  return `${percent} ± ${(100 * halfWidth).toFixed(2)} %`
}
