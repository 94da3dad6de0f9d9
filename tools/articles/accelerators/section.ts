import type { TopLevelSpec } from 'vega-lite'

/** A part of the page on accelerators. */
export interface Section {
  /** Markdown, from its heading of the second level on */
  readonly text: string
  /** charts by the names of their files in docs/images */
  readonly images: readonly (readonly [name: string, chart: TopLevelSpec])[]
  /** the bars that were missed, each as a sentence with figure and bar */
  readonly missed: readonly string[]
}

/** A part with the figures that the record of the study keeps of it. */
export interface FiguredSection<Figures> extends Section {
  readonly figures: Figures
}
