import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Scenario } from '../../scenarios/index.ts'
import { type Audit, type Counts, type Result, resultSchema } from '../../sim/documents/index.ts'
import { Random } from '../../sim/kernel/index.ts'
import { chance, pick, words } from './choose.ts'
import { type Workshop, withRunners } from './inputs.ts'
import { materialOf } from './kinds/index.ts'
import { mutateTree, nudgeTree } from './mutate-tree.ts'
import { faultOf, type Outcome } from './outcome.ts'
import type { Runner } from './runner.ts'

/**
 * Mutated scenarios, of which those that run are audited. One replication is simulated and its rows
 * are kept, so the result states the figures of that replication alone: shares of time are at most
 * 1 to the last digit, requests are conserved, and the audit finds nothing.
 */

const SIMULATE = words('simulate s.yaml --replications 1 --workers 1 --keep-rows --out out -q')
const AUDIT = words('audit out --json -q')

/** Done, or an objective is not held, or that is undecided. */
const RAN: readonly (number | null)[] = [0, 4, 5]

/** What became of one scenario. */
export interface Audited {
  /** `long`: it was ended at the time limit */
  readonly end: 'refused' | 'long' | 'ran'
  readonly faults: readonly string[]
}

/** Simulates and audits the text of a scenario. */
export function auditScenario(shop: Workshop, runner: Runner, text: string): Promise<Audited> {
  const input = { args: SIMULATE, files: { 's.yaml': text } }
  return shop.within(input, async (folder) => {
    const simulated = await runner.runIn(folder, SIMULATE)
    if (simulated.overran === 'responsive') return { end: 'long', faults: [] }
    const fault = faultOf(SIMULATE, simulated)
    if (fault !== null)
      return { end: 'ran', faults: [`simulate: ${fault}${stderrText(simulated)}`] }
    if (!RAN.includes(simulated.code)) return { end: 'refused', faults: [] }
    const result = resultSchema.parse(
      JSON.parse(readFileSync(join(folder, 'out/simulated.json'), 'utf8')),
    )
    const faults = [
      ...shareFaults(result),
      ...countFaults(result, await arrivalsOf(join(folder, 'out'), result.classes.length)),
    ]
    const audited = await runner.runIn(folder, AUDIT)
    if (audited.overran === 'responsive') return { end: 'long', faults }
    return { end: 'ran', faults: [...faults, ...auditFaults(audited)] }
  })
}

const stderrText = ({ stderr }: Outcome) =>
  stderr === '' ? '' : `: ${stderr.trim().slice(0, 300)}`

function auditFaults(outcome: Outcome): string[] {
  const fault = faultOf(AUDIT, outcome)
  if (fault !== null) return [`audit: ${fault}${stderrText(outcome)}`]
  if (outcome.code === 0) return []
  if (outcome.code !== 4) return [`audit: exit code ${outcome.code}${stderrText(outcome)}`]
  const { runs, claims, reason } = JSON.parse(outcome.stdout) as Audit
  const faults = [
    ...runs.flatMap(({ rules, journal }) => [
      ...rules.flatMap(({ first }) =>
        first.slice(0, 1).map(({ rule, text }) => `${rule}: ${text}`),
      ),
      ...(journal?.differences.slice(0, 1) ?? []),
    ]),
    ...claims
      .filter(({ holds }) => !holds)
      .map(({ figure, stated, recomputed }) => `${figure} is ${stated}, and by rows ${recomputed}`),
  ]
  return (faults.length > 0 ? faults : [reason]).map((text) => `audit: ${text}`)
}

/** Shares of time that are more than the whole. */
function shareFaults({ pools, worst_window }: Result): string[] {
  const shares = pools.flatMap(
    ({ name, utilisation, occupied, wasted, availability }, i) =>
      [
        [`utilisation of ${name}`, utilisation.value],
        [`occupied share of ${name}`, occupied.value],
        [`wasted share of ${name}`, wasted.value],
        [`share in which ${name} is up`, availability?.up_share.value ?? null],
        [
          `utilisation of ${name} in its worst window`,
          worst_window?.pools[i]?.utilisation.value ?? null,
        ],
      ] as const,
  )
  return shares.flatMap(([of, share]) =>
    share === null || (share >= 0 && share <= 1) ? [] : [`the ${of} is ${share}`],
  )
}

/**
 * Arrivals of each class after the warm-up, by the kept rows, whatever their ends: each request has
 * one row that is no copy or repetition of another one.
 */
async function arrivalsOf(folder: string, classes: number): Promise<readonly number[]> {
  const text = readFileSync(join(folder, 'scenario.json'), 'utf8')
  const { warmup_s: warmupS } = JSON.parse(text) as Pick<Scenario, 'warmup_s'>
  const { asyncBufferFromFile, parquetReadObjects } = await import('hyparquet')
  const file = await asyncBufferFromFile(join(folder, 'replication-1.parquet'))
  const rows = await parquetReadObjects({ file, columns: ['at', 'class', 'copyOf'] })
  const arrivals = Array.from({ length: classes }, () => 0)
  for (const { at, class: of, copyOf } of rows) {
    if (copyOf < 0 && at >= warmupS * 1000) arrivals[of]!++
  }
  return arrivals
}

/** Requests that are not accounted for: each that arrived is served or lost, once. */
function countFaults({ classes, pools }: Result, arrivals: readonly number[]): string[] {
  const endedOf = (cells: readonly { readonly counts: Counts }[]) =>
    cells.reduce((total, { counts: { arrived: _, ...ends } }) => {
      return total + Object.values(ends).reduce((sum, count) => sum + count, 0)
    }, 0)
  const all = arrivals.reduce((sum, arrived) => sum + arrived, 0)
  const counted = [
    ...classes.map((cell, i) => [`of ${cell.name}`, arrivals[i]!, endedOf([cell])] as const),
    ['in all classes', all, endedOf(classes)] as const,
    ['in all pools', all, endedOf(pools)] as const,
  ]
  return counted.flatMap(([of, arrived, ended]) =>
    arrived === ended ? [] : [`${arrived} requests ${of} arrived, and ${ended} ended`],
  )
}

/** A scenario with a fault. */
export interface AuditFinding {
  readonly number: number
  readonly text: string
  readonly faults: readonly string[]
}

export interface AuditedOptions {
  readonly seed: number
  readonly first?: number
  readonly count: number
  readonly onFinding?: (finding: AuditFinding) => void
  readonly onProgress?: (done: number) => void
}

export interface AuditedResult {
  readonly findings: readonly AuditFinding[]
  /** number of scenarios by how they ended */
  readonly ends: Readonly<Record<Audited['end'], number>>
}

/** Mutates scenarios of the corpus, and audits those that run. */
export async function fuzzAudited(
  shop: Workshop,
  { seed, first = 0, count, onFinding, onProgress }: AuditedOptions,
): Promise<AuditedResult> {
  const { scenarios, donors } = await materialOf(shop.stock)
  const textOf = (number: number) => {
    const random = new Random(`audited/${seed}/${number}`)
    const tree = structuredClone(pick(random, scenarios))
    if (chance(random, 0.5)) nudgeTree(tree, random)
    else mutateTree(tree, random, donors)
    return stringify(tree, { lineWidth: 0 })
  }
  const ends = { refused: 0, long: 0, ran: 0 }
  const findings: AuditFinding[] = []
  let next = first
  let done = 0
  await withRunners(shop, async (runner) => {
    while (next < first + count) {
      const number = next++
      const text = textOf(number)
      const { end, faults } = await auditScenario(shop, runner, text)
      ends[end]++
      if (faults.length > 0) {
        const finding = { number, text, faults }
        findings.push(finding)
        onFinding?.(finding)
      }
      onProgress?.(++done)
    }
  })
  return { findings, ends }
}

/** Saves a scenario below `folder`, with what was found as a comment: no stacks with paths. */
export function saveScenario(folder: string, { text, faults, number }: AuditFinding, seed: number) {
  const comments = faults.map((fault) => `# ${JSON.stringify(fault.split('\n')[0])}\n`).join('')
  const whole = `# Found by npm run fuzz -- audited --seed ${seed}, number ${number}:\n${comments}${text}`
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8)
  const path = join(folder, `scenario-${hash}.yaml`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, whole)
  return path
}
