import { Failure } from '../../scenarios/index.ts'
import { expectedRequests, hasLoad } from '../../sim/traffic/index.ts'
import { type PrepareOptions, prepare, resolveSystem, type System } from './prepare.ts'

/** Relative; a smaller change of the capacity is not worth a line. */
const NOTABLE = 0.005
/** Most classes that are named. */
const MOST_CLASSES = 3

/**
 * Notes, in a line, that overrides change the capacity and with it the rates of classes with
 * `load`. Says nothing where the scenario without them does not stand on its own.
 */
export async function noteChangedRates(
  path: string,
  system: System,
  { set = [], onNote, ...options }: PrepareOptions,
): Promise<void> {
  const relative = system.scenario.traffic.filter(({ arrivals }) => hasLoad(arrivals))
  if (set.length === 0 || relative.length === 0) return
  const before = await withoutOverrides(path, system, options)
  if (before?.capacityRps == null || system.capacityRps === null) return
  if (Math.abs(system.capacityRps / before.capacityRps - 1) < NOTABLE) return
  const [was, is] = [before, system].map(meanRates)
  const classes = relative.slice(0, MOST_CLASSES).map(({ class: name }) => {
    const from = was!.get(name)
    return from === undefined ? name : `${name} from ${rate(from)} to ${rate(is!.get(name)!)}`
  })
  const keep = relative.slice(0, 1).flatMap(({ class: name, arrivals, fan_out: parts }) => {
    if (!('load' in arrivals) || arrivals.load === undefined) return []
    const rps = (arrivals.load * before.capacityRps!) / parts
    const key = `traffic.${name}.arrivals`
    return [` (--set ${key}.load=null --set ${key}.rate_rps=${Number(rps.toPrecision(4))})`]
  })
  const more = relative.length > MOST_CLASSES ? ', …' : ''
  onNote?.(
    `--set changes the capacity from ${rate(before.capacityRps)} to ${rate(system.capacityRps)} requests/s, ` +
      `and classes with load keep their share of it: ${classes.join(', ')}${more} requests/s; ` +
      `for the same traffic, state rate_rps in place of load${keep.join('')}`,
  )
}

async function withoutOverrides(
  path: string,
  { profile }: System,
  options: PrepareOptions,
): Promise<System | null> {
  try {
    return resolveSystem(await prepare(path, options), profile)
  } catch (error) {
    if (error instanceof Failure) return null
    throw error
  }
}

/** Requests a second of each class, in the mean over the run. */
function meanRates(system: System): Map<string, number> {
  const { traffic, duration_s } = system.scenario
  const expected = expectedRequests(system.scenario, system)
  return new Map(traffic.map((section, i) => [section.class, expected[i]!.first / duration_s]))
}

const rate = (rps: number) => Number(rps.toPrecision(3)).toLocaleString('en-US')
