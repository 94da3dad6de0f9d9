import { alignColumns } from '../../reports/index.ts'
import {
  type Accelerator,
  type AcceleratorFigure,
  type AcceleratorPrice,
  acceleratorPrecisions,
  confidences,
  visibleLine,
} from '../../scenarios/index.ts'
import { errorsOn, FITTED_ERRORS, USUAL_ERRORS } from '../../sim/accelerator/index.ts'

const UNCHECKED = '*'
const NONE = '–'

const HEAD = [
  ...['name', 'memory', 'bandwidth', 'fp16', 'int8', 'power', 'cheapest listed price'],
  'highest on demand',
]
const UNITS = ['', 'GiB', 'GB/s', 'TFLOP/s', 'TOP/s', 'W', 'USD/h', 'USD/h']

/** A table with one line for each accelerator. */
export function acceleratorsText(accelerators: readonly Accelerator[]): string {
  const rows = accelerators.map(rowOf)
  return [
    alignColumns([HEAD, UNITS, ...rows], [0, 6, 7]),
    '',
    `Throughput is dense. ${UNCHECKED} not checked: \`spillway accelerators NAME\` shows the source of each figure.`,
  ].join('\n')
}

function rowOf({ name, tflops, ...card }: Accelerator): string[] {
  const figures = [card.memory_gib, card.bandwidth_gb_s, tflops.fp16, tflops.int8, card.power_w]
  return [name, ...figures.map(marked), cheapestText(card.prices), highestText(card.prices)]
}

/** A space in place of the mark keeps the digits of a column in line. */
function marked(figure: AcceleratorFigure | undefined): string {
  if (figure === undefined) return `${NONE} `
  return numberText(figure.value) + (figure.confidence === 'checked' ? ' ' : UNCHECKED)
}

function cheapestText(prices: readonly AcceleratorPrice[]): string {
  const [cheapest] = byPrice(prices)
  if (cheapest === undefined) return NONE
  const { usd_per_hour, tier, provider } = cheapest
  return `${dollars(usd_per_hour)} ${tier}, ${provider}`
}

/** A second provider of what is rented alike: a list of one price has no range. */
function highestText(prices: readonly AcceleratorPrice[]): string {
  const onDemand = byPrice(prices).filter(({ tier }) => tier === 'on-demand')
  const highest = onDemand.at(-1)
  if (highest === undefined || onDemand.length === 1) return NONE
  return `${dollars(highest.usd_per_hour)} ${highest.provider}`
}

const byPrice = (prices: readonly AcceleratorPrice[]) =>
  prices.toSorted((a, b) => a.usd_per_hour - b.usd_per_hour)

/** One accelerator: every figure with its source, then every price. */
export function acceleratorText(accelerator: Accelerator): string {
  const { name, title, vendor, prices } = accelerator
  const figures = figuresOf(accelerator)
  const rows = figures.map(([label, { value, confidence, source }, unit]) => [
    ...[label, numberText(value), unit, confidence, source],
  ])
  return [
    visibleLine(`${name}: ${title}, by ${vendor}`),
    '',
    alignColumns([['figure', 'value', '', 'confidence', 'source'], ...rows], [0, 2, 3, 4]),
    '',
    ...pricesText(prices),
    '',
    ...errorsText(name),
    '',
    ...confidencesText(figures.map(([, { confidence }]) => confidence)),
  ].join('\n')
}

type Line = readonly [label: string, figure: AcceleratorFigure, unit: string]

function figuresOf({ tflops, ...card }: Accelerator): Line[] {
  const links = card.interconnect_gb_s
  const lines = [
    ['memory', card.memory_gib, 'GiB'],
    ['memory bandwidth', card.bandwidth_gb_s, 'GB/s'],
    ...acceleratorPrecisions.map(
      (precision) =>
        [
          `${precision}, dense`,
          tflops[precision],
          precision === 'int8' ? 'TOP/s' : 'TFLOP/s',
        ] as const,
    ),
    ['power limit', card.power_w, 'W'],
    ['idle power', card.idle_w, 'W'],
    [`${links?.kind}, each way`, links, 'GB/s'],
    ['clock falls from', card.max_operating_c, '°C'],
    ['throttles at', card.throttle_c, '°C'],
    ['shuts down at', card.shutdown_c, '°C'],
  ] as const
  return lines.flatMap(([label, figure, unit]) =>
    figure === undefined ? [] : [[label, figure, unit] as const],
  )
}

function pricesText(prices: readonly AcceleratorPrice[]): string[] {
  if (prices.length === 0) return ['no listed price']
  const rows = byPrice(prices).map(
    ({ usd_per_hour, tier, provider, sku, region = NONE, date = NONE, source }) => [
      ...[dollars(usd_per_hour), tier, provider, sku, region, date, source],
    ],
  )
  const head = ['USD/h', 'tier', 'provider', 'sku', 'region', 'read', 'source']
  return [alignColumns([head, ...rows], [1, 2, 3, 4, 5, 6])]
}

/** How far off times of a transformer are that follow from the figures of a card. */
function errorsText(card: string): string[] {
  const rows = (['encoder', 'decoder'] as const).flatMap((kind) =>
    [
      ['usual efficiencies', USUAL_ERRORS] as const,
      ['fitted, rows left out', FITTED_ERRORS] as const,
    ].map(([by, errors]) => {
      const [least, lower, , upper, most] = errorsOn(errors[kind], card)
      const of = Object.hasOwn(errors[kind], card) ? 'this card' : 'other cards'
      const half = `${signed(lower)} to ${signed(upper)}`
      return [`${kind}, ${by}`, half, `${signed(least)} to ${signed(most)}`, of]
    }),
  )
  const head = ['times of a transformer', 'half were off by', 'all by', 'published ones of']
  return [
    alignColumns([head, ...rows], [0, 3]),
    '',
    '`uncertain: { sources: included }` in a scenario has usual efficiencies off by these, and a fit by its own errors.',
  ]
}

/** "+15 %", "−8 %" */
function signed(share: number): string {
  const size = Math.round(100 * Math.abs(share))
  return `${share < 0 && size > 0 ? '−' : '+'}${size} %`
}

/** What the words for confidence mean, of those that were used. */
function confidencesText(used: readonly string[]): string[] {
  return Object.entries(confidences)
    .filter(([confidence]) => used.includes(confidence))
    .map(([confidence, meaning]) => `${confidence}: ${meaning}`)
}

const numberText = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 3 })

const dollars = (value: number) =>
  value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
