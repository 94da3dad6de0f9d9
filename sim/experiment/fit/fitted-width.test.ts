import { expect, test } from 'vitest'
import { shippedAccelerators } from '../../../scenarios/load/accelerators.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { resampledFit, SHAPE_NAMES, tryShape } from '../../accelerator/index.ts'
import { hashedNormal, stream } from '../../kernel/index.ts'
import { encoderPass } from '../simulation/measured-pass.ts'
import { encoderWork, type TransformerWork } from '../simulation/transformer-times.ts'
import { drawInputs, drawnInputs } from '../uncertainty/drawn-inputs.ts'
import { sourceInputs } from '../uncertainty/source-inputs.ts'
import { type FittedRow, precisionFit } from './efficiency-fit.ts'
import { RESAMPLED_FITS } from './fit-limits.ts'

/**
 * Machines of known truth: a roofline with efficiencies of their own, and sizes that are each a
 * little faster or slower than it, as by kernels that work on tiles. A planner has nine rows.
 */

const size = { layers: 12, hidden: 768, heads: 12, vocabulary: 30_522 }
const work: TransformerWork = { law: 'transformer-encoder', ...size, cv: 0 }
const accelerator = shippedAccelerators().find(({ name }) => name === 't4')!
const pool = { accelerator, precision: 'fp16' } as const
const place = { accelerator: 't4' }

const ROWS = [1, 8, 32].flatMap((batch) => [32, 128, 384].map((length) => [batch, length] as const))
const BETWEEN: readonly (readonly [number, number])[] = [
  [2, 64],
  [4, 200],
  [16, 100],
  [24, 300],
]
/** How much sizes differ from the law, as the deviation of their logarithms. */
const OFF = 0.05
const MACHINES = 24
const DRAWS = 128

type Efficiency = NonNullable<TransformerWork['efficiency']>

/** The time of a batch by a law, ms. */
const timeOf = (efficiency: Efficiency, batch: number, length: number) =>
  encoderWork({ ...work, efficiency }, pool).mean(batch, length)

function machineOf(machine: number) {
  const random = stream(5, machine, 'machine')
  const around = (usual: number, scatter: number) => usual * Math.exp(scatter * random.normal())
  const efficiency = {
    compute: Math.min(0.9, around(0.45, 0.3)),
    memory: Math.min(0.9, around(0.65, 0.2)),
    launch_us: around(6, 0.5),
    saturation_tokens: 0,
  }
  return (batch: number, length: number) => {
    const off = OFF * hashedNormal(1000 * batch + length, machine)
    return timeOf(efficiency, batch, length) * Math.exp(off)
  }
}

/** The efficiency of a model as `spillway fit` finds it. */
function fittedTo(truth: (batch: number, length: number) => number) {
  const rows = ROWS.map(([batch, length], i): FittedRow => {
    const ms = truth(batch, length)
    const pass = encoderPass(work, pool, { size: batch, length })
    const row = { line: i + 2, batch, length, prefillTokens: 0, ms }
    return { ...pass, at: { batch, length }, ms, row }
  })
  const trials = SHAPE_NAMES.map((name) => tryShape(name, rows))
  const resampled = Array.from({ length: RESAMPLED_FITS }, (_, i) => resampledFit(rows, trials, i))
  const of = { precision: 'fp16', ofPool: true, rows, trials, resampled, source: 'rows.csv', place }
  return precisionFit({ ...of, efficiency: undefined }).efficiency
}

/** Times of a batch in all draws of the inputs that a fit brings, or of those of some names. */
function drawnTimes(
  efficiency: ReturnType<typeof fittedTo>,
  [batch, length]: readonly [number, number],
  names: RegExp,
): number[] {
  const scenario = scenarioOf({
    models: { m: { work: { ...work, efficiency } } },
    pools: [{ name: 'gpu', model: 'm', ...pool }],
  })
  const inputs = sourceInputs(scenario, []).filter(({ name }) => names.test(name))
  return drawInputs(inputs, { from: 0, to: DRAWS, seed: 1 }).map((values) => {
    const { set, speeds } = drawnInputs(inputs, values)
    const changes = set.map((text) => /\.(\w+)=(.*)$/.exec(text)!)
    const { compute, memory, launch_us, saturation_tokens = 0, sharpness } = efficiency
    const law = {
      ...{ compute, memory, launch_us, saturation_tokens },
      ...(sharpness !== undefined && { sharpness }),
      ...Object.fromEntries(changes.map(([, key, value]) => [key!, Number(value)])),
    }
    return timeOf(law, batch, length) / (speeds.m ?? 1)
  })
}

/** Whether the middle 95 % of times hold one. */
function holds(times: readonly number[], truth: number): boolean {
  const sorted = times.toSorted((a, b) => a - b)
  const [low, high] = [0.025, 0.975].map((p) => sorted[Math.floor(p * sorted.length)]!)
  return low! <= truth && truth <= high!
}

test('the inputs of a fit hold the times of machines at sizes that were not measured', () => {
  const held = { both: 0, laws: 0 }
  for (let machine = 0; machine < MACHINES; machine++) {
    const truth = machineOf(machine)
    const efficiency = fittedTo(truth)
    for (const at of BETWEEN) {
      const ms = truth(...at)
      if (holds(drawnTimes(efficiency, at, /of m$/), ms)) held.both++
      if (holds(drawnTimes(efficiency, at, /^laws of m$/), ms)) held.laws++
    }
  }
  const tries = MACHINES * BETWEEN.length
  expect(held.both / tries).toBeGreaterThanOrEqual(0.9)
  // negative control: laws alone agree where they were measured, and no law holds single sizes
  expect(held.laws / tries).toBeLessThan(0.85)
})
