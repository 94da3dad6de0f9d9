import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../../sim/kernel/index.ts'
import { commandsIn, send } from '../../test/command-line.ts'
import { words } from './choose.ts'

/** A sweep whose coordinator is killed with SIGKILL again and again: no row is lost or double. */

/** Files that have the same bytes whatever happened on the way. */
export const SWEEP_FILES = ['manifest.json', 'sweep.json', 'results.parquet', 'report.html']

/** Configurations of about a twentieth of a second each, of which some are invalid. */
const SWEEP =
  'sweep declared.yaml --replications 2 --set duration_s=12 --set pools.first.replicas=0..4'
const MORE = '--set pools.second.batching.max_batch=1..6'
const CONFIGURATIONS = 30

export interface KilledSweeps {
  readonly kills: number
  /** sweeps that were completed, each of several kills */
  readonly completed: number
  /** rows that were on the disk at each kill */
  readonly rows: readonly number[]
  readonly faults: readonly string[]
}

/** Whole lines of a journal by configuration, in the order of the file. */
function configurationsIn(path: string): number[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.flatMap((line) => {
    try {
      return [(JSON.parse(line) as { configuration: number }).configuration]
    } catch {
      // a torn line, after which the next process went on
      return []
    }
  })
}

/** What differs between two folders of complete sweeps, and rows that are lost or double. */
export function sweepFaults(whole: string, other: string, configurations: number): string[] {
  const differing = SWEEP_FILES.filter(
    (name) => !readFileSync(join(whole, name)).equals(readFileSync(join(other, name))),
  ).map((name) => `${name} differs`)
  const numbers = configurationsIn(join(other, 'journal.jsonl'))
  const all = Array.from({ length: configurations }, (_, i) => i + 1)
  const lost = all.filter((number) => !numbers.includes(number))
  const twice = numbers.filter((number, i) => numbers.indexOf(number) < i)
  return [
    ...differing,
    ...(lost.length > 0 ? [`lost: ${lost.join(', ')}`] : []),
    ...(twice.length > 0 ? [`simulated twice: ${twice.join(', ')}`] : []),
  ]
}

/** Kills sweeps in `folder`, which has declared.yaml, at random moments of their usual time. */
export async function killSweeps(
  folder: string,
  kills: number,
  seed: number,
): Promise<KilledSweeps> {
  const { start, runProcess } = commandsIn(folder)
  const args = (out: string) => [...words(`${SWEEP} ${MORE}`), '--resume', '--out', out]
  const began = performance.now()
  const reference = await runProcess(...args('whole'))
  const usualMs = performance.now() - began
  if (reference.code !== 0) throw new Error(`the sweep ended with ${reference.code}`)
  const random = new Random(`sweeps/${seed}`)
  const faults: string[] = []
  const rows: number[] = []
  const whole = join(folder, 'whole')
  const killed = join(folder, 'killed')
  let completed = 0
  while (rows.length < kills || existsSync(killed)) {
    const { child, ended } = start(args('killed'))
    const pid = child.pid!
    const inTime = rows.length < kills
    const [atMs, toGroup] = [random.uniform() * usualMs, random.uniform() < 0.5]
    const late = setTimeout(() => send(toGroup ? -pid : pid, 'SIGKILL'), inTime ? atMs : 2 ** 30)
    const { code, stderr } = await ended
    clearTimeout(late)
    // null: by the signal
    if (code === null) {
      rows.push(configurationsIn(join(killed, 'journal.jsonl')).length)
      continue
    }
    if (code !== 0) faults.push(`ended with ${code}: ${stderr.slice(-300)}`)
    else faults.push(...sweepFaults(whole, killed, CONFIGURATIONS))
    completed++
    rmSync(killed, { recursive: true })
  }
  return { kills: rows.length, completed, rows, faults }
}
