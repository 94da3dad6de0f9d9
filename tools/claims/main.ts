import { Command, InvalidArgumentError } from 'commander'
import { EXIT } from '../../scenarios/index.ts'
import { statedOf, writeDocuments } from './documents.ts'
import { STUDY_NAMES, type StudyName } from './figures/index.ts'
import { commitText, machineText, minutesText } from './head.ts'
import { readRecord } from './record.ts'
import { runStudies } from './run.ts'
import { stateOf, stateText } from './state.ts'
import { commandOf, minutesOf, STUDIES } from './studies.ts'

/** `npm run claims`: what README and docs claim, and whether it is of the code as it is now. */

const program = new Command('npm run claims --')
  .description(
    `What README and docs claim, by study: its figures, its command, and whether its record is current.
A record is stale if commits after it touch what it depends on.`,
  )
  .argument('[study...]', `one of ${STUDY_NAMES.join(', ')}; by default all`, named, [])
  .option('--run', 'run again what is not current, one after another; what was interrupted goes on')
  .option('--write', 'write README, the page of claims and the heads of pages from the records')
  .option('--check', `exit with ${EXIT.failed} if a study is not current`)
  .addHelpText(
    'after',
    `
Examples:
  npm run claims                         every claim and its state
  npm run claims -- bench                one study
  npm run claims -- --run                run again what is stale or was never run
  npm run claims -- --run bench digests  two studies, if they are not current
  npm run claims -- --write              write README and docs, after a study was run by its own command

Exit codes: ${EXIT.ok} done; ${EXIT.usage} wrong usage; ${EXIT.failed} with --check or --run, a study is not current; ${EXIT.interrupted} interrupted.`,
  )
  .showHelpAfterError('(add --help for usage)')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage))

/** Collects names of studies. */
function named(name: string, previous: readonly StudyName[]): StudyName[] {
  const study = STUDY_NAMES.find((candidate) => candidate === name)
  if (study !== undefined) return [...previous, study]
  throw new InvalidArgumentError(`No such study. Studies: ${STUDY_NAMES.join(', ')}.`)
}

program.parse()
const { run, write, check } = program.opts<{ run?: true; write?: true; check?: true }>()
const names = program.processedArgs[0] as readonly StudyName[]
const studies = names.length > 0 ? names : STUDY_NAMES

if (run) process.exitCode = await runStudies(studies)
else if (write) {
  const written = await writeDocuments()
  console.log(written.length === 0 ? 'nothing differs' : `wrote ${written.join(', ')}`)
} else console.log(studies.map(blockOf).join('\n\n'))
if (!run && !write && names.length === 0) console.log(`\n${summaryOf(studies)}`)
if (check && studies.some((study) => stateOf(study).kind !== 'current')) {
  process.exitCode = EXIT.failed
}

/** The lines of a study. */
function blockOf(study: StudyName): string {
  const record = readRecord(study)
  const { page, data, dependsOn } = STUDIES[study]
  const minutes = minutesOf(STUDIES[study], record)
  const lines = [
    ['record', recordText(study)],
    [
      'command',
      `${commandOf(STUDIES[study])}${minutes === null ? '' : `, ${minutesText(minutes)}`}`,
    ],
    ['page', page],
    ['data', data],
    // long, so only of studies that are named
    ['depends', names.length > 0 ? dependsOn.join(' ') : null],
    ...statedOf(study).flatMap(({ claim, answer }) => [
      [claim.inReadme ? 'README' : 'claim', `${claim.question} ${answer}`],
    ]),
  ]
  const rows = lines.flatMap(([name, text]) => (text ? [`  ${name!.padEnd(8)} ${text}`] : []))
  return [`${study}: ${stateText(stateOf(study))}`, ...rows].join('\n')
}

function recordText(study: StudyName): string | null {
  const record = readRecord(study)
  if (record === null) return null
  const { commit, date, machine, transcribed } = record
  return [
    commitText(commit).replaceAll('`', ''),
    date,
    ...(machine === null ? [] : [machineText(machine)]),
    ...(transcribed ? ['taken from what a run before there were records had written'] : []),
  ].join(', ')
}

/** "2 of 13 studies are current; not current: …". */
function summaryOf(all: readonly StudyName[]): string {
  const others = all.filter((study) => stateOf(study).kind !== 'current')
  const current = `${all.length - others.length} of ${all.length} studies are current`
  return others.length === 0 ? current : `${current}; not current: ${others.join(', ')}`
}
