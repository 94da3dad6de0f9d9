import type { Assumptions, Result } from '../../sim/documents/index.ts'
import type { ReportInput } from '../charts/frame.ts'
import { cut, plural } from '../format.ts'
import { type Html, html, NOTHING } from './html.ts'
import { table } from './page-tables.ts'

type Value = Assumptions['values'][number]

/** Keys that say nothing about the run. */
const LEFT_OUT = ['spillway', 'name', 'description', 'class', 'accelerator']
/** Most classes, pools or models with a table; the document has all of them. */
const MOST_SUBJECTS = 12
/** Longer values, such as recorded quantiles, are cut. */
const LONGEST = 160

/** Keys of a scenario under which named things stand. */
const SUBJECTS = {
  traffic: 'Traffic',
  pools: 'Pool',
  models: 'Model',
  devices: 'Device',
} as const
type Kind = keyof typeof SUBJECTS

/** The values of the scenario, and the time of batches, that a result rests on. */
export function assumptionsSection(input: ReportInput, batchTimes: readonly Html[]): Html {
  const result = input.simulated ?? input.measured
  if (result === null) return NOTHING
  const { values } = result.assumptions
  const ofA = input.comparison?.what_if
    ? ' They are those of A, which B changes as stated above.'
    : ''
  const kinds = Object.keys(SUBJECTS) as Kind[]
  const tables = kinds.map((kind) => ofKind(kind, result))
  const rest = values.filter(
    ({ path }) => !LEFT_OUT.includes(path) && !kinds.some((kind) => path.startsWith(`${kind}.`)),
  )
  const remainder = valueTable('The run, its objectives and its routing', rest, (path) => path)
  return html`<h2>Assumptions</h2>
<p class="quiet">Every value of the scenario. Those at the right stand at their default, whether the file states it or not.${ofA}</p>
${batchTimes}${tables}${remainder}`
}

function ofKind(kind: Kind, result: Result): Html {
  const under = result.assumptions.values.filter(({ path }) => path.startsWith(`${kind}.`))
  const names = namesOf(kind, result)
  const tables = names.slice(0, MOST_SUBJECTS).map((name) => {
    const start = `${kind}.${name}.`
    const ofSubject = under.filter(({ path }) => path.startsWith(start))
    return valueTable(`${SUBJECTS[kind]} ${name}`, ofSubject, (path) => path.slice(start.length))
  })
  const furtherSubjects = names.length - MOST_SUBJECTS
  const noun = kind === 'traffic' ? 'class' : kind.slice(0, -1)
  if (furtherSubjects <= 0) return html`${tables}`
  const more =
    noun === 'class' && furtherSubjects > 1
      ? `${furtherSubjects} further classes`
      : plural(furtherSubjects, `further ${noun}`)
  return html`${tables}<p class="quiet">${more} in the JSON document only.</p>\n`
}

/** Names may have dots, so they are not read from paths where the document has them. */
function namesOf(kind: Kind, { classes, pools, assumptions }: Result): string[] {
  if (kind === 'traffic') return classes.map(({ name }) => name)
  if (kind === 'pools') return pools.map(({ name }) => name)
  const firstKeys =
    kind === 'models' ? /^models\.(.+?)\.(?:work|builtin|onnx)\b/ : /^devices\.(.+)\.\w+$/
  const named = assumptions.values.flatMap(({ path }) => firstKeys.exec(path)?.[1] ?? [])
  return [...new Set(named)]
}

/** A row for each key: what the scenario states, and what stands at its default. */
function valueTable(
  caption: string,
  values: readonly Value[],
  keyOf: (path: string) => string,
): Html {
  const rows = new Map<string, { stated: string[]; byDefault: string[] }>([
    ['', { stated: [], byDefault: [] }],
  ])
  for (const { path, value, by_default } of values) {
    const [first = '', ...deeper] = keyOf(path).split('.')
    if (LEFT_OUT.includes(first)) continue
    // values that are no part of a group share the first row
    const [head, key] = deeper.length === 0 ? ['', first] : [first, deeper.join('.')]
    const row = rows.get(head) ?? { stated: [], byDefault: [] }
    rows.set(head, row)
    const list = by_default ? row.byDefault : row.stated
    list.push(`${key}: ${plainText(value)}`)
  }
  const filled = [...rows].filter(
    ([, { stated, byDefault }]) => stated.length + byDefault.length > 0,
  )
  if (filled.length === 0) return NOTHING
  return table({
    caption,
    columns: ['', 'in the scenario', 'at its default'],
    rows: filled.map(([key, { stated, byDefault }]) => [
      key === '' ? 'general' : key,
      html`${stated.join(', ')}`,
      html`<span class="quiet">${byDefault.join(', ')}</span>`,
    ]),
    words: true,
  })
}

/** JSON as people write it in YAML, cut where it is long. */
function plainText(value: string): string {
  if (value === '[]') return 'none'
  const text = /^[[{]/.test(value) ? flow(JSON.parse(value)) : value
  return cut(text, LONGEST)
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return value.map(flow).join(', ')
  if (typeof value !== 'object' || value === null) return String(value)
  return `(${Object.entries(value)
    .map(([key, inner]) => `${key}: ${flow(inner)}`)
    .join(', ')})`
}
