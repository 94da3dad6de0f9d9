import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { drawnValue, scrambledSobol } from '../../stats/index.ts'
import type { MeasuredDraw } from './profile-inputs.ts'
import type { TrafficDraw } from './traffic-inputs.ts'

/** What a configuration of a draw has in place of the stated values. */
export interface DrawnInputs {
  /** overrides `path=value` */
  readonly set: readonly string[]
  /** how many times as fast models are, by their names */
  readonly speeds: Readonly<Record<string, number>>
  /** parts of the profile; absent without any */
  readonly measured?: readonly MeasuredDraw[]
  /** parts of the traffic; absent without any */
  readonly drawnTraffic?: readonly TrafficDraw[]
}

/** Draws `from` to `to` - 1 of all inputs: of each, the value of each input. */
export function drawInputs(
  inputs: readonly UncertainInput[],
  { from, to, seed }: { readonly from: number; readonly to: number; readonly seed: number },
): number[][] {
  const points = scrambledSobol(inputs.length, from, to, seed)
  return points.map((point) => point.map((u, i) => drawnValue(inputs[i]!, u)))
}

/** The overrides of the law at a place from -0.5 to 0.5. */
function lawAt(laws: NonNullable<UncertainInput['laws']>, place: number): readonly string[] {
  const at = Math.floor((place + 0.5) * laws.length)
  return laws[Math.min(laws.length - 1, Math.max(0, at))]!
}

/** Whether an input is a number of the scenario, and no factor of several. */
const isNumber = (of: Pick<UncertainInput, 'model' | 'measured' | 'ofTraffic'>) =>
  of.model === null && of.measured === undefined && of.ofTraffic === undefined

/** A draw as changes of the scenario. */
export function drawnInputs(
  inputs: readonly UncertainInput[],
  values: readonly number[],
): DrawnInputs {
  const drawn = inputs.map((input, i) => ({ ...input, drawn: values[i]! }))
  const measured = drawn.flatMap(({ measured: part, drawn: times }) =>
    part === undefined ? [] : [{ ...part, times }],
  )
  const drawnTraffic = drawn.flatMap(({ ofTraffic, drawn: times }) =>
    ofTraffic === undefined ? [] : [{ ...ofTraffic, times }],
  )
  return {
    ...(measured.length > 0 && { measured }),
    ...(drawnTraffic.length > 0 && { drawnTraffic }),
    set: drawn.flatMap(({ name, laws, drawn: value, ...input }) => {
      if (laws !== undefined) return lawAt(laws, value)
      return isNumber(input) ? [`${name}=${value}`] : []
    }),
    speeds: Object.fromEntries(
      drawn.flatMap(({ model, drawn: value }) => (model === null ? [] : [[model, value]])),
    ),
  }
}
