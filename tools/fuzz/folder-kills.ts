import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { settleFolder } from '../../runtime/folders/replace-files.ts'
import { words } from './choose.ts'
import type { Outcome } from './outcome.ts'
import type { Runner } from './runner.ts'
import { SWEEP } from './stock.ts'

/**
 * Commands that write the same bytes whenever they are run: after a kill their folder has to be as
 * it was, or as it is when the command ends, and the same command has to end as if nothing were.
 */

/** What fills the folder before, if anything, and what is killed then. */
export interface WrittenBy {
  readonly old: readonly string[] | null
  readonly now: readonly string[]
}

/** The same command with two values of an option. */
const twice = (command: readonly string[], option: string, values: readonly [string, string]) => ({
  old: [...command, option, values[0]],
  now: [...command, option, values[1]],
})
const seeded = (command: readonly string[]) => twice(command, '--seed', ['1', '2'])

const PLAN = 'plan declared.yaml --set duration_s=20 --set slo.web=["goodput>1%"] --replications 6'
const TRACE = 'rows.csv --format csv --columns time=t --columns input_tokens=n --time-unit s'
const VARIANTS = ['--variant', 'a:', '--variant', 'b: pools.first.replicas=3']

export const EXACT: Readonly<Record<string, WrittenBy>> = {
  sweep: { old: null, now: words(`${SWEEP} --resume`) },
  merge: { old: null, now: words('merge shard-1 shard-2') },
  plan: { old: null, now: words(`${PLAN} --resume`) },
  gate: seeded(words('gate declared.yaml --replications 4 --against-set pools.first.replicas=2')),
  variants: seeded([...words('variants declared.yaml --replications 4'), ...VARIANTS]),
  blame: seeded(words('blame declared.yaml --replications 2')),
  compare: twice(words('compare kept'), '--replications', ['40', '41']),
  report: { old: words('report kept --charts svg'), now: words('report simulated --charts svg') },
  timeline: { old: words('timeline kept'), now: words('timeline kept --flows') },
  requests: seeded(words('requests tiny.yaml')),
  fit: {
    old: words('fit bert.yaml measured.csv --set pools.gpu.precision=fp32'),
    now: words('fit bert.yaml measured.csv'),
  },
  'trace fit': seeded(words(`trace fit ${TRACE} --replications 39`)),
  'trace inspect': {
    old: words(`trace inspect ${TRACE}`),
    now: words(`trace inspect ${TRACE} --jitter-s 3`),
  },
}

/** A journal has rows in the order in which they were simulated, with torn lines between. */
const UNORDERED = new Set(['journal.jsonl', 'plan-journal.jsonl'])

/** Every file below a folder with a hash of its content; an empty text for none. */
export function contentOf(folder: string): string {
  if (!existsSync(folder)) return ''
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
  const files = names.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(folder.length + 1)
    if (!entry.isFile()) return entry.name.startsWith('.') ? [name] : []
    if (UNORDERED.has(name)) return [name]
    return [`${name} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`]
  })
  return files.sort().join('\n')
}

/** What differs between two texts of `contentOf`. */
function differing(ourText: string, theirText: string): string {
  const [ours, theirs] = [ourText.split('\n'), theirText.split('\n')]
  const only = (lines: readonly string[], others: readonly string[]) =>
    lines.filter((line) => !others.includes(line)).map((line) => line.split(' ')[0]!)
  return [...new Set([...only(ours, theirs), ...only(theirs, ours)])].join(', ')
}

/** The state of the folder `out` after a kill; adds to `faults`. */
export async function exactState(
  folder: string,
  { now }: WrittenBy,
  folders: { readonly before: string; readonly after: string },
  runner: Runner,
  faults: string[],
): Promise<'before' | 'after' | 'mixed'> {
  const [before, after] = [contentOf(folders.before), contentOf(folders.after)]
  const out = join(folder, 'out')
  const settled = join(folder, 'settled')
  if (existsSync(out)) cpSync(out, settled, { recursive: true })
  await settleFolder(settled)
  const left = contentOf(settled)
  rmSync(settled, { recursive: true, force: true })
  // a sweep or a plan that has begun goes on: what it has simulated is there
  const begun =
    /^((journal\.jsonl\n)?manifest\.json \w+|plan-journal\.jsonl)$/.test(left) && before === ''
  const state = left === after ? 'after' : left === before || begun ? 'before' : 'mixed'
  if (state === 'mixed') faults.push(`its folder is mixed: ${differing(left, after)}`)
  const again: Outcome = await runner.runIn(folder, [...now, '--out', 'out'])
  if (![0, 4, 5].includes(again.code ?? 1)) {
    faults.push(`run again it ends with ${again.code}: ${again.stderr.slice(0, 200)}`)
  }
  const end = contentOf(out)
  if (end !== after) faults.push(`run again it leaves another folder: ${differing(end, after)}`)
  return state
}
