import { EXIT, Failure, scenarioChanges } from '../../../scenarios/index.ts'
import type { Gate, GateCase } from '../../../sim/documents/index.ts'
import { baselineEntry, hasModels, newCase, percentText } from '../../../sim/experiment/index.ts'
import type { Profile } from '../../../sim/world/index.ts'
import { LiveSession } from '../../live/live-session.ts'
import { calibrate } from '../calibrate.ts'
import { GATE_LOAD, GATE_MINUTES, MARGIN, MOST_GATE_LOAD } from '../defaults.ts'
import type { DocumentOptions } from '../options.ts'
import { type Prepared, resolveSystem, unknownOf } from '../prepare.ts'
import { profileWarnings } from '../profile-warnings.ts'
import { refuseComparison, refuseLive, refuseServers } from '../refuse.ts'
import { simulate } from '../simulate.ts'
import { withUncertainInputs } from '../uncertainty.ts'
import { changedFiles } from './data-files.ts'
import { Derivation } from './derived.ts'
import { gateOf } from './gate.ts'
import { excessTraffic, gateTraffic, trafficFactor, type Utilisation } from './gate-traffic.ts'
import { LiveRounds, openGateSides, type RoundLimits } from './live-rounds.ts'
import {
  interimCase,
  measuredFigures,
  measuredMetrics,
  measuredVerdict,
} from './measured-figures.ts'
import { type Learn, type PlayedGate, playGate } from './play-gate.ts'

/** How often the traffic is lowered after a warm-up. */
const MOST_LOWERED = 2

export interface MeasuredGateOptions extends DocumentOptions {
  /** relative change that is no regression; default 0.05 */
  readonly margin?: number
  /** share of the time that the base is in batches; default 0.55, at most 0.8 */
  readonly load?: number
  /** calibration of each model without a profile, s; default 10 */
  readonly seconds?: number | undefined
  /** in place of a calibration, if it has the models of both sides */
  readonly profile?: Profile | undefined
  /** no round of blocks begins that would end later; default 10 */
  readonly maxMinutes?: number
  /** after each round of blocks: what there is so far, marked as interim */
  readonly onInterim?: (gate: Gate) => Promise<void>
  /** the base, for people */
  readonly from?: string
  readonly onWarning?: (text: string) => void
}

const SECONDS = 10
/** A gate needs the work of models alone, and no width of it. */
const BRIEF = { occasions: 1, rehearsals: 0 } as const

/**
 * Replays base and head in alternating blocks, and judges what differs between them. Throws
 * `Failure` where they cannot be compared (exit code 6).
 */
export async function measuredGate(
  base: Prepared,
  head: Prepared,
  options: MeasuredGateOptions = {},
): Promise<Gate> {
  const { margin = MARGIN, from = base.file, maxMinutes = GATE_MINUTES, onInterim } = options
  const began = performance.now()
  refuseLive([base, head])
  refuseComparison([base, head])
  refuseServers([base, head], 'gate --measured')
  refuseOther(base, head)
  const until = began + 60_000 * maxMinutes
  const { traffic, rounds, utilisation } = await openGate(base, head, options, { until })
  try {
    for (const text of rounds.warnings) options.onWarning?.(text)
    const values = scenarioChanges(base.scenario, head.scenario)
    const changes = [...values, ...changedFiles(base, head)]
    const { file, scenario, hash } = head
    const subject = {
      ...{ file, name: scenario.name, hash, base: from },
      changes: { scenario: changes, profile: null, engine: null },
    }
    const figures = (played: PlayedGate) => {
      const minutes = (performance.now() - began) / 60_000
      const circumstances = { traffic, rounds, utilisation, minutes, maxMinutes }
      const measured = measuredFigures(played, circumstances)
      return { measured, metrics: measuredMetrics(played, margin) }
    }
    const onRound = async (played: PlayedGate) => {
      const interim: GateCase = { ...subject, ...figures(played), ...interimCase(played) }
      await onInterim?.({ ...gateOf('measured', [interim], options), interim: true })
    }
    const { signal } = options
    const learn: Learn = (runs) => new Derivation(traffic, runs, { signal })
    const played = await playGate(rounds, learn, {
      ...options,
      ...{ margin, began, until },
      ...(onInterim && { onRound }),
    })
    const { measured, metrics } = figures(played)
    const verdict = measuredVerdict(played, measured, metrics, margin)
    return gateOf('measured', [{ ...subject, ...verdict, metrics, measured }], options)
  } finally {
    await rounds.close()
  }
}

/**
 * The gate of a scenario that the other version does not have: there is nothing to replay beside
 * it, so it is simulated with its models as they are measured here.
 */
export async function newScenarioGate(
  head: Prepared,
  { from, ...options }: MeasuredGateOptions & { readonly from: string },
): Promise<Gate> {
  refuseLive([head])
  const { seconds = SECONDS, signal, onProgress, onWarning } = options
  const job = { signal, onProgress, onWarning }
  const profile =
    fittingProfile([head], options) ?? (await calibrate([head], { ...job, ...BRIEF, seconds }))
  const system = resolveSystem(head, profile)
  const stated = await simulate(system, job)
  const result = await withUncertainInputs(system, stated, job)
  const entry = baselineEntry(result, head.scenario, head.file)
  const doubts = profileWarnings(system.models)
  const failsAsStated = stated.objectives.some(({ verdict }) => verdict === 'FAIL')
  const drawn = unknownOf(system) !== null && { interval: 'inputs' as const, failsAsStated }
  const { stability } = result
  const gateCase = newCase({ entry, stability, doubts, ...(drawn || {}) }, from)
  return gateOf('measured', [gateCase], options)
}

/** Pools are paired by name, and both sides get the same requests. */
function refuseOther(base: Prepared, head: Prepared): void {
  const names = (of: Prepared) =>
    of.scenario.pools
      .map(({ name }) => name)
      .sort()
      .join(', ')
  if (names(base) !== names(head)) {
    const pools = `pools ${names(head)}, but the base ${names(base)}`
    const text = `has ${pools}; the measured gate pairs pools by name; the prediction gate supports it`
    throw new Failure(`${head.file}: ${text}`, EXIT.notComparable)
  }
  const traffic = scenarioChanges(base.scenario, head.scenario).filter((text) =>
    /^(traffic|seed)\b/.test(text),
  )
  if (traffic.length === 0) return
  const text = `traffic differs from that of the base (${traffic[0]}), and a gate plays the same requests on both sides`
  throw new Failure(`${head.file}: ${text}`, EXIT.notComparable)
}

/**
 * Both sides open and warm, at a rate at which the base is as busy as is asked for. The rounds have
 * to be closed.
 */
export async function openGate(
  base: Prepared,
  head: Prepared,
  options: MeasuredGateOptions,
  limits: RoundLimits = {},
) {
  const { load = GATE_LOAD, seconds = SECONDS, onWarning } = options
  const { signal = new AbortController().signal, onProgress = () => {} } = options
  const job = { signal, onProgress }
  const profile =
    fittingProfile([base, head], options) ??
    (await calibrate([base, head], { ...job, ...BRIEF, seconds, onWarning }))
  const [a, b] = [resolveSystem(base, profile), resolveSystem(head, profile)]
  let factor = await trafficFactor(a, b, { ...job, load })
  let traffic = await gateTraffic(a, b, factor)
  const session = new LiveSession(job)
  try {
    const sides = await openGateSides(session, traffic)
    for (let lowered = 0; ; lowered++) {
      const rounds = new LiveRounds(session, sides, traffic, limits)
      const warmUp = await rounds.warmUp()
      const tooMuch = excessTraffic(load, warmUp)
      if (lowered === MOST_LOWERED || tooMuch === 1) {
        // what other programs take from an executor is no load of its own
        refuseBusy(warmUp.processor)
        return { traffic, rounds, utilisation: warmUp.wall }
      }
      factor /= tooMuch
      traffic = await gateTraffic(a, b, factor)
    }
  } catch (error) {
    await session.close()
    throw error
  }
}

/** The given profile; null, with a warning, where the file of a model has changed since. */
function fittingProfile(
  sides: readonly Prepared[],
  { profile, onWarning }: MeasuredGateOptions,
): Profile | null {
  if (profile === undefined) return null
  const lacking = sides.filter((side) => !hasModels(side, profile)).map(({ file }) => file)
  if (lacking.length === 0) return profile
  const text = `the profile ${profile.name} has not the models of ${lacking.join(', ')} as they are`
  onWarning?.(`${text}; ${sides.length === 1 ? 'it is' : 'base and head are'} calibrated`)
  return null
}

function refuseBusy({ base, head }: Utilisation): void {
  const [side, most] = base > head ? ['base', base] : ['head', head]
  if (most <= MOST_GATE_LOAD) return
  const text = `the ${side} is busy for ${percentText(most)} of the time, at most ${percentText(MOST_GATE_LOAD)}`
  const remedy = 'lower --load; if the head alone is so busy, its batches are far slower'
  throw new Failure(`${text}: beyond it queues decide the tail; ${remedy}`, EXIT.notComparable)
}
