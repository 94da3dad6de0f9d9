import { spawn } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { positiveNumber, wholeNumber } from '../../runtime/commands/command.ts'
import { ProgressDisplay } from '../../runtime/commands/progress.ts'
import { closeSimulations } from '../../runtime/jobs/simulations/simulation-processes.ts'
import { syntheticGates } from '../../sim/experiment/index.ts'
import { figuresOfGates, minutesOf } from '../claims/figures/gate-study.ts'
import { type Begun, beginStudy } from '../claims/record.ts'
import { keepStudy, runStudy } from '../study.ts'
import { type GatesOn, longRunRows, type Study, studyPage } from './page.ts'
import {
  type GatePlan,
  type Gates,
  gatesIn,
  type Kind,
  OutOfTime,
  type Plan,
  record,
  recordGates,
  type StudyJob,
  WINDOWED,
} from './record.ts'
import { pairsOf, resample } from './resample.ts'

/** How often a measured gate is wrong, and what it finds: `npm run gate-study -- --help`. */

const RECORDED = 'docs/background/gate-study'
/** Where gates beside a busy loop are kept, in the folder of the study. */
const BESIDE = 'busy'
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

interface Options {
  readonly quick?: true
  readonly busy?: true
  readonly minutes?: number
  readonly gates?: number
  readonly resamples: number
}

const progress = new ProgressDisplay()
const unlimited: StudyJob = {
  signal: new AbortController().signal,
  onProgress: progress.update,
}

/** Writes the page and the record of a study. */
async function writeStudy(study: Study, page: string, begun: Begun<'gate-study'>): Promise<void> {
  const { gates: all, truth } = study.recorded
  const every = [...Object.values(all), ...Object.values(study.busy?.gates ?? {})].flat()
  // of a study that went on, this process has seen a part only
  const live = every.map(minutesOf).reduce((a, b) => a + b, truth.minutes)
  const minutes = Math.max(live, (performance.now() - begun.sinceMs) / 60_000)
  const figures = figuresOfGates(study, longRunRows(study.recorded))
  await keepStudy(begun, { figures, page, minutes })
}

/** Records gates beside a process that keeps one core busy. */
async function recordBusy(plan: GatePlan, job: StudyJob): Promise<void> {
  const loop = busyLoop()
  try {
    await recordGates(plan, job)
  } finally {
    loop.end()
  }
}

/** A process that does nothing but use one core, until it is ended or this process is gone. */
function busyLoop(): { readonly end: () => void } {
  // where the study is killed, the loop has another parent and ends
  const text =
    'for (const own = process.ppid; process.ppid === own; ) for (let i = 0; i < 1e7; i++);'
  const child = spawn(process.execPath, ['-e', text], { stdio: 'ignore' })
  return { end: () => child.kill() }
}

/** The gates beside a busy loop that a folder holds; null for none. */
function busyGates(folder: string, resamples: number): GatesOn | null {
  const gates = gatesIn(folder)
  return gates.slower.length === 0 ? null : { gates, resampled: resampledOf(gates, resamples) }
}

function resampledOf(gates: Gates, trials: number): GatesOn['resampled'] {
  const of = (kind: Kind) => {
    const pairs = pairsOf(gates[kind])
    // no block counts where the machine is far too busy
    if (pairs.length === 0) return []
    return MARGINS.map((margin, i) => {
      progress.update(`resampling gates, ${kind}`, i, MARGINS.length)
      return resample(pairs, margin, trials, 1)
    })
  }
  return { aa: of('aa'), slower: of('slower') }
}

/** A study without time begins nothing. */
async function expectOutOfTime(plan: GatePlan): Promise<void> {
  const more = { ...plan, gates: plan.gates + 1 }
  const ended = await recordGates(more, { ...unlimited, endsAt: performance.now() }).catch(
    (error: unknown) => error,
  )
  if (!(ended instanceof OutOfTime)) throw new Error('Expected a study without time to end')
}

/** Records what the folder of a plan lacks, and resamples as many gates of each kind. */
async function studied(
  { beside, ...plan }: Plan & { readonly beside: GatesOn | null },
  trials: number,
  within: StudyJob,
): Promise<Study> {
  const recorded = await record(plan, within)
  closeSimulations()
  const resampled = resampledOf(recorded.gates, trials)
  const synthetic = SYNTHETIC.map((setting, i) => {
    progress.update('gates with synthetic blocks', i, SYNTHETIC.length)
    return {
      ...setting,
      trials,
      shares: syntheticGates({ ...setting, margin: 0.05, trials, seed: 1 }),
    }
  })
  progress.stop()
  return { recorded, resampled, synthetic, busy: beside, folder: 'gate-study' }
}

async function smoke(folder: string): Promise<string> {
  // a live gate takes minutes; these, and their profile, were recorded by an earlier study
  for (const name of ['profile.json', 'aa-1.json', 'slower-1.json']) {
    cpSync(join(RECORDED, name), join(folder, name))
  }
  const few = { gates: 1, rounds: 1, load: 0.1, windowed: WINDOWED.slice(0, 1), seeds: 1 }
  const plan = { folder, ...few, seconds: CALIBRATION_S }
  const beside = busyLoop()
  const alone = await recordGates(plan, unlimited).finally(() => beside.end())
  await expectOutOfTime(plan)
  const none = { gates: alone.gates, resampled: { aa: [], slower: [] } }
  const study = await studied({ ...plan, beside: none }, 20, unlimited)
  studyPage(study)
  const { recorded, resampled } = study
  const drawn = Object.values(resampled).flat()
  return `${recorded.truth.blocks} blocks replayed, ${drawn.length} kinds of gates resampled and ${recorded.doubled.length} window doubled`
}

async function run({ quick, busy, minutes, gates, resamples }: Options): Promise<void> {
  const folder = quick ? 'runs/gate-study' : RECORDED
  const live = { gates: gates ?? (quick ? 2 : 16), seconds: CALIBRATION_S }
  const extent = { rounds: quick ? 4 : 24, windowed: WINDOWED, seeds: 20 }
  const ends = minutes !== undefined && { endsAt: performance.now() + 60_000 * minutes }
  const job: StudyJob = { ...unlimited, ...ends }
  const begun = quick ? null : beginStudy('gate-study')
  try {
    const beside = join(folder, BESIDE)
    if (busy) await recordBusy({ folder: beside, ...live }, job)
    // the quiet part is no part of this run: what is complete is used, and nothing is begun
    const quiet = busy ? { ...job, endsAt: performance.now() } : job
    const plan = { folder, ...live, ...extent, beside: busyGates(beside, resamples) }
    const study = await studied(plan, resamples, quiet)
    const page = studyPage(study)
    process.stdout.write(page)
    if (begun !== null) await writeStudy(study, page, begun)
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error
    progress.stop()
    const kinds = [folder, join(folder, BESIDE)].map((at) => Object.values(gatesIn(at)).flat())
    const [quiet, besideLoop] = kinds.map(({ length }) => length)
    process.stdout.write(
      `Not complete yet: ${quiet} live gates are kept in ${folder}, and ${besideLoop} beside a busy loop. ` +
        'The study goes on with the first, and with --busy with the second.\n',
    )
  }
  closeSimulations()
}

await runStudy<Options>({
  script: 'gate-study',
  description:
    'How often a measured gate is wrong, and what it finds. Live gates of a scenario against itself and against a slower executor are recorded with all their blocks, and gates are resampled from these. What is recorded is kept, so an interrupted study continues. Let nothing else run meanwhile.',
  examples: [
    ['', '16 gates of each kind and a long run, two hours; writes the page'],
    ['-- --busy', 'the gates beside a loop of its own that keeps one core busy, two hours'],
    ['-- --minutes 50', 'ends after 50 minutes, and keeps what it has; the next run goes on'],
    ['-- --quick', 'two of each and a short long run into runs/gate-study, ten minutes; no page'],
  ],
  define: (command) =>
    command
      .option('--quick', 'fewer gates, in ten minutes; writes no page')
      .option('--busy', 'live gates beside a busy loop, in a folder of their own')
      .option('--minutes <m>', 'begin nothing that would end later', positiveNumber)
      .option('--gates <n>', 'live gates of each kind', wholeNumber(1))
      .option('--resamples <n>', 'gates that are resampled of each kind', wholeNumber(1), 2000),
  smoke,
  run,
})
