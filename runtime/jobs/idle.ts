import { Failure, type LoadedScenario, type ScenarioText } from '../../scenarios/index.ts'
import type { Idle } from '../../sim/documents/index.ts'
import { type IdleProbe, idleCosts } from '../../sim/experiment/index.ts'
import { topologyOf } from '../../sim/serving/index.ts'
import { hostFingerprint } from '../live/host.ts'
import { probedBatches, wholePass } from '../live/idle-probes.ts'
import { LiveSession } from '../live/live-session.ts'
import { shortageTexts } from '../live/shortages.ts'
import { throwIfAborted } from '../process/interruption.ts'
import { build } from '../version.ts'
import { IDLE_SECONDS } from './defaults.ts'
import { probeShapes } from './idle-probes.ts'
import { openSides } from './live-side.ts'
import type { JobOptions } from './options.ts'
import { type LoadOptions, loadSystem, type System } from './prepare.ts'
import { refuseLive } from './refuse.ts'
import { liveTraffic } from './requests.ts'

export interface IdleOptions extends JobOptions, Pick<LoadOptions, 'profile'> {
  /** default 20 */
  readonly seconds?: number | undefined
}

/** A part of the shapes of a pool is enough to warm up: few of them are run. */
const WARM_UP = { shapesMs: 3000, trafficMs: 0 }
/** One shows no scatter. */
const FEWEST_PASSES = 2

/** What idle time costs the executors of a scenario on this machine, now. */
export async function measureIdle(
  source: string | ScenarioText | LoadedScenario,
  options: IdleOptions = {},
): Promise<Idle> {
  const { seconds = IDLE_SECONDS, onProgress = () => {}, profile } = options
  const { signal = new AbortController().signal } = options
  const system = await loadSystem(source, { profile, signal })
  refuseLive([system])
  const traffic = await liveTraffic(system, system.capacityRps)
  const shapes = probeShapes({ system, traffic })
  if (shapes.length === 0) {
    const text = 'no pool has a model that stays loaded, and whose times a profile has'
    throw new Failure(`${system.file}: ${text}; run: spillway calibrate ${system.file}`)
  }
  const { poolOf } = topologyOf(system.plan)
  const probes: IdleProbe[] = []
  const warnings: string[] = []
  const session = new LiveSession({ signal, onProgress })
  try {
    const [opened] = await openSides(session, [{ system, traffic }], { warmUp: WARM_UP })
    warnings.push(...opened!.warnings)
    const items = wholePass(shapes)
    const from = performance.now()
    const spent = () => (performance.now() - from) / 1000
    while (probes.length < FEWEST_PASSES || spent() < seconds) {
      throwIfAborted(signal)
      onProgress('batches after idle times', Math.min(seconds, spent()), seconds)
      const at = 1000 * spent()
      const { rows, shortages } = await opened!.fleet.script(items)
      const short = shortageTexts(system.scenario.pools, poolOf, shortages)
      if (short.length > 0) throw new Failure(short.map((text) => `${system.file}: ${text}`))
      probes.push({ at, batches: probedBatches(rows) })
    }
  } finally {
    await session.close()
  }
  return documentOf(system, probes, { seconds, warnings })
}

function documentOf(
  system: System,
  probes: readonly IdleProbe[],
  measured: Pick<Idle, 'seconds' | 'warnings'>,
): Idle {
  const { scenario, hash, plan } = system
  const { poolOf } = topologyOf(plan)
  const shapes: Idle['shapes'] = []
  for (const { executor, size, length, idleMs, backToBackMs, ...cost } of idleCosts(probes)) {
    const pool = scenario.pools[poolOf[executor]!]!.name
    const last = shapes.at(-1)
    const isSame = last?.pool === pool && last.size === size && last.length === length
    const shape: Idle['shapes'][number] = isSame
      ? last
      : { pool, size, length, back_to_back_ms: backToBackMs, after: [] }
    if (!isSame) shapes.push(shape)
    const { value, low, high } = cost.factor
    const { ms, share, n } = cost
    shape.after.push({ idle_ms: idleMs, ms, busy: share, factor: value, low, high, passes: n })
  }
  return {
    ...({ document: 'spillway-idle', format: 1, ...build() } as const),
    scenario: { name: scenario.name, hash, description: scenario.description },
    host: hostFingerprint(),
    shapes,
    ...measured,
  }
}
