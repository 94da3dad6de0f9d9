import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { lawOf, SOURCES, type StatedWidth } from '../../../scenarios/schema/uncertain.ts'
import { drawnValue } from '../../stats/index.ts'
import type { SimulationInput } from '../system/simulation-input.ts'
import type { Factors } from './joint-interval.ts'
import { measuredPools, scaledInput } from './measured-pools.ts'
import type { Check } from './verdicts.ts'

const SPEED = /^speed of (.*)$/
/** Requests of a comparison are given, and prices change no latency. */
const NO_MATTER = [
  /^(?:traffic|lengths)(?: of .*)?$/,
  /^traffic\..*\.(?:arrivals|input_tokens|output_tokens)\b/,
  /\bprice_/,
]

type Modelled = Pick<SimulationInput, 'scenario' | 'models'>

/**
 * Names of the scenario's uncertain inputs with their widths. Those of sources are of the profile,
 * and replays show its speed anew.
 */
const inputsOf = ({ uncertain = {} }: Scenario) =>
  Object.entries<StatedWidth>(uncertain).filter(([name]) => name !== SOURCES)

/** Whether measured pools run the model that an uncertain speed names. */
const isMeasured = (input: Modelled, name: string) =>
  measuredPools(input).some(({ pool }) => pool.model === SPEED.exec(name)?.[1])

/** The middle 95 % of what the speed of a model may be; null where it is not uncertain. */
export function speedWidth(scenario: Scenario, model: string): Factors | null {
  const name = `speed of ${model}`
  const width = inputsOf(scenario).find(([input]) => input === name)?.[1]
  const law = width === undefined ? '' : lawOf(width, 1)
  if (typeof law === 'string') return null
  const speed = { name, model, value: 1, whole: false, law }
  return { low: drawnValue(speed, 0.025), high: drawnValue(speed, 0.975) }
}

/** The input at both ends of each uncertain speed that predictions hold. */
export function uncertainSpeeds(input: SimulationInput): (readonly SimulationInput[])[] {
  const pools = measuredPools(input)
  const models = [...new Set(pools.map(({ pool }) => pool.model))]
  return models.flatMap((model) => {
    const width = speedWidth(input.scenario, model)
    if (width === null) return []
    const atFactor = (factor: number) =>
      scaledInput(
        input,
        pools.map(({ pool }) => (pool.model === model ? factor : 1)),
      )
    return [[atFactor(width.low), atFactor(width.high)]]
  })
}

/** The check of predictions, which states the uncertain inputs that their intervals do not hold. */
export function besideInputs(check: Check, input: Modelled): Check {
  const names = inputsOf(input.scenario)
    .map(([name]) => name)
    .filter((name) => !NO_MATTER.some((rule) => rule.test(name)) && !isMeasured(input, name))
  if (names.length === 0) return check
  const text = `its interval does not hold what is not known of ${names.join(', ')}`
  return { ...check, reason: `${check.reason}; ${text}` }
}
