import { spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { percent } from '../../reports/format.ts'
import { readTicks, stealOf } from '../../runtime/noise/steal.ts'
import { packageDirectory } from '../../runtime/version.ts'
import { EXIT, type ExitCode } from '../../scenarios/index.ts'
import { writeDocuments } from './documents.ts'
import type { StudyName } from './figures/index.ts'
import { minutesText } from './head.ts'
import { readBeginning, readRecord } from './record.ts'
import { repositoryAt } from './repository.ts'
import { stateOf, stateSince, stateText } from './state.ts'
import { commandOf, minutesOf, STUDIES, type Study } from './studies.ts'

/** Runs studies again, one after another, and writes README and docs from their records. */

const print = (text: string) => process.stderr.write(`${text}\n`)

/** Runs those of the studies that are not current. A study that was interrupted goes on. */
export async function runStudies(studies: readonly StudyName[]): Promise<ExitCode> {
  const due = studies.filter((study) => stateOf(study).kind !== 'current')
  for (const study of studies) {
    if (!due.includes(study)) print(`${study}: current, left out`)
  }
  if (due.length === 0) return EXIT.ok
  announce(due)
  const running = new Running()
  try {
    if (due.some((study) => STUDIES[study].timed)) await warnOfNoise()
    for (const study of due) {
      if (running.interrupted) break
      // another study may have written its record, too
      if (stateOf(study).kind === 'current') continue
      dropOldRun(STUDIES[study])
      print(`\n${study}: ${commandOf(STUDIES[study])}`)
      const ended = await running.run('npm', npmArguments(STUDIES[study]))
      await writeDocuments()
      print(`${study}: ended with ${ended}; ${stateText(stateOf(study))}`)
    }
  } finally {
    running.close()
  }
  const left = due.filter((study) => stateOf(study).kind !== 'current')
  if (running.interrupted) {
    print(`\ninterrupted; not current: ${left.join(', ')}. npm run claims -- --run goes on`)
    return EXIT.interrupted
  }
  if (left.length > 0) print(`\nstill not current: ${left.join(', ')}`)
  return left.length > 0 ? EXIT.failed : EXIT.ok
}

const npmArguments = ({ script, args }: Study) => ['run', '--silent', script, '--', ...args]

/** What will run, and how long that takes by the records. */
function announce(due: readonly StudyName[]): void {
  let total = 0
  const unknown: string[] = []
  for (const study of due) {
    const { data } = STUDIES[study]
    const minutes = minutesOf(STUDIES[study], readRecord(study))
    if (minutes === null) unknown.push(study)
    else total += minutes
    const duration = minutes === null ? 'unknown time' : `about ${minutesText(minutes)}`
    print(`${study}: ${stateText(stateOf(study))}; ${duration}`)
    if (data !== null) print(`  needs ${data}`)
  }
  const parts = [
    ...(total > 0 ? [`about ${minutesText(total)}`] : []),
    ...(unknown.length > 0 ? [`the unknown time of ${unknown.join(', ')}`] : []),
  ]
  print(`\nin all ${parts.join(', and ')}`)
}

const LOOK_MS = 2000
/** Of the average of a minute, and of the time that other machines take from this one. */
const QUIET = { load: 0.3, stolen: 0.01 }

async function warnOfNoise(): Promise<void> {
  const before = readTicks()
  await sleep(LOOK_MS)
  const stolen = stealOf(before, readTicks(), null) ?? 0
  const [load] = loadavg()
  if (load! <= QUIET.load && stolen <= QUIET.stolen) return
  const text = `load average ${load!.toFixed(1)}, ${percent(stolen)} of the time stolen`
  print(
    `the machine is not quiet (${text}): figures of time will be worse than they are; Ctrl-C stops`,
  )
}

/** Removes a kept run of other code: its replays would be taken for those of this code. */
function dropOldRun({ keptIn, dependsOn }: Study): void {
  if (keptIn === undefined) return
  const folder = join(packageDirectory(), keptIn)
  if (!existsSync(folder)) return
  const begun = readBeginning(folder)
  if (begun !== null && stateSince(begun, dependsOn, repositoryAt()).kind === 'current') {
    print(`${keptIn}: goes on with the run that is kept there`)
    return
  }
  print(`${keptIn}: removed, as it is of other code`)
  rmSync(folder, { recursive: true })
}

/** Runs one command at a time. A signal to this process goes to the command, once. */
export class Running {
  interrupted = false
  #pid: number | null = null
  /** Sends a signal to the command that runs; no further one is to be run. */
  readonly stop = (signal: NodeJS.Signals) => {
    this.interrupted = true
    // its group: npm, and what npm runs
    if (this.#pid !== null) process.kill(-this.#pid, signal)
  }

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, this.stop)
  }

  /** The exit code, or the signal that ended it. */
  run(program: string, args: readonly string[]): Promise<number | NodeJS.Signals> {
    // a group of its own: Ctrl-C reaches this process alone, which sends it on
    const options = { cwd: packageDirectory(), stdio: 'inherit', detached: true } as const
    const child = spawn(program, args, options)
    this.#pid = child.pid ?? null
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        this.#pid = null
        resolve(code ?? signal!)
      })
    })
  }

  close(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, this.stop)
  }
}
