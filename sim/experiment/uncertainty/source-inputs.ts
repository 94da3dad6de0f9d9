import type { Pool, Scenario, Work } from '../../../scenarios/schema/schema.ts'
import { isAccelerated } from '../../../scenarios/schema/takes-length.ts'
import {
  factorWithin,
  type InputSource,
  type UncertainInput,
  type UncertainLaw,
  widthOfMedian,
} from '../../../scenarios/schema/uncertain.ts'
import { type ErrorQuartiles, errorsOn, USUAL_ERRORS } from '../../accelerator/index.ts'
import { log } from '../../kernel/index.ts'
import { drawnValue } from '../../stats/index.ts'
import { isMeasured } from '../../world/index.ts'
import { cardName, declaredOf, fittedOf, transferOf } from '../transfer/transfer.ts'
import type { TransferWidth } from '../transfer/transfer-widths.ts'

/** How far off the times of a pool may be, by what they are from. */
interface TimesWidth {
  readonly source: Exclude<InputSource, 'scenario'>
  /** of their speed, as a factor */
  readonly law: UncertainLaw
  /** which times they are */
  readonly times: string
}

/** What is assumed of measurements that state no width. */
const ASSUMED_WIDTH = 0.1

/** Null where nothing states a width. */
function timesWidth(scenario: Scenario, pool: number): TimesWidth | null {
  const work = declaredOf(scenario, pool)
  if (work === null) return null
  const transfer = transferOf(scenario, pool)
  if (transfer !== null) {
    const times = JSON.stringify([work, transfer.usedOn])
    return transfer.width && { source: 'transfer', law: transferredSpeed(transfer.width), times }
  }
  const times = JSON.stringify([work])
  const fitted = fittedOf(work)
  const { error } = fitted ?? {}
  const width = fitted?.width ?? (error === undefined ? undefined : widthOfMedian(error))
  if (width !== undefined) return { source: 'fit', law: factorWithin(width), times }
  // a law of steps may state that it was fitted, and no error
  if (fitted !== undefined || isMeasured(work)) {
    return { source: 'benchmark', law: factorWithin(ASSUMED_WIDTH), times }
  }
  const ofPool = scenario.pools[pool]!
  const errors = usualErrors(work, ofPool)
  const onCard = JSON.stringify([work, cardName(ofPool), ofPool.precision])
  return errors && { source: 'catalogue', law: usualSpeed(errors), times: onCard }
}

/**
 * Times that are predicted 0.6 times as long as they are have a speed of 0.6. Half of the transfers
 * missed by less than the median.
 */
const transferredSpeed = ({ low, high, median }: TransferWidth): UncertainLaw => ({
  law: 'quantiles',
  quantiles: [
    [0, 1 + low],
    [0.25, 1 - median],
    [0.75, 1 + median],
    [1, 1 + high],
  ],
})

/** What usual efficiencies miss by in a pool; null where the model states its own, or none. */
function usualErrors(work: Work, { accelerator }: Pool): ErrorQuartiles | null {
  if (typeof accelerator === 'string') return null
  if (work.law !== 'transformer-encoder' && work.law !== 'transformer-decoder') return null
  if (work.efficiency !== undefined) return null
  const kind = work.law === 'transformer-encoder' ? 'encoder' : 'decoder'
  return errorsOn(USUAL_ERRORS[kind], accelerator.name)
}

const usualSpeed = (errors: ErrorQuartiles): UncertainLaw => ({
  law: 'quantiles',
  quantiles: errors.map((error, i) => [i / 4, 1 + error] as const),
})

/**
 * The inputs that the sources of times bring: the speed of each model, and which law it follows
 * where several fit as well. A model whose times have a width in the scenario keeps that one alone.
 * One that runs in several pools has the widest of theirs.
 */
export function sourceInputs(
  scenario: Scenario,
  stated: readonly UncertainInput[],
): UncertainInput[] {
  return modelsOf(scenario)
    .filter((name) => !stated.some((input) => isOfTimes(input, name)))
    .flatMap((name) => {
      const pools = scenario.pools.flatMap((pool, i) => (pool.model === name ? [i] : []))
      const widths = pools.flatMap((pool) => timesWidth(scenario, pool) ?? [])
      // what a transfer missed by has other laws in it
      const isTransferred = pools.every((pool) => transferOf(scenario, pool) !== null)
      return [...speedInput(name, widths), ...(isTransferred ? [] : lawsInput(scenario, name))]
    })
}

const modelsOf = ({ pools }: Scenario) => [...new Set(pools.map(({ model }) => model))]

/** Whether an input is of the times of a model. */
const isOfTimes = (input: UncertainInput, model: string) =>
  input.model === model || input.name.startsWith(`models.${model}.work.`)

function speedInput(name: string, widths: readonly TimesWidth[]): UncertainInput[] {
  if (widths.length === 0) return []
  const widest = widths.reduce((a, b) => (spreadOf(b) > spreadOf(a) ? b : a))
  const input = { name: `speed of ${name}`, model: name, value: 1, whole: false }
  return [{ ...input, ...widest }]
}

/** The logarithm of the ratio of the ends of the middle 95 %. */
function spreadOf({ law }: TimesWidth): number {
  const at = (p: number) => drawnValue({ law, whole: false }, p)
  return log(at(0.975) / at(0.025))
}

function lawsInput({ models }: Scenario, name: string): UncertainInput[] {
  const model = models[name]!
  if (!('work' in model)) return []
  const { work } = model
  const path = `models.${name}.work`
  if (isAccelerated(work)) return oneOfLaws(name, `${path}.efficiency`, work.efficiency)
  return work.law === 'generation' ? oneOfLaws(name, path, work) : []
}

function oneOfLaws(
  model: string,
  path: string,
  { alternatives = [] }: { readonly alternatives?: readonly object[] | undefined } = {},
): UncertainInput[] {
  if (alternatives.length === 0) return []
  const others = alternatives.map((of) =>
    Object.entries(of).map(([key, value]) => `${path}.${key}=${value}`),
  )
  // neighbours are alike where a fit wrote them, and the stated law is amid them
  const laws = others.toSpliced(Math.floor((others.length + 1) / 2), 0, [])
  return [
    {
      ...{ name: `laws of ${model}`, model: null, value: 0, whole: false },
      law: { law: 'uniform', low: -0.5, high: 0.5 },
      source: 'fit',
      laws,
    },
  ]
}

/** What is assumed of times, and of which times nothing is known, where sources are included. */
export function sourceNotes(scenario: Scenario, inputs: readonly UncertainInput[]): string[] {
  const assumed = inputs.flatMap(({ model, source }) =>
    source === 'benchmark' && model !== null ? [model] : [],
  )
  const isDeclared = (name: string) => 'work' in scenario.models[name]!
  const unknown = modelsOf(scenario).filter(
    (name) => isDeclared(name) && !inputs.some((input) => isOfTimes(input, name)),
  )
  // a width of one number of a work takes the place of what its source has of all of them
  const narrowed = modelsOf(scenario).filter(
    (name) =>
      inputs.some((input) => input.name.startsWith(`models.${name}.work.`)) &&
      !inputs.some(({ model }) => model === name) &&
      scenario.pools.some(
        ({ model }, pool) => model === name && timesWidth(scenario, pool) !== null,
      ),
  )
  const partly = modelsOf(scenario).filter(
    (name) =>
      inputs.some(({ model, source }) => model === name && source !== undefined) &&
      scenario.pools.some(
        ({ model }, pool) =>
          model === name &&
          declaredOf(scenario, pool) !== null &&
          timesWidth(scenario, pool) === null,
      ),
  )
  return [
    ...(partly.length === 0
      ? []
      : [
          `${partly.join(', ')} runs in a pool for which no width of its times is known: that of another pool is taken; give one as ${keyOf(partly)}`,
        ]),
    ...(narrowed.length === 0
      ? []
      : [
          `what the sources of the times of ${narrowed.join(', ')} are off by is left out, as the scenario states a width of a number of them; give one of all as ${keyOf(narrowed)}`,
        ]),
    ...(assumed.length === 0
      ? []
      : [
          `times of ${assumed.join(', ')} are measurements without a width: ± 10 % is assumed; state yours as ${keyOf(assumed)}`,
        ]),
    ...(unknown.length === 0
      ? []
      : [
          `no width is known of the times of ${unknown.join(', ')}: the wider interval takes them as stated; give one as ${keyOf(unknown)}`,
        ]),
  ]
}

const keyOf = ([first]: readonly string[]) => `\`speed of ${first}\` under uncertain`
