import { randomUUID } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { alignColumns } from '../../reports/terminal/align.ts'
import { Random } from '../../sim/kernel/index.ts'
import { commandsIn, processesWith, send } from '../../test/command-line.ts'
import { pick, words } from './choose.ts'
import { EXACT, exactState, type WrittenBy } from './folder-kills.ts'
import { type Workshop, withRunners } from './inputs.ts'
import type { Outcome } from './outcome.ts'
import type { Runner } from './runner.ts'

/** Kills of commands at random moments: their exit, and the state of their folders. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const
type Signal = (typeof SIGNALS)[number]
/** Content of a folder after a kill. */
const STATES = ['before', 'after', 'refused', 'mixed'] as const
type State = (typeof STATES)[number]

/** Exit codes of a command that was not interrupted: done, failed, undecided. */
const DONE: readonly (number | null)[] = [0, 4, 5]
const OLD_SEED = 1
const NEW_SEED = 2
/** Environment variable that marks a command and all processes it starts. */
const MARK = 'SPILLWAY_FUZZ_MARK'

/** Short commands that write a folder, and measure or draw: their documents have the seed. */
const COMMANDS: Readonly<Record<string, string>> = {
  simulate: 'simulate declared.yaml --keep-rows',
  calibrate: 'calibrate tiny.yaml --seconds 0.5',
  replay: 'replay tiny.yaml --replays 1 --decision-log --profile profile.json',
  run: 'run tiny.yaml --seconds 0.3 --replays 1 --replications 10',
}

/** All commands that can be killed. */
export const KILLED: readonly string[] = [...Object.keys(COMMANDS), ...Object.keys(EXACT)]

/** Documents that contain the seed of their run. */
const DOCUMENTS = ['scenario', 'simulated', 'measured', 'comparison']
/** Files and hidden folders of a change that was not finished. */
const UNFINISHED = /\.tmp$|(^|\/)\.spillway-[^/]*$/
/** Time for processes to end, ms. */
const ORPHAN_MS = 10_000
const POLL_MS = 50
/** Time limit of a command, ms. */
export const KILL_LIMIT_MS = 60_000

export interface Kill {
  readonly command: string
  readonly signal: Signal
  /** ms after the start */
  readonly atMs: number
  /** to the whole process group, as a terminal does, or only to its leader */
  readonly toGroup: boolean
}

export interface KillOutcome extends Kill {
  /** its exit code, or the signal that ended it */
  readonly ended: string
  readonly documents: State
  readonly faults: readonly string[]
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

/** The words of a command, for its first run and for the run that is killed. */
function argsOf(command: string, run: keyof WrittenBy): string[] | null {
  const exact = EXACT[command]
  if (exact !== undefined) {
    const line = exact[run]
    return line === null ? null : [...line, '--out', 'out']
  }
  const seed = run === 'old' ? OLD_SEED : NEW_SEED
  return [...words(COMMANDS[command]!), '--seed', String(seed), '--out', 'out']
}

function startMarked(args: readonly string[], folder: string, cache: string) {
  const mark = `${MARK}=${randomUUID()}`
  const variables = { SPILLWAY_CACHE: cache, [MARK]: mark.slice(MARK.length + 1) }
  const { child, text } = commandsIn(folder, { variables }).start(args)
  // not `close`: a living child of it keeps the pipe open
  const ended = new Promise<Ended>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal, stderr: text.stderr }))
  })
  return { pid: child.pid!, mark, ended }
}

/** Number of processes that are still alive after a while; they are then ended. */
async function orphansOf(mark: string): Promise<number> {
  const until = performance.now() + ORPHAN_MS
  for (;;) {
    const left = processesWith(mark)
    if (left.length === 0) return 0
    if (performance.now() > until) {
      for (const { pid } of left) send(pid, 'SIGKILL')
      return left.length
    }
    await wait(POLL_MS)
  }
}

/** Seeds of all documents in a folder. */
function seedsIn(folder: string): Set<number> {
  const seeds = DOCUMENTS.map((name) => join(folder, `${name}.json`))
    .filter((path) => existsSync(path))
    .map((path) => (JSON.parse(readFileSync(path, 'utf8')) as { seed: number }).seed)
  return new Set(seeds)
}

const unfinishedIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => UNFINISHED.test(name))

/** State of a folder, by the commands that read it next; adds to `faults`. */
async function stateOf(
  folder: string,
  command: string,
  runner: Runner,
  faults: string[],
): Promise<State> {
  const out = join(folder, 'out')
  if (command === 'calibrate') {
    JSON.parse(readFileSync(join(out, 'profile.json'), 'utf8'))
    return 'before'
  }
  const faultOf = (name: string, { code, stderr }: Outcome) =>
    `${name} ends with ${code}: ${stderr.slice(0, 200)}`
  const report = await runner.runIn(folder, ['report', 'out'])
  if (report.code === 3 || report.code === 6) return 'refused'
  if (report.code !== 0) faults.push(faultOf('report', report))
  const seeds = seedsIn(out)
  const hasRows = readdirSync(out).some((name) => name.endsWith('.parquet'))
  const audit = hasRows ? await runner.runIn(folder, ['audit', 'out']) : null
  const broken = audit !== null && !DONE.includes(audit.code)
  if (broken) faults.push(faultOf('audit', audit))
  if (!hasRows) faults.push('its rows are gone')
  const mixed = seeds.size > 1 || broken || !hasRows
  if (mixed) faults.push(`documents of seeds ${[...seeds].join(' and ')}`)
  return mixed ? 'mixed' : seeds.has(NEW_SEED) ? 'after' : 'before'
}

/** Unfinished files that the next command leaves. */
async function leftIn(folder: string, runner: Runner): Promise<string[]> {
  if (unfinishedIn(folder).length === 0) return []
  await runner.runIn(folder, words('simulate declared.yaml --replications 1 --out out'))
  return unfinishedIn(folder)
}

/** Faults in the end of a killed command. */
function faultsOf(kill: Kill, { code, signal, stderr }: Ended): string[] {
  // a process that has not begun has no signal handler: the system ends it
  const allowed =
    kill.signal === 'SIGKILL'
      ? signal === 'SIGKILL'
      : code === 130 || (signal === kill.signal && stderr === '')
  if (allowed || DONE.includes(code)) return []
  return [`ended with ${code ?? signal}: ${stderr.slice(-300)}`]
}

export interface Kills {
  readonly outcomes: readonly KillOutcome[]
  /** usual duration of each command, ms */
  readonly lengthsMs: Readonly<Record<string, number>>
}

/** Kills commands `count` times, at moments spread evenly over their usual duration. */
export async function kills(
  shop: Workshop,
  count: number,
  seed: number,
  commands: readonly string[],
  onOutcome: (outcome: KillOutcome) => void,
): Promise<Kills> {
  const lengthsMs: Record<string, number> = {}
  const foldersOf = (command: string) => ({
    before: join(shop.folder, `before-${command}`),
    after: join(shop.folder, `after-${command}`),
  })
  for (const command of commands) {
    await shop.within({ args: [] }, async (folder) => {
      const { before, after } = foldersOf(command)
      const runs = { old: before, now: after } as const
      for (const run of ['old', 'now'] as const) {
        const args = argsOf(command, run)
        if (args === null) continue
        const began = performance.now()
        const { code, stderr } = await startMarked(args, folder, shop.cache).ended
        lengthsMs[command] = performance.now() - began
        if (!DONE.includes(code)) throw new Error(`${command} ended with ${code}: ${stderr}`)
        cpSync(join(folder, 'out'), runs[run], { recursive: true })
      }
    })
  }
  const outcomes: KillOutcome[] = []
  let next = 0
  const work = async (runner: Runner) => {
    while (next < count) {
      const random = new Random(`kills/${seed}/${next++}`)
      const command = pick(random, commands)
      const kill: Kill = {
        command,
        signal: pick(random, SIGNALS),
        atMs: random.uniform() * lengthsMs[command]!,
        toGroup: random.uniform() < 0.5,
      }
      const outcome = await shop.within({ args: [] }, async (folder) => {
        const folders = foldersOf(command)
        if (existsSync(folders.before)) {
          cpSync(folders.before, join(folder, 'out'), { recursive: true })
        }
        return killed(kill, { folder, cache: shop.cache, folders, runner })
      })
      outcomes.push(outcome)
      onOutcome(outcome)
    }
  }
  await withRunners(shop, work)
  return { outcomes, lengthsMs }
}

interface KillIn {
  readonly folder: string
  readonly cache: string
  /** copies of the folder that is written, from before and after the command */
  readonly folders: { readonly before: string; readonly after: string }
  readonly runner: Runner
}

async function killed(
  kill: Kill,
  { folder, cache, folders, runner }: KillIn,
): Promise<KillOutcome> {
  const { pid, mark, ended } = startMarked(argsOf(kill.command, 'now')!, folder, cache)
  const late = setTimeout(() => send(kill.toGroup ? -pid : pid, kill.signal), kill.atMs)
  const stuck = setTimeout(() => send(-pid, 'SIGKILL'), KILL_LIMIT_MS)
  const end = await ended
  clearTimeout(late)
  clearTimeout(stuck)
  const faults = faultsOf(kill, end)
  const orphans = await orphansOf(mark)
  if (orphans > 0) faults.push(`leaves ${orphans} processes behind`)
  const cores = readdirSync(folder).filter((name) => /^core(\.|$)/.test(name))
  if (cores.length > 0) faults.push('leaves a core file')
  const exact = EXACT[kill.command]
  const documents = exact
    ? await exactState(folder, exact, folders, runner, faults)
    : await stateOf(folder, kill.command, runner, faults)
  const left = exact ? [] : await leftIn(folder, runner)
  if (left.length > 0) faults.push(`leaves ${left.join(', ')}`)
  return { ...kill, ended: String(end.code ?? end.signal), documents, faults }
}

/** Kills by command and signal: exits, and states of the folders afterwards. */
export function killsText({ outcomes, lengthsMs }: Kills): string {
  const ends = [...new Set(outcomes.map(({ ended }) => ended))].sort()
  const heads = ['', 'kills', ...ends, ...STATES, 'faults']
  const rows = Object.entries(lengthsMs).flatMap(([command, ms]) =>
    SIGNALS.map((signal) => {
      const matching = outcomes.filter(
        (outcome) => outcome.command === command && outcome.signal === signal,
      )
      const number = (test: (outcome: KillOutcome) => boolean) => matching.filter(test).length
      const counts = [
        matching.length,
        ...ends.map((end) => number(({ ended }) => ended === end)),
        ...STATES.map((state) => number(({ documents }) => documents === state)),
        number(({ faults }) => faults.length > 0),
      ]
      return [`${command} (${(ms / 1000).toFixed(1)} s) ${signal.slice(3)}`, ...counts.map(String)]
    }),
  )
  return alignColumns([heads, ...rows])
}
