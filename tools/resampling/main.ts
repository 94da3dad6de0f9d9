import { percentileLabel } from '../../sim/stats/index.ts'
import { type BiasRow, figuresOfResampling } from '../claims/figures/resampling.ts'
import { beginStudy, writeRecord } from '../claims/record.ts'
import { markdownTable } from '../markdown-table.ts'
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

/**
 * Prints the bias of predictions from rehearsals on a machine of known truth:
 * `npm run resampling [-- RUNS]`. With 1,000 runs of 10 s it takes half an hour.
 */

const runs = Number(process.argv[2] ?? 1000)
const percent = (share: number) => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(2)}`
const text = ({ bias, halfWidth }: Bias) => `${percent(bias)} ± ${(100 * halfWidth).toFixed(2)} %`

/** Of batches of 1.3 to 6 ms. */
const NOISE_MS = 0.2

/** Runs of a whole study; the kind of rehearsals that `run` learns from, when batches vary. */
const WHOLE = 1000
const AS_IN_RUN = 'by single batches, batches vary'

const begun = beginStudy('resampling')
const rows: string[][] = []
const judged: BiasRow[] = []
for (const replicas of [1, 2]) {
  for (const load of [0.3, 0.5, 0.7, 0.85]) {
    for (const [noiseMs, name, rehearsed] of [
      [0, 'resampled', resampled],
      [0, 'as recorded', asRecorded],
      [NOISE_MS, 'resampled, batches vary', resampled],
      [NOISE_MS, AS_IN_RUN, ofSingleBatches],
    ] as const) {
      const of = { load, replicas, runs, noiseMs }
      const [all, free] = resamplingBias(of, rehearsed, [allRequests, stallFree])
      for (const [which, biases] of [
        ['all', all!],
        ['stall-free', free!],
      ] as const) {
        rows.push([String(replicas), String(load), name, which, ...biases.map(text)])
        if (name === AS_IN_RUN) {
          judged.push({ at: `${replicas} replicas, load ${load}, ${which} requests`, biases })
        }
        process.stderr.write(`${rows.at(-1)!.join('  ')}\n`)
      }
    }
  }
}
const head = ['replicas', 'load', 'rehearsals', 'requests', ...BIAS_LEVELS.map(percentileLabel)]
console.log(markdownTable(head, rows, `rrll${'r'.repeat(BIAS_LEVELS.length)}`))
if (runs >= WHOLE) await writeRecord(begun, figuresOfResampling(judged, runs))
