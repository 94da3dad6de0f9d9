import { resolve } from 'node:path'
import {
  type LoadedScenario,
  type ModelInput,
  type Scenario,
  type TraceSurvey,
  Unreadable,
} from '../../scenarios/index.ts'
import { type PreparedScenario, poolsToCalibrate } from '../../sim/experiment/index.ts'
import { readSamplesShape } from '../models/index.ts'

/** Values that are valid, and are probably not what was meant: a text for each. */
export function doubtfulValues({ traffic, models, duration_s }: Scenario): string[] {
  const cut = traffic.flatMap(({ class: name, arrivals }) => {
    if (!('surges' in arrivals)) return []
    return arrivals.surges.flatMap((surge, i) => {
      const until = surge.at_s + surge.rise_s + surge.hold_s
      if (surge.every_s !== undefined || until <= duration_s) return []
      return [
        `traffic.${name}.arrivals.surges.${i}: its peak lasts until ${until} s, but the traffic ends at duration_s ${duration_s}; raise duration_s, or let the surge begin earlier`,
      ]
    })
  })
  const falling = Object.entries(models).flatMap(([name, model]) => {
    if (!('work' in model) || model.work.law !== 'table') return []
    const { sizes, ms } = model.work
    const at = ms.findIndex((time, i) => i > 0 && time < ms[i - 1]!)
    if (at < 0) return []
    return [
      `models.${name}.work: a batch of ${sizes[at]} takes ${ms[at]} ms, less than one of ${sizes[at - 1]} (${ms[at - 1]} ms); check the order of sizes and ms`,
    ]
  })
  return [...cut, ...falling]
}

/** A sentence for each file whose class column has values that no class of the scenario takes. */
export function unclaimedRows(
  { traffic }: Scenario,
  traces: ReadonlyMap<number, TraceSurvey>,
): string[] {
  const files = new Map<string, { column: string; left: Map<string, number> }>()
  for (const [index, { kinds }] of traces) {
    const { arrivals } = traffic[index]!
    if (arrivals.process !== 'trace' || arrivals.columns?.class === undefined) continue
    const { file, columns, class_values: values = [] } = arrivals
    const key = `${file}: ${columns.class}`
    const entry = files.get(key) ?? { column: columns.class!, left: new Map(kinds) }
    for (const value of values) entry.left.delete(value)
    files.set(key, entry)
  }
  return [...files].flatMap(([key, { column, left }]) => {
    if (left.size === 0) return []
    const file = key.slice(0, -(column.length + 2))
    const rows = [...left.values()].reduce((sum, count) => sum + count, 0)
    const shown = [...left.keys()].slice(0, 10).map((value) => JSON.stringify(value))
    const more = left.size > shown.length ? ` and ${left.size - shown.length} more` : ''
    const text = `${rows} rows are in no class: those with ${column} ${shown.join(', ')}${more}`
    return [`${file}: ${text}; class_values of a class take them`]
  })
}

/**
 * A sentence for each input whose samples are longer or shorter than the requests of a pool: they
 * are cut, or zeros follow. Files that cannot be read are refused where they are used.
 */
export async function sampleLengths(
  prepared: PreparedScenario & LoadedScenario,
): Promise<string[]> {
  const { scenario, directory } = prepared
  const inputs = Object.values(scenario.models).flatMap((model) =>
    'inputs' in model ? Object.values(model.inputs) : [],
  )
  // to sample the lengths of traffic takes as long as the rest of a scenario
  if (inputs.every(({ file }) => file === undefined)) return []
  const texts = new Set<string>()
  for (const [i, { lengths }] of poolsToCalibrate(prepared).entries()) {
    const { model: name } = scenario.pools[i]!
    const model = scenario.models[name]!
    for (const [key, input] of 'inputs' in model ? Object.entries(model.inputs) : []) {
      const size = await sampleSize(input, directory)
      if (size === null) continue
      const text = mismatch(size, lengths)
      if (text === null) continue
      texts.add(
        `models.${name}.inputs.${key}: samples in ${input.file} have length ${size}, ${text}`,
      )
    }
  }
  return [...texts]
}

/** The size of samples along `length`; null where none is stated. */
async function sampleSize({ shape, file }: ModelInput, directory: string): Promise<number | null> {
  const axis = shape.filter((size) => size !== 'batch').indexOf('length')
  if (file === undefined || axis < 0) return null
  try {
    return (await readSamplesShape(resolve(directory, file)))[axis + 1] ?? null
  } catch (error) {
    if (error instanceof Unreadable) return null
    throw error
  }
}

function mismatch(size: number, { min, max }: { min: number; max: number }): string | null {
  if (size >= max && size <= min) return null
  const requests = min === max ? `requests ${min}` : `requests ${min} to ${max}`
  const effects = [
    ...(size > min ? [min === max ? 'samples are cut' : 'samples are cut for shorter ones'] : []),
    ...(size < max ? [min === max ? 'zeros follow' : 'zeros follow in longer ones'] : []),
  ]
  const remedy = `input_tokens: { distribution: fixed, value: ${size} } reads them whole`
  return `${requests}: ${effects.join(', and ')}; ${remedy}`
}
