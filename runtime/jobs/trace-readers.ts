import {
  readTrace,
  type Scenario,
  type TracePiece,
  type TraceSurvey,
  tracePieces,
} from '../../scenarios/index.ts'
import type { TraceData } from '../../sim/traffic/index.ts'

/** Traces that classes of a scenario follow, and the folder that their paths start from. */
export interface Traces {
  readonly directory: string
  /** by the index of the class */
  readonly traces: ReadonlyMap<number, TraceSurvey>
}

/** Traces with all their rows, for what holds the requests of a run anyway. */
export async function heldTraces({
  scenario,
  directory,
  traces,
}: Traces & { readonly scenario: Scenario }): Promise<ReadonlyMap<number, TraceData>> {
  const held = new Map<number, TraceData>()
  for (const [index, survey] of traces) {
    const { arrivals } = scenario.traffic[index]!
    if (arrivals.process !== 'trace') throw new Error(`Expected class ${index} to follow a trace`)
    held.set(index, { ...survey, held: survey.held ?? (await readTrace(arrivals, directory)) })
  }
  return held
}

/** Reads the traces of one run from their beginnings, each as far as the run asks for it. */
export class TraceReaders {
  readonly #scenario: Scenario
  readonly #traces: Traces
  readonly #open = new Map<number, AsyncGenerator<TracePiece>>()

  constructor(scenario: Scenario, traces: Traces) {
    this.#scenario = scenario
    this.#traces = traces
  }

  /** The next rows of a class; null after the last. */
  readonly read = async (number: number): Promise<TracePiece | null> => {
    const pieces = this.#open.get(number) ?? this.#begin(number)
    const { value, done } = await pieces.next()
    return done === true ? null : value
  }

  /** Closes the files; nothing can be read any more. */
  async close(): Promise<void> {
    for (const pieces of this.#open.values()) await pieces.return(undefined)
  }

  #begin(number: number): AsyncGenerator<TracePiece> {
    const { arrivals } = this.#scenario.traffic[number]!
    const survey = this.#traces.traces.get(number)
    if (arrivals.process !== 'trace' || survey === undefined) {
      throw new Error(`Expected class ${number} to follow a trace`)
    }
    const pieces = tracePieces(arrivals, this.#traces.directory, survey)
    this.#open.set(number, pieces)
    return pieces
  }
}
