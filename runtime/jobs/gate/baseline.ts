import { existsSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { Failure } from '../../../scenarios/index.ts'
import { expectScenario } from '../../../scenarios/light.ts'
import {
  type BaselineEntry,
  type GateBaseline,
  gateBaseline,
} from '../../../sim/documents/index.ts'
import { metricLabel } from '../../../sim/experiment/index.ts'
import { documentText, readJson } from '../../folders/documents.ts'
import { writeWhole } from '../../folders/write-whole.ts'

const AGAIN = 'write it again with gate --update'

/**
 * Reads a baseline of prediction gates. Throws `Failure` where it is missing or is none, and where
 * it leaves open what the head is compared with.
 */
export async function readBaseline(path: string): Promise<GateBaseline> {
  if (!existsSync(path)) {
    const command = `spillway gate SCENARIO --baseline ${path} --update`
    throw new Failure(`${path}: no such file; write it with: ${command}`)
  }
  const baseline = await readJson(path, gateBaseline, AGAIN)
  const problems = problemsOf(baseline.scenarios).map((text) => `${path} ${text}`)
  if (problems.length > 0) throw new Failure([...problems, `${path}: ${AGAIN}`])
  return baseline
}

/** Limit of problems that are shown. */
const MOST_PROBLEMS = 20

function problemsOf(scenarios: readonly BaselineEntry[]): string[] {
  const files = scenarios.map(({ file }) => file)
  const problems = repeated(files).map((file) => `scenarios: ${file} stands there twice`)
  for (const [i, { figures, objectives }] of scenarios.entries()) {
    const names = figures.map(metricLabel)
    const texts = objectives.map(({ class: of, text }) => `${of}: ${text}`)
    const impossible = figures.filter(({ unit, value }) => {
      return value !== null && (value < 0 || (unit === 'share' && value > 1))
    })
    const faults = [
      ...repeated(names).map((name) => `figures: ${name} stands there twice`),
      ...repeated(texts).map((text) => `objectives: ${text} stands there twice`),
      ...impossible.map((figure) => `figures: ${metricLabel(figure)} cannot be ${figure.value}`),
    ]
    problems.push(...faults.map((text) => `scenarios[${i}].${text}`))
  }
  const left = problems.length - MOST_PROBLEMS
  if (left <= 0) return problems
  return [...problems.slice(0, MOST_PROBLEMS), `… and ${left} more`]
}

function repeated(names: readonly string[]): string[] {
  const distinct = new Set<string>()
  return [...new Set(names.filter((name) => distinct.has(name) || !distinct.add(name)))]
}

/**
 * How a baseline names a scenario: by its path from the folder of the baseline, so that a gate
 * finds it from every working directory; one that ships, by its name.
 */
function placeFrom(baseline: string, file: string): string {
  if (expectScenario(file).shipped) return file
  return relative(dirname(resolve(baseline)), resolve(file))
    .split(sep)
    .join('/')
}

/** What the head is compared with. */
export interface KnownBase {
  readonly entry: BaselineEntry
  /** the baseline for people, and the scenario in it where that has another place */
  readonly from: string
}

/**
 * The scenario in a baseline that the head is compared with: the one at its place, or else the only
 * one of its name, as in a baseline that was copied to another folder. Null for none.
 */
export function baseIn(
  path: string,
  { scenarios }: GateBaseline,
  head: Pick<BaselineEntry, 'file' | 'name'>,
): KnownBase | null {
  const place = placeFrom(path, head.file)
  const there = scenarios.find(({ file }) => file === place)
  if (there !== undefined) return { entry: there, from: path }
  const [entry, ...others] = scenarios.filter(({ name }) => name === head.name)
  if (entry === undefined || others.length > 0) return null
  return { entry, from: `${path} (${entry.file})` }
}

/** Writes these scenarios into a baseline; others in it stay. */
export async function updateBaseline(
  path: string,
  simulated: readonly BaselineEntry[],
): Promise<GateBaseline> {
  const entries = simulated.map((entry) => ({ ...entry, file: placeFrom(path, entry.file) }))
  const kept = existsSync(path) ? (await readBaseline(path)).scenarios : []
  const others = kept.filter(({ file }) => entries.every((entry) => entry.file !== file))
  const scenarios = [...others, ...entries].sort((a, b) => (a.file < b.file ? -1 : 1))
  const baseline: GateBaseline = { document: 'spillway-gate-baseline', format: 1, scenarios }
  await writeWhole(path, documentText(baseline))
  return baseline
}
