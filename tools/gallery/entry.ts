import type { TopLevelSpec } from 'vega-lite'
import type { Result } from '../../sim/documents/index.ts'
import { type SimulatedScenario, simulateCommand, simulated } from './simulated.ts'
import { type Source, sourcesOf } from './sources.ts'

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

interface Compared extends SimulatedScenario {
  readonly label: string
  /** default: "with LABEL" */
  readonly phrase?: string
}

type Systems = readonly [System, ...System[]]

/** An entry whose systems are simulated as `spillway simulate` does. */
export function comparison(
  of: Pick<Entry, 'name' | 'question'> & {
    readonly systems: readonly Compared[]
    readonly show: (systems: Systems) => Shown
  },
): Entry {
  const { name, question, systems } = of
  return {
    name,
    question,
    systems,
    scenarios: [...new Set(systems.map(({ scenario }) => scenario))],
    commands: systems.map(simulateCommand),
    sources: sourcesOf(systems.map(({ scenario }) => scenario)),
    show: async () => {
      const results: System[] = []
      for (const { label, phrase = `with ${label}`, ...scenario } of systems) {
        results.push({ label, phrase, result: await simulated(scenario) })
      }
      const [first, ...others] = results
      return of.show([first!, ...others])
    },
  }
}

/** An entry of one scenario as it ships. */
export function single(
  of: Pick<Entry, 'question'> & SimulatedScenario & { readonly show: (result: Result) => Shown },
): Entry {
  const { question, show, ...scenario } = of
  return comparison({
    name: scenario.scenario,
    question,
    systems: [{ ...scenario, label: scenario.scenario }],
    show: ([{ result }]) => show(result),
  })
}
