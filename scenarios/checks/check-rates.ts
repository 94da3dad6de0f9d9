import type { Path } from '../parse/located.ts'
import type { RatedArrivals } from '../schema/schema.ts'
import type { Draft } from './draft.ts'
import { checkEnd, checkLimits, checkRising } from './ordered.ts'

/**
 * Most repetitions of a surge and periods of a wave in one run; each changes the rate many times.
 */
const MOST_TIMES = 1000

export function checkRates(arrivals: RatedArrivals, path: Path, draft: Draft): void {
  exactlyOne(arrivals, ['rate_rps', 'load', 'schedule'], path, draft)
  checkSteps(arrivals.schedule ?? [], path, draft)
  checkChanges(arrivals, path, draft)
  if (arrivals.process === 'mmpp') checkStates(arrivals.states, path, draft)
  if (arrivals.process === 'clients') checkLimits(arrivals.cv, [...path, 'cv'], draft)
}

/** Surges and waves of a rate, or of a trace. */
export function checkChanges(
  arrivals: Pick<RatedArrivals, 'surges' | 'waves'>,
  path: Path,
  draft: Draft,
): void {
  checkSurges(arrivals.surges, path, draft)
  const end = draft.durationS ?? 0
  for (const [i, { period_s }] of arrivals.waves.entries()) {
    if (period_s * MOST_TIMES >= end) continue
    const text = `at least ${end / MOST_TIMES}, for at most ${MOST_TIMES} periods in a run`
    draft.refuse([...path, 'waves', i, 'period_s'], text)
  }
}

/** Lower limit of a constant rate. */
const LEAST_RATE = 1e-9

type Steps = NonNullable<RatedArrivals['schedule']>

function checkSteps(steps: Steps, path: Path, draft: Draft): void {
  for (const [i, step] of steps.entries()) {
    const at = [...path, 'schedule', i]
    exactlyOne(step, ['rate_rps', 'load'], at, draft)
    for (const key of ['rate_rps', 'load'] as const) {
      const value = step[key] ?? 0
      if (value === 0 || value >= LEAST_RATE) continue
      draft.refuse([...at, key], `0 or a number of at least ${LEAST_RATE}`)
    }
  }
  const at = (i: number) => [...path, 'schedule', i, 'at_s']
  const times = steps.map(({ at_s }) => at_s)
  if ((times[0] ?? 0) !== 0) draft.refuse(at(0), '0 for the first step')
  checkRising(times, at, 'the at_s of the step before', draft)
  checkEnd(steps, [...path, 'schedule'], draft)
  if (steps.length > 0 && steps.every((step) => !step.rate_rps && !step.load)) {
    draft.refuse([...path, 'schedule'], 'a step with a rate above 0', 'none')
  }
}

function checkSurges(surges: RatedArrivals['surges'], path: Path, draft: Draft): void {
  checkEnd(surges, [...path, 'surges'], draft)
  for (const [i, surge] of surges.entries()) {
    const at = [...path, 'surges', i]
    if (surge.half_life_s !== undefined && surge.decay_s > 0) {
      draft.refuseKey([...at, 'half_life_s'], 'either decay_s or half_life_s', 'both')
    }
    const least = ((draft.durationS ?? 0) - surge.at_s) / MOST_TIMES
    if (surge.every_s === undefined || surge.every_s >= least) continue
    draft.refuse([...at, 'every_s'], `at least ${least}, for at most ${MOST_TIMES} surges in a run`)
  }
}

type States = Extract<RatedArrivals, { process: 'mmpp' }>['states']

function checkStates(states: States, path: Path, draft: Draft): void {
  let sound = true
  for (const [i, { next }] of states.entries()) {
    if (next === undefined) continue
    const at = [...path, 'states', i, 'next']
    if (next.length !== states.length) {
      draft.refuse(at, `a weight for each of the ${states.length} states`, `${next.length}`)
    } else if (next[i] !== 0) draft.refuse(at, '0 for the state itself', `${next[i]}`)
    else continue
    sound = false
  }
  if (states.every(({ factor }) => factor === 0)) {
    draft.refuse([...path, 'states'], 'a state with a factor above 0', 'none')
  }
  if (!sound) return
  const follows = (i: number, j: number) => (states[i]!.next?.[j] ?? (i === j ? 0 : 1)) > 0
  for (const from of states.keys()) {
    const reached = reachable(states.length, from, follows)
    const missing = [...states.keys()].find((to) => !reached.has(to))
    if (missing === undefined) continue
    const got = `${missing} never after ${from}`
    draft.refuse([...path, 'states'], 'states that all follow from one another', got)
    return
  }
}

function reachable(
  count: number,
  from: number,
  follows: (i: number, j: number) => boolean,
): Set<number> {
  const reached = new Set([from])
  for (const i of reached) {
    for (let j = 0; j < count; j++) if (follows(i, j)) reached.add(j)
  }
  return reached
}

function exactlyOne<T extends object>(
  value: T,
  keys: readonly (keyof T & string)[],
  path: Path,
  draft: Draft,
): void {
  const stated = keys.filter((key) => value[key] !== undefined)
  if (stated.length === 1) return
  const list = `exactly one of ${keys.join(', ')}`
  if (stated.length === 0) {
    draft.refuse(path, list, 'none')
    return
  }
  const { key, overrides } = draft.latest(path, stated)
  const others = stated.filter((k) => k !== key).map((k) => `${k}: null`)
  const hint = overrides ? `; to drop what is inherited, set ${others.join(' and ')}` : ''
  draft.refuseKey([...path, key], list, `${stated.join(' and ')}${hint}`)
}
