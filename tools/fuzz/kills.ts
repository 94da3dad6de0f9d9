import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../../sim/kernel/index.ts'
import { pick } from './choose.ts'
import { type Workshop, withRunners } from './inputs.ts'
import type { Runner } from './runner.ts'
import { CLI } from './stock.ts'

/** Kills of commands at random moments: their exit, and the state of their folders. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const
type Signal = (typeof SIGNALS)[number]

const OLD_SEED = 1
const NEW_SEED = 2
/** Environment variable that marks a command and all processes it starts. */
const MARK = 'SPILLWAY_FUZZ_MARK'
const PROFILE = ['--profile', 'profile.json']

/** Short commands that write a folder. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  simulate: ['simulate', 'declared.yaml', '--keep-rows'],
  calibrate: ['calibrate', 'tiny.yaml', '--seconds', '0.5'],
  replay: ['replay', 'tiny.yaml', '--replays', '1', '--decision-log', ...PROFILE],
  run: [
    ...['run', 'tiny.yaml', '--seconds', '0.3', '--replays', '1', '--replications', '10'],
    '--keep-rows',
  ],
}

/** Documents that contain the seed of their run. */
const DOCUMENTS = ['scenario', 'simulated', 'measured', 'comparison']
const UNFINISHED = /\.tmp$/
/** Time for processes to end, ms. */
const ORPHAN_MS = 10_000
const POLL_MS = 50
const LIMIT_MS = 60_000

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
  /** content of the folder afterwards */
  readonly documents: 'before' | 'after' | 'refused' | 'mixed'
  readonly faults: readonly string[]
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

interface Started {
  readonly child: ChildProcess
  readonly mark: string
  readonly ended: Promise<Ended>
}

function start(command: string, seed: number, folder: string, cache: string): Started {
  const args = [CLI, ...COMMANDS[command]!, '--seed', String(seed), '--out', 'out']
  const mark = randomUUID()
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, SPILLWAY_CACHE: cache, NO_COLOR: '1', [MARK]: mark },
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (data) => {
    stderr += data
  })
  // not `close`: a living child of it keeps the pipe open
  const ended = new Promise<Ended>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal, stderr }))
  })
  return { child, mark, ended }
}

/** Processes of a command, including itself: all have its mark in their environment. */
function familyOf(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'latin1')
        return environment.split('\0').includes(`${MARK}=${mark}`)
      } catch {
        return false
      }
    })
    .map(Number)
}

/** Processes that are still alive after a while; they are then ended. */
async function orphansOf(mark: string): Promise<readonly number[]> {
  const until = performance.now() + ORPHAN_MS
  for (;;) {
    const left = familyOf(mark)
    if (left.length === 0) return []
    if (performance.now() > until) {
      for (const pid of left) process.kill(pid, 'SIGKILL')
      return left
    }
    await wait(POLL_MS)
  }
}

function send({ signal, toGroup }: Kill, child: ChildProcess): void {
  try {
    process.kill(toGroup ? -child.pid! : child.pid!, signal)
  } catch {
    // it has ended just now
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

/** State of a folder once the next command has read it. */
async function documentsIn(
  folder: string,
  command: string,
  runner: Runner,
): Promise<{ readonly documents: KillOutcome['documents']; readonly faults: string[] }> {
  const out = join(folder, 'out')
  const faults: string[] = []
  let documents: KillOutcome['documents'] = 'before'
  if (command === 'calibrate') {
    JSON.parse(readFileSync(join(out, 'profile.json'), 'utf8'))
  } else {
    const { code, stderr } = await runner.runIn(folder, ['report', 'out'])
    if (code === 3 || code === 6) documents = 'refused'
    else if (code !== 0) faults.push(`report ends with ${code}: ${stderr.slice(0, 200)}`)
    const seeds = seedsIn(out)
    if (documents !== 'refused') {
      if (seeds.size > 1) documents = 'mixed'
      else if (seeds.has(NEW_SEED)) documents = 'after'
      const hasRows = readdirSync(out).some((name) => name.endsWith('.parquet'))
      const audit = hasRows ? await runner.runIn(folder, ['audit', 'out']) : null
      if (audit !== null && audit.code !== 0 && audit.code !== 4) {
        documents = 'mixed'
        faults.push(`audit ends with ${audit.code}: ${audit.stderr.slice(0, 200)}`)
      } else if (!hasRows) {
        documents = 'mixed'
        faults.push('its rows are gone')
      }
    }
    if (documents === 'mixed') faults.push(`documents of seeds ${[...seeds].join(' and ')}`)
  }
  if (unfinishedIn(folder).length > 0) {
    const next = ['simulate', 'declared.yaml', '--replications', '1', '--out', 'out']
    await runner.runIn(folder, next)
    const left = unfinishedIn(folder)
    if (left.length > 0) faults.push(`leaves ${left.join(', ')}`)
  }
  return { documents, faults }
}

/** Faults in the end of a killed command. */
function faultsOf(kill: Kill, { code, signal, stderr }: Ended): string[] {
  const ended = `ended with ${code ?? signal}: ${stderr.slice(-300)}`
  if (kill.signal === 'SIGKILL')
    return signal === 'SIGKILL' || code === 0 || code === 4 ? [] : [ended]
  if (code === 130 || code === 0 || code === 4) return []
  // a process that has not begun has no signal handler: the system ends it
  if (signal === kill.signal && stderr === '') return []
  return [ended]
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
  onOutcome: (outcome: KillOutcome) => void,
): Promise<Kills> {
  const lengthsMs: Record<string, number> = {}
  const before = (command: string) => join(shop.folder, `before-${command}`)
  for (const command of Object.keys(COMMANDS)) {
    await shop.within({ args: [] }, async (folder) => {
      await start(command, OLD_SEED, folder, shop.cache).ended
      const began = performance.now()
      const { code, stderr } = await start(command, OLD_SEED, folder, shop.cache).ended
      lengthsMs[command] = performance.now() - began
      if (code !== 0 && code !== 4) throw new Error(`${command} ended with ${code}: ${stderr}`)
      cpSync(join(folder, 'out'), before(command), { recursive: true })
    })
  }
  const outcomes: KillOutcome[] = []
  let next = 0
  const work = async (runner: Runner) => {
    while (next < count) {
      const random = new Random(`kills/${seed}/${next++}`)
      const command = pick(random, Object.keys(COMMANDS))
      const kill: Kill = {
        command,
        signal: pick(random, SIGNALS),
        atMs: random.uniform() * lengthsMs[command]!,
        toGroup: random.uniform() < 0.5,
      }
      const outcome = await shop.within({ args: [] }, async (folder) => {
        cpSync(before(command), join(folder, 'out'), { recursive: true })
        return killed(kill, folder, shop.cache, runner)
      })
      outcomes.push(outcome)
      onOutcome(outcome)
    }
  }
  await withRunners(shop, LIMIT_MS, work)
  return { outcomes, lengthsMs }
}

async function killed(
  kill: Kill,
  folder: string,
  cache: string,
  runner: Runner,
): Promise<KillOutcome> {
  const { child, mark, ended } = start(kill.command, NEW_SEED, folder, cache)
  const late = setTimeout(() => send(kill, child), kill.atMs)
  const stuck = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), LIMIT_MS)
  const end = await ended
  clearTimeout(late)
  clearTimeout(stuck)
  const faults = faultsOf(kill, end)
  const orphans = await orphansOf(mark)
  if (orphans.length > 0) faults.push(`leaves ${orphans.length} processes behind`)
  const cores = readdirSync(folder).filter((name) => /^core(\.|$)/.test(name))
  if (cores.length > 0) faults.push('leaves a core file')
  const found = await documentsIn(folder, kill.command, runner)
  return {
    ...kill,
    ended: String(end.code ?? end.signal),
    documents: found.documents,
    faults: [...faults, ...found.faults],
  }
}

/** Kills by command and signal: exits, and states of the folders afterwards. */
export function killsText({ outcomes, lengthsMs }: Kills): string {
  const ends = [...new Set(outcomes.map(({ ended }) => ended))].sort()
  const held = ['before', 'after', 'refused', 'mixed'] as const
  const heads = ['kills', ...ends, ...held, 'faults']
  const row = (name: string, cells: readonly unknown[]) =>
    name.padEnd(28) + cells.map((cell, i) => String(cell).padStart(heads[i]!.length + 2)).join('')
  const rows = Object.entries(lengthsMs).flatMap(([command, ms]) =>
    SIGNALS.map((signal) => {
      const matching = outcomes.filter(
        (outcome) => outcome.command === command && outcome.signal === signal,
      )
      const number = (test: (outcome: KillOutcome) => boolean) => matching.filter(test).length
      return row(`${command} (${(ms / 1000).toFixed(1)} s) ${signal.slice(3)}`, [
        matching.length,
        ...ends.map((end) => number(({ ended }) => ended === end)),
        ...held.map((what) => number(({ documents }) => documents === what)),
        number(({ faults }) => faults.length > 0),
      ])
    }),
  )
  return [row('', heads), ...rows].join('\n')
}
