import { parseArgs } from 'node:util'
import { ProgressDisplay } from '../../runtime/commands/progress.ts'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { closeSimulations } from '../../runtime/jobs/replications.ts'
import { syntheticGates } from '../../sim/experiment/index.ts'
import { figuresOfGates, minutesOf } from '../claims/figures/gate-study.ts'
import { withHead } from '../claims/head.ts'
import { beginStudy, writeRecord } from '../claims/record.ts'
import { longRunRows, type Study, studyPage } from './page.ts'
import { type Kind, record } from './record.ts'
import { blocksOf, resample } from './resample.ts'

/**
 * How often a measured gate is wrong, and what it finds: `npm run gate-study`. Live gates of a
 * scenario against itself and against a slower executor are recorded with all their blocks, and
 * gates are resampled from these. Eight gates of each kind and a long run take about an hour; what
 * is recorded is kept, so an interrupted study continues. `-- --quick` takes two gates of each and
 * a short long run into runs/gate-study, ten minutes, and writes no page. Let nothing else run.
 */

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    gates: { type: 'string' },
    resamples: { type: 'string', default: '2000' },
  },
})
const { quick } = values
const PAGE = 'docs/background/gate-study.md'
const folder = quick ? 'runs/gate-study' : 'docs/background/gate-study'
const gates = Number(values.gates ?? (quick ? 2 : 8))
const resamples = Number(values.resamples)
const MARGINS = [0.02, 0.025, 0.03, 0.05]
const SYNTHETIC = [
  { truth: 1, deviation: 0.02 },
  { truth: 1.05, deviation: 0.02 },
  { truth: 1.1, deviation: 0.02 },
  { truth: 1, deviation: 0.05 },
  { truth: 1.05, deviation: 0.05 },
  { truth: 1.2, deviation: 0.05 },
]

const begun = quick ? null : beginStudy('gate-study')
const progress = new ProgressDisplay()
const recorded = await record(
  { folder, gates, rounds: quick ? 4 : 24 },
  { signal: new AbortController().signal, onProgress: progress.update },
)
closeSimulations()
const of = (kind: Kind) => {
  const blocks = blocksOf(recorded.gates[kind])
  return MARGINS.map((margin, i) => {
    progress.update(`resampling gates, ${kind}`, i, MARGINS.length)
    return resample(blocks, margin, resamples, 1)
  })
}
const resampled: Study['resampled'] = { aa: of('aa'), slower: of('slower') }
const synthetic = SYNTHETIC.map((one, i) => {
  progress.update('gates with synthetic blocks', i, SYNTHETIC.length)
  const options = { ...one, margin: 0.05, trials: resamples, seed: 1 }
  return { ...one, trials: resamples, shares: syntheticGates(options) }
})
progress.stop()
const study: Study = { recorded, resampled, synthetic, folder: 'gate-study' }
const page = studyPage(study)
process.stdout.write(page)
if (begun !== null) {
  // of a study that went on, this process has seen a part only
  const { gates, truth } = recorded
  const live = [...gates.aa, ...gates.slower].map(minutesOf).reduce((a, b) => a + b, truth.minutes)
  const minutes = Math.max(live, (performance.now() - begun.sinceMs) / 60_000)
  const record = await writeRecord(begun, figuresOfGates(study, longRunRows(recorded)), { minutes })
  await writeWhole(PAGE, withHead(page, record))
}
