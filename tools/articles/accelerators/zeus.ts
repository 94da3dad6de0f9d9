import {
  type CapCurvesChart,
  capCurvesChart,
} from '../../../reports/charts/accelerator/cap-curves.ts'
import { fixed, percent, signedPercent } from '../../../reports/format.ts'
import {
  CAP_VARIABLES,
  type CapCurve,
  type CapRow,
  type CapVariable,
  capErrors,
  capShare,
  fitCap,
  slowdownOf,
} from '../../../sim/accelerator/index.ts'
import { errorFigures, medianText } from '../../claims/figures/parts.ts'
import { markdownTable } from '../../markdown-table.ts'
import type { Section } from '../../study.ts'
import { grouped, type Row, sharedTable } from '../published.ts'

const TABLE = sharedTable('facts/zeus_power_caps.csv')
/** Public source of the rows. */
const SOURCE =
  'ml-energy/zeus@75a8b93, examples/research_reproducibility/zeus_nsdi23/trace/summary_power_{v100,a40}.csv'

export const haveCapRows = () => TABLE.exists

const CARDS = ['V100', 'A40'] as const
type Card = (typeof CARDS)[number]

/** The knee that the field quotes: this share of the highest limit. */
const QUOTED_KNEE = 0.6

/** An epoch of a training under a cap, against the same training at the highest limit. */
interface EpochRow extends CapRow {
  readonly card: Card
  readonly network: string
  /** "squad bert_base_uncased 32 adamw" */
  readonly training: string
  /** measured under the cap, W */
  readonly averageW: number
}

const COLUMNS = ['dataset', 'network', 'batch_size', 'optimizer'] as const

/** The rows below the highest limit of each training. */
export function epochRows(): EpochRow[] {
  const all = TABLE.rows()
  const trainings = grouped(all, (row) => [row.gpu, ...namesOf(row)].join(' '))
  const floors = new Map(
    [...grouped(all, ({ gpu }) => gpu!)].map(([gpu, rows]) => {
      return [gpu, Math.min(...rows.map((row) => Number(row.average_power_w)))] as const
    }),
  )
  return [...trainings.values()].flatMap((rows) => rowsOf(rows, floors.get(rows[0]!.gpu!)!))
}

const namesOf = (row: Row) => COLUMNS.map((column) => row[column]!)

function rowsOf(rows: readonly Row[], floorW: number): EpochRow[] {
  const limitW = Number(rows[0]!.limit_max_w)
  const free = rows.find((row) => Number(row.power_limit_w) === limitW)
  if (!free) throw new Error(`Expected a row at ${limitW} W for each training`)
  return rows
    .filter((row) => row !== free)
    .map((row) => ({
      card: row.gpu!.toUpperCase() as Card,
      network: free.network!,
      training: namesOf(free).join(' '),
      capW: Number(row.power_limit_w),
      limitW,
      uncappedW: Number(free.average_power_w),
      floorW,
      averageW: Number(row.average_power_w),
      slowdown: Number(row.time_per_epoch_s) / Number(free.time_per_epoch_s),
    }))
}

/** A curve that is fitted on one card unless it is given, and its errors on a card. */
export type CapTest = ReturnType<typeof capTest>

export function capTest(
  rows: readonly EpochRow[],
  { variable, fittedOn, testedOn }: { variable: CapVariable; fittedOn: Card; testedOn: Card },
  fixedCurve?: CapCurve,
) {
  const on = (card: Card) => rows.filter((row) => row.card === card)
  const curve = fixedCurve ?? fitCap(on(fittedOn), variable)
  const tested = on(testedOn)
  const errors = capErrors(curve, tested).map((error, i) => {
    const { training, network, capW } = tested[i]!
    return { at: `${capW} W, ${training}`, network, error }
  })
  const side = (isAbove: boolean) =>
    errors.filter((_, i) => tested[i]!.capW / tested[i]!.limitW >= QUOTED_KNEE === isAbove)
  return { variable, fittedOn, testedOn, curve, above: side(true), below: side(false) }
}

/** Limit of the median relative error of the slowdown above the knee. */
export const CAP_BAR = 0.1
/** The variable that is recommended. */
export const CHOSEN: CapVariable = 'dynamic'

const IMAGE = 'accelerators-power-caps.png'
const NAMES: Readonly<Record<CapVariable, string>> = {
  limit: 'cap ÷ limit',
  uncapped: 'cap ÷ uncapped power',
  dynamic: '(cap − floor) ÷ (uncapped power − floor)',
}
const DIRECTIONS = [
  { fittedOn: 'V100', testedOn: 'A40' },
  { fittedOn: 'A40', testedOn: 'V100' },
] as const
const OWN = CARDS.map((card) => ({ fittedOn: card, testedOn: card }))

/** Without any fit: no slowdown at all, and time in inverse proportion to power. */
const BASELINES = [
  { text: 'none: 1 everywhere', curve: { variable: 'limit', knee: 1, slope: 0, lowestShare: 0 } },
  {
    text: 'none: uncapped power ÷ cap',
    curve: { variable: 'uncapped', knee: 1, slope: 1, lowestShare: 0 },
  },
] as const

/** Slowdown of training by power caps: fitted on one card, tested on the other. */
export function zeusSection(): Section {
  const rows = epochRows()
  const tests = CAP_VARIABLES.flatMap((variable) =>
    [...DIRECTIONS, ...OWN].map((direction) => capTest(rows, { variable, ...direction })),
  )
  const chosen = tests.filter(({ variable, fittedOn, testedOn }) => {
    return variable === CHOSEN && fittedOn !== testedOn
  })
  const missed = chosen.flatMap(({ fittedOn, testedOn, above }) => {
    const { median } = errorFigures(above)
    const cards = `fitted on ${fittedOn}, tested on ${testedOn}`
    return median <= CAP_BAR
      ? []
      : [`Power caps, ${cards}: ${percent(median)} above the knee, bar ${percent(CAP_BAR)}.`]
  })
  return {
    text: textOf(rows, tests, chosen, missed.length === 0),
    images: [[IMAGE, capCurvesChart(chartOf(rows))]],
    missed,
  }
}

function textOf(
  rows: readonly EpochRow[],
  tests: readonly CapTest[],
  chosen: readonly CapTest[],
  met: boolean,
): string {
  const summary = tests.map(({ variable, fittedOn, testedOn, curve, above, below }) => [
    NAMES[variable],
    fittedOn === testedOn ? `${fittedOn}, itself` : `${fittedOn} → ${testedOn}`,
    fixed(curve.knee, 2),
    fixed(curve.slope, 2),
    medianText(errorFigures(above)),
    medianText(errorFigures(below)),
  ])
  const baselines = BASELINES.flatMap(({ text, curve }) =>
    CARDS.map((card) => {
      const { above, below } = capTest(rows, { ...curve, fittedOn: card, testedOn: card }, curve)
      const [knee, slope] = [fixed(curve.knee, 0), fixed(curve.slope, 0)]
      return [
        text,
        card,
        knee,
        slope,
        ...[above, below].map((side) => medianText(errorFigures(side))),
      ]
    }),
  )
  const worst = chosen.map((test) => {
    const [above, below] = [errorFigures(test.above).worst, errorFigures(test.below).worst]
    return `${test.fittedOn} → ${test.testedOn}: ${signedPercent(above.error)} above (${above.at}), ${signedPercent(below.error)} below (${below.at})`
  })
  const trainings = (card: Card) =>
    new Set(rows.filter((row) => row.card === card).map(({ training }) => training)).size
  const floorW = (card: Card) => fixed(rows.find((row) => row.card === card)!.floorW, 0)
  const slowest = (card: Card) => {
    const lowest = rows.filter((row) => row.card === card && row.capW === 100)
    return fixed(Math.max(...lowest.map(({ slowdown }) => slowdown)), 1)
  }
  const quiet = rows.filter(({ capW, uncappedW }) => capW >= uncappedW)
  const noise = errorFigures(quiet.map(({ slowdown }) => ({ at: '', error: slowdown - 1 })))
  return `## Power caps: Zeus

Published: ${SOURCE}. Training epochs under power limits: ${trainings('V100')} trainings on the V100 (100 to 250 W), ${trainings('A40')} on the A40 (100 to
300 W). The slowdown of a row is its time over that of the same network, batch and optimiser at the highest limit. The slowdown is 1 from a knee
on and a power law below: (knee ÷ share)^slope. Knee and slope are the least squares of ln slowdown on all rows of one card; the other card is
the test. The share is one of three. *Floor* is the average power under the lightest training of the card (${floorW('V100')} W and ${floorW('A40')} W): a cap cannot take
it. Floor and uncapped power of the tested card are given, its slowdowns are not. "Above" are rows with a cap of at least ${percent(QUOTED_KNEE)} of the limit, the knee that the field quotes; "below" are the others. Errors are medians.

${markdownTable(['share', 'fitted → tested', 'knee', 'slope', `above (bar ${percent(CAP_BAR)})`, 'below (no bar)'], [...summary, ...baselines], 'llrrrr')}

**The bar is ${met ? 'met' : 'missed'}** in both directions.
It does not ask for much: above the knee even "1 everywhere" meets it. The rows below the knee
tell the shares apart, and the last one is recommended. It was chosen with the rows of both cards in view, so only knee and slope are tested on
a card that was not seen. Worst rows of it: ${worst.join('; ')}.

![Slowdown by power cap on two cards](../images/${IMAGE})

**Where it fails.**
A training that needs little power does not slow down at all, but by ${NAMES.limit} it does (ncf). ${NAMES.uncapped} repairs that, but the cards
still differ: at 100 W the V100 takes up to ${slowest('V100')} times as long and the A40 up to ${slowest('A40')} times, as ${floorW('A40')} of those 100 W are the floor of the A40. Above
the floor both cards follow nearly the same curve. By network, for this share:

${networkTable(chosen)}

deepspeech2 on the A40 is slower below the knee than predicted. A cause would be pauses in an epoch (loading data) that lower its average power but need no cap;
the rows do not show whether it is. Near 100 W the A40 does not hold its cap: ${overCap(rows, 'A40')} of its rows at 100 W exceed it by more than 5 % on average (V100: ${overCap(rows, 'V100')}).
${extrapolated(rows)}

**Noise.**
${quiet.length} rows have a cap at or above their uncapped power. Their slowdown should be 1; its median distance from 1 is ${percent(noise.median)}, worst
${signedPercent(noise.worst.error)}. On such rows no curve can do better.

**Assumed.**
These are trainings. That a served model slows down by the same curve is not measured here. The floor must be known for the device that is
predicted: the power of any light load gives it, without a cap.`
}

function networkTable(chosen: readonly CapTest[]): string {
  const networks = [...new Set(chosen.flatMap(({ above }) => above.map((row) => row.network)))]
  const rows = networks.sort().map((network) => [
    network,
    ...chosen.flatMap(({ above, below }) =>
      [above, below].map((side) => {
        return medianText(errorFigures(side.filter((row) => row.network === network)))
      }),
    ),
  ])
  const heads = chosen.flatMap(({ fittedOn, testedOn }) =>
    ['above', 'below'].map((side) => `${fittedOn} → ${testedOn}, ${side}`),
  )
  return markdownTable(['network', ...heads], rows)
}

function overCap(rows: readonly EpochRow[], card: Card): string {
  const lowest = rows.filter((row) => row.card === card && row.capW === 100)
  const over = lowest.filter(({ averageW, capW }) => averageW > 1.05 * capW)
  return `${over.length} of ${lowest.length}`
}

function extrapolated(rows: readonly EpochRow[]): string {
  const { curve } = capTest(rows, { variable: CHOSEN, ...DIRECTIONS[0] })
  const tested = rows.filter(({ card }) => card === 'A40')
  const outside = tested.filter((row) => slowdownOf(curve, row).extrapolated)
  const errors = outside.map((row) => ({
    at: row.training,
    error: slowdownOf(curve, row).slowdown / row.slowdown - 1,
  }))
  return `${outside.length} rows of the A40 have a smaller share than any row of the V100 (${fixed(curve.lowestShare, 2)}). There the V100's
curve is extrapolated, and marked so: ${medianText(errorFigures(errors))}.`
}

const SLOWDOWNS = [0.8, 5] as const
/** Points of a drawn curve. */
const STEPS = 200

function chartOf(rows: readonly EpochRow[]): CapCurvesChart {
  const panel = (variable: CapVariable, title: string, highest: number) => ({
    title,
    share: NAMES[variable],
    shares: [0, highest] as const,
    series: CARDS.map((card) => {
      const { curve } = capTest(rows, { variable, fittedOn: card, testedOn: card })
      const points = rows
        .filter((row) => row.card === card)
        .map((row) => ({ share: capShare(row, variable), slowdown: row.slowdown }))
      const line = Array.from({ length: STEPS }, (_, i) => ((i + 1) / STEPS) * highest)
        .filter((share) => share >= curve.lowestShare)
        .map((share) => ({ share, slowdown: Math.max(1, (curve.knee / share) ** curve.slope) }))
      return { name: card, points: points.filter(({ share }) => share <= highest), line }
    }),
  })
  return {
    title:
      'Two cards slow down by nearly one curve once the power that no cap can take is left out',
    subtitle:
      'training epochs by Zeus on V100 and A40 · a dot for each training and cap · lines fitted on each card · shares above 150 % are not drawn',
    panels: [
      panel('limit', 'by the limit: a curve for each card', 1),
      panel('dynamic', 'above the floor: nearly one curve', 1.5),
    ],
    slowdowns: SLOWDOWNS,
  }
}
