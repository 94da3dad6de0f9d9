import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { wholeNumber } from '../../runtime/commands/command.ts'
import { ProgressDisplay } from '../../runtime/commands/progress.ts'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { closeSimulations } from '../../runtime/jobs/replications.ts'
import { syntheticGates } from '../../sim/experiment/index.ts'
import { figuresOfGates, minutesOf } from '../claims/figures/gate-study.ts'
import { withHead } from '../claims/head.ts'
import { beginStudy, writeRecord } from '../claims/record.ts'
import { smokeRun, studyCommand } from '../study.ts'
import { longRunRows, type Study, studyPage } from './page.ts'
import { type Kind, type Plan, record, WINDOWED } from './record.ts'
import { blocksOf, resample } from './resample.ts'

/** How often a measured gate is wrong, and what it finds: `npm run gate-study -- --help`. */

const PAGE = 'docs/background/gate-study.md'
const RECORDED = 'docs/background/gate-study'
/** Of each model, where no profile is recorded. */
const CALIBRATION_S = 25
const MARGINS = [0.02, 0.025, 0.03, 0.05]
const SYNTHETIC = [
  { truth: 1, deviation: 0.02 },
  { truth: 1.05, deviation: 0.02 },
  { truth: 1.1, deviation: 0.02 },
  { truth: 1, deviation: 0.05 },
  { truth: 1.05, deviation: 0.05 },
  { truth: 1.2, deviation: 0.05 },
]

const { quick, smoke, gates, resamples } = studyCommand(
  'gate-study',
  'How often a measured gate is wrong, and what it finds. Live gates of a scenario against itself and against a slower executor are recorded with all their blocks, and gates are resampled from these. What is recorded is kept, so an interrupted study continues. Let nothing else run meanwhile.',
  [
    ['', 'eight gates of each kind and a long run, about an hour; writes the page'],
    ['-- --quick', 'two of each and a short long run into runs/gate-study, ten minutes; no page'],
  ],
)
  .option('--quick', 'fewer gates, in ten minutes; writes no page')
  .option('--gates <n>', 'live gates of each kind', wholeNumber(1))
  .option('--resamples <n>', 'gates that are resampled of each kind', wholeNumber(1), 2000)
  .parse()
  .opts<{ quick?: true; smoke?: true; gates?: number; resamples: number }>()

if (smoke) {
  await smokeRun('gate-study', async (folder) => {
    // a live gate takes minutes; these, and their profile, were recorded by an earlier study
    for (const name of ['profile.json', 'aa-1.json', 'slower-1.json']) {
      cpSync(join(RECORDED, name), join(folder, name))
    }
    const few = { gates: 1, rounds: 1, load: 0.1, windowed: WINDOWED.slice(0, 1), seeds: 1 }
    const study = await studied({ folder, ...few, seconds: CALIBRATION_S }, 20)
    studyPage(study)
    const { recorded, resampled } = study
    const drawn = Object.values(resampled).flat()
    return `${recorded.truth.blocks} blocks replayed, ${drawn.length} kinds of gates resampled and ${recorded.doubled.length} window doubled`
  })
} else {
  const folder = quick ? 'runs/gate-study' : RECORDED
  const extent = {
    gates: gates ?? (quick ? 2 : 8),
    rounds: quick ? 4 : 24,
    windowed: WINDOWED,
    seeds: 20,
  }
  const begun = quick ? null : beginStudy('gate-study')
  const study = await studied({ folder, ...extent, seconds: CALIBRATION_S }, resamples)
  const page = studyPage(study)
  process.stdout.write(page)
  if (begun !== null) {
    const { gates: all, truth } = study.recorded
    // of a study that went on, this process has seen a part only
    const live = [...all.aa, ...all.slower].map(minutesOf).reduce((a, b) => a + b, truth.minutes)
    const minutes = Math.max(live, (performance.now() - begun.sinceMs) / 60_000)
    const figures = figuresOfGates(study, longRunRows(study.recorded))
    await writeWhole(PAGE, withHead(page, await writeRecord(begun, figures, { minutes })))
  }
}

/** Records what the folder of a plan lacks, and resamples as many gates of each kind. */
async function studied(plan: Plan, trials: number): Promise<Study> {
  const progress = new ProgressDisplay()
  const recorded = await record(plan, {
    signal: new AbortController().signal,
    onProgress: progress.update,
  })
  closeSimulations()
  const of = (kind: Kind) => {
    const blocks = blocksOf(recorded.gates[kind])
    return MARGINS.map((margin, i) => {
      progress.update(`resampling gates, ${kind}`, i, MARGINS.length)
      return resample(blocks, margin, trials, 1)
    })
  }
  const resampled: Study['resampled'] = { aa: of('aa'), slower: of('slower') }
  const synthetic = SYNTHETIC.map((one, i) => {
    progress.update('gates with synthetic blocks', i, SYNTHETIC.length)
    return { ...one, trials, shares: syntheticGates({ ...one, margin: 0.05, trials, seed: 1 }) }
  })
  progress.stop()
  return { recorded, resampled, synthetic, folder: 'gate-study' }
}
