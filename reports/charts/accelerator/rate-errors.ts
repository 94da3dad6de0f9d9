import type { TopLevelSpec } from 'vega-lite'
import { frame, keyWords, type Layer, PERCENT, plotWidth, WIDE } from '../frame.ts'
import { linear } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** Relative errors of a predicted rate, in rows by model. */
export interface RateErrorsChart {
  readonly title: string
  readonly subtitle: string
  /** largest error that is allowed */
  readonly bar: number
  /** kinds of systems, in the order of the key */
  readonly kinds: readonly string[]
  /** models from the top, each with its errors and the index of their kind */
  readonly models: readonly {
    readonly name: string
    readonly errors: readonly { readonly error: number; readonly kind: number }[]
  }[]
}

const COLORS = [LIGHT.simulated, LIGHT.prediction, LIGHT.measured, LIGHT.queue] as const
/** Height of a model, and of the top of its first kind, px. */
const ROW = 58
const LANE = 12
/** Space for the names of the models, px. */
const NAMES = 44

/** Errors of a rate by model, with the allowed band. */
export function rateErrorsChart(chart: RateErrorsChart): TopLevelSpec {
  const { bar, kinds, models } = chart
  const height = ROW * models.length
  const shown = models.flatMap(({ errors }) => errors.map(({ error }) => error))
  const domain = [
    Math.min(-1.5 * bar, ...shown) - 0.02,
    Math.max(1.5 * bar, ...shown) + 0.02,
  ] as const
  const x = linear('error', domain, {
    title: 'highest simulated rate − published rate',
    labelExpr: PERCENT,
    tickCount: 10,
  })
  const yOf = (field: string) => ({
    field,
    type: 'quantitative' as const,
    scale: { domain: [0, height] as [number, number], reverse: true, nice: false as const },
    axis: null,
  })
  const band: Layer = {
    data: { values: [{ error: -bar, to: bar }] },
    mark: { type: 'rect', color: LIGHT.grid, opacity: 0.55 },
    encoding: { x, x2: { field: 'to' } },
  }
  const middle: Layer = {
    data: { values: [{ error: 0 }] },
    mark: { type: 'rule', color: LIGHT.muted, strokeWidth: 1.2 },
    encoding: { x },
  }
  const points = models.flatMap(({ errors }, i) =>
    errors.map(({ error, kind }) => ({
      error,
      at: ROW * i + 11 + LANE * kind,
      color: COLORS[kind % COLORS.length]!,
    })),
  )
  const dots: Layer = {
    data: { values: points },
    mark: { type: 'point', filled: true, opacity: 0.9, size: 64 },
    encoding: { x, y: yOf('at'), color: { field: 'color', type: 'nominal', scale: null } },
  }
  const names = models.map(
    ({ name }, i): Layer => ({
      data: { values: [{}] },
      mark: { type: 'text', text: name, align: 'right', fontSize: 12, color: LIGHT.ink },
      encoding: { x: { value: -10 }, y: { value: ROW * (i + 0.5) } },
    }),
  )
  const keys = kinds.map((name, i) => ({ name, color: COLORS[i % COLORS.length]! }))
  return {
    ...frame(chart.title, chart.subtitle, WIDE),
    width: plotWidth(WIDE) - NAMES,
    height,
    layer: [band, middle, dots, ...names, ...keyWords(keys, WIDE)],
  }
}
