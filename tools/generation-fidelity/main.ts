import { join } from 'node:path'
import { ProgressDisplay } from '../../runtime/commands/progress.ts'
import { documentText } from '../../runtime/folders/documents.ts'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { figuresOfGeneration } from '../claims/figures/generation-fidelity.ts'
import { beginStudy } from '../claims/record.ts'
import { judgeCase, judgeChange } from '../fidelity/judge.ts'
import { mutantRows } from '../fidelity/mutant-matrix.ts'
import { type Recording, recordSuite } from '../fidelity/record.ts'
import { REHEARSAL, type Session } from '../fidelity/suite.ts'
import { GENERATION_MUTANTS } from '../mutants/index.ts'
import { keepStudy, runStudy } from '../study.ts'
import { generationPage } from './page.ts'
import type { GenerationReport } from './report.ts'
import { generationSuite, smokeGenerationSuite } from './suite.ts'

/** Replays generation on this machine, and reports: `npm run fidelity:generation -- --help`. */

const CALIBRATION_S = 60
const FOLDER = 'runs/generation-fidelity'

await runStudy({
  script: 'fidelity:generation',
  description: `Replays continuous batching on a decoder of Spillway's own, and reports how close the simulator is and whether the checks would detect a wrong one. What is recorded is kept in ${FOLDER} and used again, so an interrupted suite continues; remove that folder to measure again. Let nothing else run meanwhile.`,
  examples: [['', 'replays for half an hour, and writes docs/background/generation-fidelity.md']],
  smoke: async (folder) => {
    const report = await studied(folder, smokeGenerationSuite(), 3)
    generationPage(report)
    return `${report.rows} requests with ${report.tokens} tokens replayed in ${report.cases.length} cases`
  },
  run: async () => {
    const begun = beginStudy('generation-fidelity')
    const report = await studied(FOLDER, generationSuite(), CALIBRATION_S)
    const page = generationPage(report)
    process.stdout.write(page)
    await keepStudy(begun, {
      figures: figuresOfGeneration(report),
      page,
      minutes: report.minutes,
    })
  },
})

/** Replays a suite after so many seconds of calibration, and keeps what it found. */
async function studied(
  out: string,
  suite: readonly Session[],
  calibrationSeconds: number,
): Promise<GenerationReport> {
  const report = await judged(await recordSuite(out, suite, calibrationSeconds))
  await writeWhole(join(out, 'report.json'), documentText(report))
  return report
}

async function judged(recorded: Recording): Promise<GenerationReport> {
  const started = performance.now()
  const progress = new ProgressDisplay()
  const all = [...recorded.cases.values()].filter(
    ({ case: { name } }) => !name.startsWith(REHEARSAL),
  )
  const cases: GenerationReport['cases'][number][] = []
  for (const recordedCase of all) {
    progress.update('structure, prediction and audit', cases.length, all.length)
    cases.push(await judgeCase(recordedCase, recorded))
  }
  const changes: GenerationReport['changes'][number][] = []
  const changed = all.filter((recordedCase) => recordedCase.case.against !== undefined)
  for (const recordedCase of changed) {
    progress.update('what if', changes.length, changed.length)
    changes.push(await judgeChange(recordedCase, recorded))
  }
  const mutants = mutantRows(recorded, GENERATION_MUTANTS, (done, of) => {
    progress.update('mutants', done, of)
  })
  progress.stop()
  const runs = all.flatMap((recordedCase) => recordedCase.runs)
  return {
    minutes: recorded.minutes + (performance.now() - started) / 60_000,
    rows: runs.reduce((sum, { rows }) => sum + rows.count, 0),
    tokens: runs.reduce((sum, { generated }) => sum + generated!.answers.tokens.length, 0),
    cases,
    changes,
    mutants,
  }
}
