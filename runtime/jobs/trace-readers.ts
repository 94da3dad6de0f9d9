import {
  readTrace,
  type Scenario,
  type TraceArrivals,
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

function traceArrivals(scenario: Scenario, index: number): TraceArrivals {
  const { arrivals } = scenario.traffic[index]!
  if (arrivals.process !== 'trace') throw new Error(`Expected class ${index} to follow a trace`)
  return arrivals
}

/** Traces with all their rows, for jobs that hold all requests of a run in memory. */
export async function heldTraces({
  scenario,
  directory,
  traces,
}: Traces & { readonly scenario: Scenario }): Promise<ReadonlyMap<number, TraceData>> {
  const held = new Map<number, TraceData>()
  for (const [index, survey] of traces) {
    const rows = survey.held ?? (await readTrace(traceArrivals(scenario, index), directory))
    held.set(index, { ...survey, held: rows })
  }
  return held
}

/** Reads the traces of one run from their beginnings, each as far as the run asks for it. */
export function traceReaders(scenario: Scenario, { directory, traces }: Traces) {
  const open = new Map<number, AsyncGenerator<TracePiece>>()
  return {
    /** The next rows of a class; null after the last. */
    read: async (index: number): Promise<TracePiece | null> => {
      const survey = traces.get(index)
      if (survey === undefined) throw new Error(`Expected class ${index} to follow a trace`)
      const pieces =
        open.get(index) ?? tracePieces(traceArrivals(scenario, index), directory, survey)
      open.set(index, pieces)
      const { value, done } = await pieces.next()
      return done === true ? null : value
    },
    /** Closes the files; no rows can be read afterwards. */
    close: async (): Promise<void> => {
      for (const pieces of open.values()) await pieces.return(undefined)
    },
  }
}
