import type { TopLevelSpec } from 'vega-lite'
import { figuresCompared, headed, systemsCompared, verdictSentences } from './answers.ts'
import { objectivesOf, tailOf, tailsOf } from './charts.ts'
import type { Entry, Shown, System, Systems } from './entry.ts'
import type { FigurePanel } from './figure-panels.ts'
import { type SimulatedScenario, simulateCommand, simulated } from './simulated.ts'
import { sourcesOf } from './sources.ts'

/** Entries whose systems are simulated as `spillway simulate` does. */

interface Compared extends SimulatedScenario {
  /** in a chart: "adaptive LIFO" */
  readonly label: string
  /** in a sentence: "with adaptive LIFO" */
  readonly phrase: string
}

/** Systems of a scenario, each with these values changed. */
export const variedScenario =
  (scenario: string, options: Pick<SimulatedScenario, 'profile'> = {}) =>
  (label: string, phrase: string, ...set: readonly string[]): Compared => {
    return { scenario, label, phrase, set, ...options }
  }

type Show = (systems: Systems) => Shown

export function comparison(
  of: Pick<Entry, 'question'> & {
    /** default: the scenario of the first system */
    readonly name?: string
    readonly systems: readonly Compared[]
    /** default: the tails of all systems */
    readonly show?: Show
  },
): Entry {
  const { systems, question, show = drawn(tailsOf) } = of
  return {
    name: of.name ?? systems[0]!.scenario,
    question,
    systems,
    scenarios: [...new Set(systems.map(({ scenario }) => scenario))],
    commands: systems.map(simulateCommand),
    sources: sourcesOf(systems.map(({ scenario }) => scenario)),
    show: async () => {
      const results: System[] = []
      for (const { label, phrase, ...scenario } of systems) {
        results.push({ label, phrase, result: await simulated(scenario) })
      }
      const [first, ...others] = results
      return show([first!, ...others])
    },
  }
}

/** A chart, and what the systems hold of their objectives; then further sentences. */
export const drawn =
  (chart: (systems: Systems) => TopLevelSpec, further?: (systems: Systems) => string): Show =>
  (systems) => ({
    chart: chart(systems),
    answer: [systemsCompared(systems), ...(further ? [further(systems)] : [])].join(' '),
  })

/** A figure that no objective is of; `text`: its name in the answer, where it has another one. */
interface Figure extends Omit<FigurePanel, 'limit'> {
  readonly text?: string
}

/** The objectives and further figures, in the chart and in the answer. */
export const objectives =
  (figures: (systems: Systems) => readonly Figure[] = () => []): Show =>
  (systems) => {
    const all = figures(systems)
    const panels = all.map(({ name, quantity, rows }) => ({ name, quantity, rows, limit: null }))
    const texts = all.map(({ name, text = headed(name), quantity, rows }) =>
      figuresCompared(text, quantity, rows),
    )
    return {
      chart: objectivesOf(systems, panels),
      answer: [systemsCompared(systems), ...texts].join(' '),
    }
  }

/** The share of requests in time, of the first class of each system. */
export const goodput = (systems: Systems): Figure => ({
  name: 'goodput',
  quantity: 'share',
  rows: systems.map(({ label, phrase, result }) => {
    return { label, phrase, estimate: result.classes[0]!.goodput_share }
  }),
})

/** An entry of one scenario as it ships; by default its tail is drawn. */
export function single(
  of: Pick<Entry, 'question'> &
    SimulatedScenario & {
      readonly name?: string
      readonly chart?: (system: System) => TopLevelSpec
    },
): Entry {
  const { name, question, chart = ({ result }) => tailOf(result), ...scenario } = of
  return comparison({
    question,
    ...(name !== undefined && { name }),
    systems: [{ ...scenario, label: scenario.scenario, phrase: '' }],
    show: ([system]) => ({ chart: chart(system), answer: verdictSentences(system.result) }),
  })
}

/** A chart of a result that is there only where a scenario has what it shows. */
export function expected(chart: TopLevelSpec | null | undefined, of: string): TopLevelSpec {
  if (chart) return chart
  throw new Error(`Expected a chart of ${of}`)
}
