import type { TopLevelSpec } from 'vega-lite'
import type { TraceStatistics } from '../../../sim/traffic/index.ts'
import { capitalise, count } from '../../format.ts'
import {
  emptyChart,
  frame,
  keyWords,
  type Layer,
  logTicks,
  narrow,
  PERCENT,
  plotWidth,
} from '../frame.ts'
import { logarithmic } from '../plot.ts'
import { LIGHT } from '../theme.ts'

type Lengths = NonNullable<TraceStatistics['input_tokens']>

interface Column {
  readonly name: string
  readonly color: string
  readonly lengths: Lengths
}

/** Histograms of input and output lengths on a log axis. */
export function traceLengths(trace: TraceStatistics, width: number): TopLevelSpec {
  const columns: Column[] = []
  const { input_tokens, output_tokens } = trace
  if (input_tokens) columns.push({ name: 'input', color: LIGHT.service, lengths: input_tokens })
  if (output_tokens) columns.push({ name: 'output', color: LIGHT.queue, lengths: output_tokens })
  // a log axis cannot show the bin of lengths below 1
  const shown = columns.map((column) => ({
    ...column,
    bins: column.lengths.shares.filter(({ from }) => from >= 1),
  }))
  const edges = shown.flatMap(({ bins }) => bins.flatMap(({ from, to }) => [from, to]))
  const subtitle = 'four bins for each doubling of the length'
  if (edges.length === 0) return emptyChart(finding(columns), subtitle, width)
  const domain: [number, number] = [Math.min(...edges), Math.max(...edges)]
  const x = logarithmic('from', domain, {
    title: 'length (tokens)',
    values: logTicks(...domain, narrow(width) ? [1] : undefined),
    format: ',d',
    grid: false,
  })
  const layers = shown.map(
    ({ bins, color }): Layer => ({
      data: { values: [...bins, { from: domain[1], to: domain[1], share: 0 }] },
      mark: { type: 'bar', color, opacity: 0.55 },
      encoding: {
        x,
        x2: { field: 'to' },
        y: {
          field: 'share',
          type: 'quantitative',
          stack: null,
          axis: { title: 'share of requests', tickCount: 4, labelExpr: PERCENT },
        },
        y2: { datum: 0 },
      },
    }),
  )
  return {
    ...frame(finding(columns), subtitle, width),
    width: plotWidth(width),
    height: narrow(width) ? 170 : 190,
    layer: [...layers, ...keyWords(columns, width)],
  }
}

function finding(columns: readonly Column[]): string {
  const texts = columns.map(({ name, lengths }) => {
    const [median, tail] = [Math.round(lengths.p50), Math.round(lengths.p99)]
    return `${name} median ${count(median)}, p99 ${count(tail)} tokens`
  })
  return capitalise(texts.join('; ')) || 'The trace has no lengths'
}
