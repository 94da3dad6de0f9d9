import { parseObjective } from '../../scenarios/index.ts'
import {
  type Estimate,
  fewRunsText,
  type OutputDrift,
  probabilityText,
  type VariantFigures,
  type VariantMetric,
  type VariantRatio,
  type Variants,
  type Verdict,
} from '../../sim/documents/index.ts'
import {
  declared,
  estimateText,
  exactSize,
  exactText,
  figure,
  fixed,
  listed,
  NONE,
  objectiveLimit,
  plural,
  ratioText,
  signedPercent,
  usd,
  valueText,
} from '../format.ts'
import { ranOut } from './memory-spaces.ts'
import { overloadText, undecidedText } from './summary.ts'
import { endsText } from './uncertainty-figures.ts'
import { withInputsText } from './uncertainty-tables.ts'

/** Variants in words and table cells, for terminals and pages. */

const NAMES: Readonly<Record<VariantMetric, string>> = {
  p50: 'p50',
  p95: 'p95',
  p99: 'p99',
  goodput: 'goodput',
  utilisation: 'utilisation',
}

/** Each variant against the first one in a sentence, by the differences that were found. */
export function variantFindings({ variants, ratios, measured, replications }: Variants): string[] {
  const [first, ...others] = variants
  return others.map(({ name, row }) => {
    const counts = hasCounted(measured, name)
    const of =
      measured === null ? 'simulated' : counts ? 'measured' : 'simulated, as no replay counts'
    const ofVariant = (counts ? measured!.ratios : ratios).filter(({ variant }) => variant === name)
    const real = ofVariant.filter(({ difference }) => isDifference(difference))
    const byInputs = ofVariant.filter(isLeftOpen)
    const open = ofVariant.filter(
      (ratio) => ratio.difference === 'none found' && !byInputs.includes(ratio),
    )
    const texts = real.map(({ metric, value }) => `${NAMES[metric]} ${changeText(value!)}`)
    const metrics = listed(open.map(({ metric }) => NAMES[metric]))
    const isFew = !counts && fewRunsText(replications) !== null
    const none = isFew
      ? `two replications do not tell whether ${metrics} ${open.length === 1 ? 'differs' : 'differ'}`
      : `no difference found in ${metrics}`
    const parts = [
      ...(row.stability.state === 'OVERLOADED' ? ['overloaded in the simulation'] : []),
      ...(texts.length === 0 ? [] : [`${listed(texts)} against ${first!.name}`]),
      ...(byInputs.length === 0 ? [] : [`with uncertain inputs ${listed(byInputs.map(oddsText))}`]),
      ...(open.length === 0 ? [] : [none]),
    ]
    return `${name}, ${of}: ${parts.length === 0 ? 'no ratio is supported by the sample' : parts.join('; ')}`
  })
}

/** Whether the draws show a difference, and what is not known of the inputs leaves it open. */
function isLeftOpen({ low, high, difference, with_inputs: wide }: VariantRatio): boolean {
  if (wide === undefined || difference !== 'none found') return false
  return low !== null && high !== null && (low > 1 || high < 1)
}

/** "p99 is lower with a probability of 88 %" */
function oddsText({ metric, value, with_inputs: wide }: VariantRatio): string {
  const isLower = value! < 1
  const p = isLower ? wide!.p_lower : 1 - wide!.p_lower
  return `${NAMES[metric]} is ${isLower ? 'lower' : 'higher'} with a probability of ${probabilityText(p)}`
}

type Variant = Variants['variants'][number]

const isOverloaded = ({ row }: Variant) => row.stability.state === 'OVERLOADED'

/** What it has no price for is none of the costs that are compared. */
const isUnpriced = (document: Variants, { row }: Variant) => isPriced(document) && row.cost === null

const paidReplicas = ({ row }: Variant) => row.pools.reduce((sum, pool) => sum + pool.replicas, 0)

/** Dollars an hour; replicas without a price. */
const costOf = (variant: Variant) => variant.row.cost?.usd_per_hour ?? paidReplicas(variant)

function costText(document: Variants, variant: Variant): string {
  if (isUnpriced(document, variant)) return 'which has no price'
  return variant.row.cost === null
    ? plural(Number(figure(costOf(variant))), 'replica')
    : `${usd(costOf(variant))} an hour`
}

/** Which variants have no price while others have one, and what to state. */
function withoutPriceText(document: Variants): string {
  const names = document.variants
    .filter((variant) => isUnpriced(document, variant))
    .map(({ name }) => name)
  if (names.length === 0) return ''
  const have = `${plural(names.length, 'variant')} (${listed(names)}) ${names.length === 1 ? 'has' : 'have'}`
  return ` ${have} no price: state price_usd_per_hour.`
}

/** The first that is to be preferred: with a price, the cheapest, enough memory, the lowest p99. */
function preferred(document: Variants, a: Variant, b: Variant): number {
  const unpriced = (variant: Variant) => Number(isUnpriced(document, variant))
  const p99 = ({ figures }: Variant) => figures.p99.value ?? Number.MAX_VALUE
  const lacks = ({ memory }: Variant) => Number(memory !== undefined)
  return (
    unpriced(a) - unpriced(b) || costOf(a) - costOf(b) || lacks(a) - lacks(b) || p99(a) - p99(b)
  )
}

/**
 * The cheapest variant that passes every objective in the simulation, of equally cheap ones that
 * with the lowest p99 that does not run out of memory; one without a price only where none with one
 * passes. Null where no objective is stated.
 */
export function variantAnswer(document: Variants): string | null {
  const { variants } = document
  if (variants.every(({ row }) => row.verdict === null)) return null
  const passing = variants.filter(
    (variant) => variant.row.verdict === 'PASS' && !isOverloaded(variant),
  )
  const [best] = passing.toSorted((a, b) => preferred(document, a, b))
  if (best === undefined) {
    const open = variants.some(({ row }) => row.verdict === 'UNDECIDED')
    return `No variant passes every objective${open ? '; some are undecided' : ''}.${surestText(variants)}`
  }
  const passes = 'every objective in the simulation'
  const variantCount = plural(variants.length, 'variant')
  const why =
    passing.length === 1
      ? `the only one of ${variantCount} that passes ${passes}`
      : `of ${variantCount} ${passing.length} pass ${passes}, ${rankText(document, best, passing)}`
  return `Take ${best.name}, ${costText(document, best)}: ${why}.${surelyText(best)}${withoutPriceText(document)}`
}

/** How surely it is the one to take; empty where nothing is uncertain. */
function surelyText({ with_inputs: odds }: Variant): string {
  if (odds === undefined || odds.p_holds === null) return ''
  const holds = ` With uncertain inputs it holds with a probability of ${probabilityText(odds.p_holds)}`
  if (odds.p_cheapest === null) return `${holds}.`
  return `${holds}, and is the cheapest that does with one of ${probabilityText(odds.p_cheapest)}.`
}

/** The variant that is likeliest to hold; empty where nothing is uncertain. */
function surestText(variants: readonly Variant[]): string {
  const [surest] = variants
    .flatMap(({ name, with_inputs: odds }) => {
      const p = odds?.p_holds ?? null
      return p === null ? [] : [{ name, p }]
    })
    .sort((a, b) => b.p - a.p)
  if (surest === undefined || surest.p === 0) return ''
  return ` With uncertain inputs ${surest.name} is the surest: it holds with a probability of ${probabilityText(surest.p)}.`
}

/** How the best one stands among those that pass. */
function rankText(document: Variants, best: Variant, passing: readonly Variant[]): string {
  if (isUnpriced(document, best)) return 'none of them with a price, and it has the fewest replicas'
  const unpriced = passing.filter((variant) => isUnpriced(document, variant))
  if (unpriced.length === 0) return 'and it is the cheapest'
  return unpriced.length === passing.length - 1
    ? 'and it is the only one of them with a price'
    : 'and it is the cheapest of those with a price'
}

export const OPEN_OBJECTIVE = 'failed or open objective'

/** The objective that a variant fails, or that is open and why, with its figure. */
function openObjective({ row }: Variant): string {
  const having = (verdict: Verdict) =>
    row.objectives.find((objective) => objective.verdict === verdict)
  const open = having('FAIL') ?? having('UNDECIDED')
  if (open === undefined) return NONE
  const { class: name, text, estimate, verdict } = open
  const none = verdict === 'FAIL' ? '∞' : null
  const { quantity } = objectiveLimit(parseObjective(text)!)
  const figures =
    estimate.value === null
      ? none
      : `${estimateText(estimate, quantity)}${withInputsText(open, quantity)}`
  const why = verdict === 'UNDECIDED' ? undecidedText(open) : null
  const parts = [figures, why].filter((part) => part !== null)
  return `${name}: ${text} (${parts.join('; ') || NONE})`
}

/** Whether a variant was replayed in a round that counts. */
export function hasCounted(measured: Variants['measured'], name: string): boolean {
  if (measured === null) return false
  return measured.not_counted.filter(({ variant }) => variant === name).length < measured.replays
}

const isDifference = (difference: VariantRatio['difference']) =>
  difference === 'higher' || difference === 'lower'

/** "−12 %", or "2.1 times" from twice and half on. */
export function changeText(ratio: number): string {
  return ratio >= 2 || ratio <= 0.5 ? `${figure(ratio)} times` : signedPercent(ratio - 1)
}

/** What changes how a variant is read: its overload, a lack of memory, requests that are lost. */
export function variantWarnings(document: Variants): string[] {
  const { variants, measured, warnings, replications } = document
  const overloaded = variants.flatMap(({ name, row }) => {
    const text = overloadText(row)
    return text === null ? [] : [`${name}: ${text}`]
  })
  const live = (measured?.variants ?? []).flatMap(({ name, stability }) => {
    const text = overloadText({ stability })
    return text === null ? [] : [`${name}, measured: ${text}`]
  })
  const lacking = variants.flatMap(({ name, memory = [] }) =>
    memory.map((space) => `${name}: out of memory: ${space.name} ${ranOut(space, replications)}`),
  )
  return [...overloaded, ...lacking, ...live, ...warnings, ...(measured?.warnings ?? [])]
}

const figureCells = ({ p50, p95, p99, goodput, utilisation }: VariantFigures) => [
  ...[p50, p95, p99].map((latency) => estimateText(latency, 'time')),
  estimateText(goodput, 'share'),
  estimateText(utilisation, 'share'),
]

/** A dash for a variant without engines. */
const ofCapacityCell = ({ capacity_utilisation: share }: VariantFigures) =>
  share === undefined ? NONE : estimateText(share, 'share')

/**
 * The figures of each variant, with its verdict, and with its price where `resourceRows` has no
 * table for it; the head first.
 */
export function variantRows(document: Variants): string[][] {
  const { variants } = document
  const priced = isPriced(document) && !hasResources(document)
  const engines = variants.some(({ figures }) => figures.capacity_utilisation !== undefined)
  const tokens = variants.some(({ row }) => row.cost?.usd_per_million_tokens != null)
  const open = variants.some((variant) => openObjective(variant) !== NONE)
  const hours = document.duration_s / 3600
  return [
    [
      ...['variant', 'p50', 'p95', 'p99', 'goodput', 'utilisation'],
      ...(engines ? ['of capacity'] : []),
      'replica-hours',
      ...(priced ? ['$ an hour', '$ a million'] : []),
      ...(tokens ? ['$ a million tokens'] : []),
      'verdict',
      ...(open ? [OPEN_OBJECTIVE] : []),
    ],
    ...variants.map((variant) => [
      variant.name,
      ...figureCells(variant.figures),
      ...(engines ? [ofCapacityCell(variant.figures)] : []),
      figure(paidReplicas(variant) * hours),
      ...(priced ? costCells(variant.row.cost) : []),
      ...(tokens ? [tokenCell(variant.row.cost)] : []),
      isOverloaded(variant) ? 'OVERLOADED' : (variant.row.verdict ?? NONE),
      ...(open ? [openObjective(variant)] : []),
    ]),
  ]
}

const isPriced = ({ variants }: Variants) => variants.some(({ row }) => row.cost !== null)

function hasResources({ variants, measured }: Variants): boolean {
  if ((measured?.output_drift ?? []).length > 0) return true
  return variants.some(({ resources: { weights_mib: weights, joule_per_request: energy } }) => {
    return weights !== null || energy !== null
  })
}

/**
 * What a choice is made by: p99, capacity, memory, energy, price and output drift of each variant.
 * Empty where nothing of memory, energy and drift is known.
 */
export function resourceRows(document: Variants): string[][] {
  if (!hasResources(document)) return []
  const { variants, measured } = document
  const [first] = variants
  const powered = variants.some(({ resources }) => resources.joule_per_request !== null)
  const priced = isPriced(document)
  const drifts = measured?.output_drift ?? []
  const weighed = variants.some(({ resources }) => resources.weights_mib !== null)
  const largest = Math.max(...variants.map(({ resources }) => resources.weights_mib ?? 0))
  const live = isLive(document)
  return [
    [
      'variant',
      live ? 'p99, measured' : 'p99',
      'capacity',
      ...(weighed ? ['weights'] : []),
      ...(powered || live ? ['energy a request'] : []),
      ...(priced ? ['$ an hour', '$ a million', '$ a million at capacity'] : []),
      ...(drifts.length > 0 ? [`cosine to ${first!.name}`, 'same top-1'] : []),
    ],
    ...variants.map((variant) => {
      const { name, row, figures, resources } = variant
      return [
        name,
        estimateText(live ? measuredP99(measured!, name) : figures.p99, 'time'),
        capacityCell(variant),
        ...(weighed ? [sizeText(resources.weights_mib, largest)] : []),
        ...(powered || live ? [energyText(resources.joule_per_request)] : []),
        ...(priced ? [...costCells(row.cost), fullCost(variant)] : []),
        ...(drifts.length > 0 ? driftOf(drifts, name) : []),
      ]
    }),
  ]
}

const isLive = ({ variants, measured }: Variants) =>
  measured !== null && variants.some(({ name }) => hasCounted(measured, name))

/** What the table of resources lacks, and what its marks mean, each as a sentence. */
export function resourceNotes(document: Variants): string[] {
  if (!hasResources(document)) return []
  const { variants } = document
  const unpowered = variants.some(({ resources }) => resources.joule_per_request === null)
  return [
    ...(variants.some(isDoubtful) ? [ABOUT_NOTE] : []),
    ...(isLive(document) && unpowered
      ? ['Energy is not known: nothing measures the power of this machine.']
      : []),
  ]
}

const ABOUT = '≈'
const ABOUT_NOTE = `${ABOUT}: the capacity is from batch times that a warning is about, and may be far from it.`

/**
 * Whether the times that a capacity is of are in doubt. A profile has no scatter of single times by
 * which a capacity could have an interval.
 */
const isDoubtful = ({ doubtful_times, row: { extrapolated, transferred } }: Variant) =>
  doubtful_times !== undefined || extrapolated.length > 0 || transferred !== undefined

function capacityCell(variant: Variant): string {
  const { capacity_rps: rps } = variant.row
  if (rps === null) return NONE
  return isDoubtful(variant) ? `${ABOUT} ${figure(rps)} req/s` : exactText(rps, 'rate')
}

const measuredP99 = (measured: NonNullable<Variants['measured']>, name: string) =>
  measured.variants.find((variant) => variant.name === name)!.figures.p99

const sizeText = (mib: number | null, like: number) => (mib === null ? NONE : exactSize(mib, like))

function energyText(energy: Estimate | null): string {
  return energy === null ? NONE : `${estimateText(energy, 'plain')} J`
}

/** Output drift of a variant in its worst pool. */
function driftOf(drifts: readonly OutputDrift[], name: string): string[] {
  const ofVariant = drifts.filter(({ variant }) => variant === name)
  const least = (of: (drift: OutputDrift) => number | null) => {
    const values = ofVariant.map(of)
    return values.length === 0 || values.includes(null) ? null : Math.min(...(values as number[]))
  }
  const [cosine, top1] = [least((of) => of.cosine_mean), least((of) => of.top1)]
  return [
    cosine === null ? NONE : cosine.toFixed(5),
    top1 === null ? NONE : `${fixed(100 * top1, 1)} %`,
  ]
}

function costCells(cost: Variants['variants'][number]['row']['cost']): string[] {
  if (cost === null) return [NONE, NONE]
  return [fixed(cost.usd_per_hour, 2), valueText(cost.usd_per_million, 'plain')]
}

function fullCost(variant: Variant): string {
  const { usd_per_million_at_capacity: usd } = variant.resources
  if (usd === null) return NONE
  return isDoubtful(variant) ? `${ABOUT} ${figure(usd)}` : figure(usd)
}

function tokenCell(cost: Variants['variants'][number]['row']['cost']): string {
  const million = cost?.usd_per_million_tokens ?? null
  return million === null ? NONE : valueText(million, 'plain')
}

/** The figures of each variant in its replays. */
export function measuredRows({ measured }: Variants): string[][] {
  if (measured === null) return []
  return [
    ['measured', 'p50', 'p95', 'p99', 'goodput', 'utilisation'],
    ...measured.variants.map(({ name, figures }) => [name, ...figureCells(figures)]),
  ]
}

/** Ratios to the first variant: a row for each variant, on each side. */
export function ratioRows({ variants, ratios, measured, interval }: Variants): string[][] {
  const rows = (of: string, ofSide: readonly VariantRatio[], text: RatioText = ratioText) =>
    variants.slice(1).map(({ name }) => {
      const byMetric = new Map(
        ofSide.filter(({ variant }) => variant === name).map((ratio) => [ratio.metric, ratio]),
      )
      const cells = (Object.keys(NAMES) as VariantMetric[]).map((metric) =>
        text(byMetric.get(metric)),
      )
      return [`${name}${of}`, ...cells]
    })
  const head = [`ratio to ${variants[0]!.name}`, ...Object.values(NAMES)]
  const wider =
    interval === undefined ? [] : rows(', with uncertain inputs', ratios, ratioWithInputsText)
  if (measured === null) return [head, ...rows('', ratios), ...wider]
  return [head, ...rows(', simulated', ratios), ...wider, ...rows(', measured', measured.ratios)]
}

type RatioText = (ratio: VariantRatio | undefined) => string

/** "[0.8, 1.1] =": the interval with uncertain inputs, and whether it holds 1. */
function ratioWithInputsText(ratio: VariantRatio | undefined): string {
  if (ratio === undefined || ratio.with_inputs === undefined) return NONE
  const { value, with_inputs: wide } = ratio
  const text = endsText({ value, low: null, high: null, n: 1 }, wide, 'plain')
  const isOpen = (wide.low ?? 0) <= 1 && (wide.high ?? 1) >= 1
  return isOpen ? `${text} =` : text
}

/** What the marks and intervals of the ratios mean. */
export function ratioNotes(document: Variants): string[] {
  const { replications, measured, ratios } = document
  const missing = [...ratios, ...(measured?.ratios ?? [])].flatMap(({ reason }) => reason ?? [])
  return [
    '=: no difference found. Differences are tested all together (Holm, 5 %), and each interval has the level of its test.',
    `Simulated: paired over ${plural(replications, 'replication')} with the same requests.${measured === null ? '' : ` ${measuredNote(measured)}`}`,
    ...[...new Set(missing)].map((reason) => `No ratio: ${reason}.`),
  ]
}

function measuredNote({ replays, blocks, slice_ms }: NonNullable<Variants['measured']>): string {
  const slices =
    slice_ms === null ? 'whole replays in turn' : `slices of ${declared(slice_ms)} ms in turn`
  return `Measured: ${plural(replays, 'replay')} of each, ${slices}, ${plural(blocks, 'block')}.`
}

/** At what rate all variants are compared, where the scenario states a load. */
export function rateText({ rate, variants }: Variants): string | null {
  if (rate === null) return null
  const loads = variants.map(({ name, row: { load } }) =>
    load === null ? name : `${name} ${fixed(load, 2)}`,
  )
  return `The same rate for all: loads of the scenario are shares of the capacity of ${rate}. Load of each: ${loads.join(', ')}.`
}

/** How far outputs are from those of the first variant, on the same inputs. */
export function driftRows({ measured }: Variants): string[][] {
  const drift = measured?.output_drift ?? []
  if (drift.length === 0) return []
  const rows = drift.map((row) => [`${row.variant}, pool ${row.pool}`, ...driftCells(row)])
  return [['output drift', 'inputs', 'cosine, mean', 'least', 'same top-1'], ...rows]
}

function driftCells({ inputs, cosine_mean, cosine_least, top1, reason }: OutputDrift): string[] {
  if (cosine_mean === null || cosine_least === null || top1 === null) {
    return [String(inputs), reason ?? NONE, NONE, NONE]
  }
  return [
    String(inputs),
    cosine_mean.toFixed(5),
    cosine_least.toFixed(5),
    `${fixed(100 * top1, 1)} %`,
  ]
}
