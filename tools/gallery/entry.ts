import type { TopLevelSpec } from 'vega-lite'
import type { Result } from '../../sim/documents/index.ts'
import type { SimulatedScenario } from './simulated.ts'
import type { Source } from './sources.ts'

/** Width of a picture, px: its words are legible on a phone, where it is scaled by 0.7. */
export const WIDTH = 480

/** A chart, and one or two sentences with the figures that answer the question. */
export interface Shown {
  readonly chart: TopLevelSpec
  readonly answer: string
}

/** One scenario of the gallery, or several that answer a question together. */
export interface Entry {
  /** heading, and name of the picture */
  readonly name: string
  readonly scenarios: readonly string[]
  /** what it simulates, with what is changed */
  readonly systems: readonly SimulatedScenario[]
  readonly question: string
  readonly commands: readonly string[]
  /** data outside of the repository that its figures need */
  readonly sources: readonly Source[]
  /** simulates, and draws the chart at a width of `WIDTH` */
  readonly show: () => Promise<Shown>
}

export interface Group {
  readonly title: string
  readonly entries: readonly Entry[]
}

/** One of the systems that an entry simulates, with its result. */
export interface System {
  /** in a chart: "adaptive LIFO" */
  readonly label: string
  /** in a sentence: "with adaptive LIFO" */
  readonly phrase: string
  readonly result: Result
}

export type Systems = readonly [System, ...System[]]
