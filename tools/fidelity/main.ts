import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ProgressDisplay } from '../../runtime/commands/progress.ts'
import { documentText } from '../../runtime/folders/documents.ts'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { hostFingerprint } from '../../runtime/live/host.ts'
import { build } from '../../runtime/version.ts'
import { figuresOfFidelity } from '../claims/figures/fidelity.ts'
import { beginStudy } from '../claims/record.ts'
import { MUTANTS } from '../mutants/index.ts'
import { keepStudy, runStudy } from '../study.ts'
import type { FidelityReport } from './fidelity-report.ts'
import { type CaseReport, type ChangeReport, judgeCase, judgeChange } from './judge.ts'
import { mutantRows } from './mutant-matrix.ts'
import { fidelityPage } from './page.ts'
import { predictionStudy } from './prediction.ts'
import { type Recording, recordSuite } from './record.ts'
import { fidelityHtml } from './report.ts'
import { sliceStudy } from './slices.ts'
import {
  JUDGED,
  quickSuite,
  REHEARSAL,
  type Session,
  slicePairs,
  smokePair,
  smokeSuite,
  wholeSuite,
} from './suite.ts'

/** Replays the suite on this machine, and reports what it found: `npm run fidelity -- --help`. */

/** Of each model. */
const CALIBRATION_S = 36
/** Where a part of the suite is kept. */
const QUICK = 'runs/fidelity-quick'
/** Where slices of several lengths are kept. */
const SLICED = 'runs/fidelity-slices'

await runStudy<{ readonly quick?: true; readonly slices?: true }>({
  script: 'fidelity',
  description:
    'Replays the suite on this machine, and reports how close the simulator is and whether the checks would detect a wrong simulator. Calibrations and replays are kept in runs/fidelity and used again, so an interrupted suite continues; remove that folder to measure again. Let nothing else run meanwhile.',
  examples: [
    ['', 'replays for half an hour, and writes docs/background/fidelity.md'],
    ['-- --quick', 'replays for five minutes into runs/fidelity-quick, and writes no page'],
    [
      '-- --slices',
      'compares slices of 1, 0.5 and 0.25 s for half an hour, into runs/fidelity-slices; no page',
    ],
  ],
  define: (command) =>
    command
      .option('--quick', 'a part of the suite, in five minutes; writes no page')
      .option('--slices', 'how much ratios scatter by the length of slices, in place of the suite'),
  smoke: async (folder) => {
    const { cases, changes, rows } = await studied(folder, smokeSuite(), 3)
    const lengths = { lengths: [250, 500], rounds: 1, calibrationSeconds: 3 }
    await sliceStudy({ folder, pairs: [smokePair()], ...lengths })
    return `${rows} requests of ${cases.length} cases replayed and ${changes.length} change judged`
  },
  run: async ({ quick = false, slices = false }) => {
    if (slices) {
      const lengths = { lengths: [1000, 500, 250], rounds: 12, calibrationSeconds: CALIBRATION_S }
      process.stdout.write(await sliceStudy({ folder: SLICED, pairs: slicePairs(8), ...lengths }))
      return
    }
    const begun = quick ? null : beginStudy('fidelity')
    const report = quick
      ? await studied(QUICK, quickSuite(), CALIBRATION_S)
      : await studied('runs/fidelity', wholeSuite(), CALIBRATION_S)
    const page = fidelityPage(report)
    process.stdout.write(page)
    if (begun === null) return
    const { minutes, cases } = report
    const traced = cases.some(({ name }) => name === 'azure-code')
    const figures = figuresOfFidelity(report)
    await keepStudy(begun, { figures, page, minutes, ...(!traced && { data: null }) })
  },
})

/** Replays a suite after so many seconds of calibration for each model, and writes its report. */
async function studied(
  out: string,
  suite: readonly Session[],
  calibrationSeconds: number,
): Promise<FidelityReport> {
  const report = await judge(out, await recordSuite(out, suite, calibrationSeconds))
  await writeWhole(join(out, 'fidelity.json'), documentText(report))
  const reportFile = join(out, 'report.html')
  await writeWhole(reportFile, await fidelityHtml(report))
  process.stderr.write(`report: ${reportFile}\n`)
  return report
}

async function judge(out: string, recorded: Recording): Promise<FidelityReport> {
  const started = performance.now()
  const progress = new ProgressDisplay()
  const all = [...recorded.cases.values()].filter(
    ({ case: { name } }) => !name.startsWith(REHEARSAL),
  )
  const cases: CaseReport[] = []
  for (const recordedCase of all) {
    progress.update('structure, prediction and audit', cases.length, all.length)
    cases.push(await judgeCase(recordedCase, recorded))
  }
  const changed = all.filter((recordedCase) => recordedCase.case.against !== undefined)
  const changes: ChangeReport[] = []
  for (const recordedCase of changed) {
    progress.update('what if', changes.length, changed.length)
    changes.push(await judgeChange(recordedCase, recorded))
  }
  const mutants = mutantRows(recorded, MUTANTS, (done, of) => progress.update('mutants', done, of))
  progress.stop()
  const judged = cases.filter(({ name }) => name.startsWith(JUDGED))
  const runs = all.flatMap((recordedCase) => recordedCase.runs)
  const date = new Date().toISOString().slice(0, 10)
  return {
    host: hostFingerprint(),
    made: { date, ...build(), quick: out === QUICK },
    minutes: recorded.minutes + (performance.now() - started) / 60_000,
    rows: runs.reduce((sum, run) => sum + run.rows.count, 0),
    checksum: checksumOf(join(out, 'replays')),
    cases,
    changes,
    prediction: predictionStudy(judged),
    mutants,
  }
}

/** Over the raw rows of every replay, in the order of their paths. */
function checksumOf(folder: string): string {
  const hash = createHash('sha256')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  for (const file of files.filter((name) => name.endsWith('.parquet')).sort()) {
    hash.update(readFileSync(join(folder, file)))
  }
  return hash.digest('hex')
}
